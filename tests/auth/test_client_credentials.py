from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.auth.client_authentication import ClientSecret
from airflow_provider_bc.auth.client_credentials import ClientCredentials
from airflow_provider_bc.wire import Request
from tests.peer import CLIENT, PATIENT, SECRET, TENANT, HandClock, grant

GRANT = grant()


def asked(grant: ClientCredentials) -> Request:
    """Give the request of a sign-in."""
    request = next(grant.sign_in(PATIENT, HandClock()))
    assert isinstance(request, Request)
    return request


@given(st.text(min_size=1))
def test_the_secret_arrives_as_it_is_whatever_it_holds(secret: str) -> None:
    request = asked(replace(GRANT, authentication=ClientSecret(secret)))

    assert parse_qs(request.body.decode("ascii"), strict_parsing=True) == {
        "grant_type": ["client_credentials"],
        "client_id": [CLIENT],
        "client_secret": [secret],
        "scope": ["https://api.businesscentral.dynamics.com/.default"],
    }


def test_a_token_is_asked_for_at_the_tenants_own_endpoint() -> None:
    request = asked(grant(authority_host="https://login.example.com", tenant_id="contoso.com"))

    assert request.method == "POST"
    assert request.url == "https://login.example.com/contoso.com/oauth2/v2.0/token"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept"] == "application/json"


def test_a_sign_in_does_not_wait_as_long_as_a_read_may() -> None:
    assert asked(grant(timeout=600)).timeout == 30


def test_a_tenant_cannot_lead_out_of_its_place_in_the_url() -> None:
    request = asked(replace(GRANT, tenant_id="a/../b?c"))

    assert urlsplit(request.url).path == "/a%2F..%2Fb%3Fc/oauth2/v2.0/token"


def test_each_request_has_an_id_of_its_own() -> None:
    first, second = (asked(GRANT).headers["client-request-id"] for _ in range(2))

    assert UUID(first) != UUID(second)


OTHER = {
    **dict.fromkeys(("authority_host", "tenant_id", "client_id", "scope"), "other"),
    "authentication": ClientSecret("other"),
}


@pytest.mark.parametrize("change", OTHER)
def test_grants_that_differ_in_any_part_never_share_a_token(change: str) -> None:
    changes: dict[str, Any] = {change: OTHER[change]}
    assert replace(GRANT, **changes).key != GRANT.key


def test_the_case_of_a_guid_does_not_matter_but_that_of_a_secret_does() -> None:
    upper = replace(GRANT, tenant_id=TENANT.upper(), client_id=CLIENT.upper())

    assert upper.key == GRANT.key
    assert replace(GRANT, authentication=ClientSecret(SECRET.upper())).key != GRANT.key


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_credential_cannot_leave_its_process(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        duplicate(GRANT)
    with pytest.raises(TypeError, match="not pickled"):
        duplicate(GRANT.authentication)


def test_the_secret_is_in_no_text() -> None:
    assert SECRET not in f"{GRANT!r} {GRANT} {GRANT.key!r} {asked(GRANT)!r}"
