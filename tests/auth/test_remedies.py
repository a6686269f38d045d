"""Every AADSTS row of the facts about Microsoft Entra, answered over a real socket."""

from __future__ import annotations

import json

import pytest

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.remedies import REMEDIES, UNKNOWN, remedy_for
from airflow_provider_bc.client import Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import AuthenticationError, BusinessCentralError, Unavailable
from tests.peer import settings
from tests.raw_server import http, raw_server

ONCE = Retries(attempts=0)
IC, UC, IR, IT = "invalid_client", "unauthorized_client", "invalid_request", "invalid_tenant"
IG, IS, RES, PASS = "invalid_grant", "invalid_scope", "invalid_resource", "temporarily_unavailable"
NEEDS = "interaction_required"

# code, HTTP status, error, a word of the remedy
ROWS: list[tuple[int, int, str, str]] = [
    (7000215, 401, IC, "not its Secret ID"),
    (7000222, 401, IC, "create a new one"),
    (7000218, 401, IC, "Allow public client flows"),
    (70002, 401, IC, "Secret ID"),
    (700016, 400, UC, "belong together"),
    (700011, 400, UC, "belong together"),
    (7000229, 401, IC, "az ad sp create"),
    (7000112, 401, UC, "Enable the enterprise application"),
    (70001, 400, UC, "Enable the enterprise application"),
    (700025, 401, IC, "public client"),
    (700027, 401, IC, "Upload the public part"),
    (700024, 401, IC, "set the clock"),
    (700030, 401, IC, "Upload the public part"),
    (50012, 401, IC, "private key belongs"),
    (50048, 401, IC, "issuer and as subject"),
    (70021, 400, IR, "letter by letter"),
    (700211, 401, IC, "letter by letter"),
    (700213, 401, IC, "letter by letter"),
    (7002137, 401, IC, "letter by letter"),
    (7002138, 401, IC, "letter by letter"),
    (90002, 400, IT, "Directory (tenant) ID"),
    (900023, 400, IR, "neither a GUID nor a domain"),
    (90019, 400, IR, "Directory (tenant) ID"),
    (50059, 400, IR, "Directory (tenant) ID"),
    (9001023, 400, IR, "one tenant"),
    (50194, 400, IR, "single-tenant"),
    (90038, 400, IR, "national cloud"),
    (500011, 400, RES, "not set up in this tenant"),
    (50001, 400, RES, "scope is mistyped"),
    (650052, 400, IG, "buy it"),
    (650057, 400, RES, "Add an application permission"),
    (1002012, 400, IS, "/.default"),
    (70011, 400, IS, "/.default"),
    (28002, 400, IS, "/.default"),
    (28003, 400, IR, "/.default"),
    (700022, 400, IS, "exactly one resource"),
    (700023, 400, IS, "exactly one resource"),
    (901002, 400, IR, "proxies"),
    (900144, 400, IR, "proxies"),
    (9002313, 400, IR, "proxies"),
    (90014, 400, IR, "proxies"),
    (90023, 400, IR, "proxies"),
    (90100, 400, IR, "proxies"),
    (900561, 400, IR, "proxies"),
    (90056, 400, IR, "proxies"),
    (70003, 400, "unsupported_grant_type", "grant type"),
    (501051, 400, IG, "Add an application permission"),
    (53003, 400, "access_denied", "Conditional Access"),
    (530032, 400, IG, "Conditional Access"),
    (53000, 400, IG, "Conditional Access"),
    (53001, 400, IG, "Conditional Access"),
    (53002, 400, IG, "Conditional Access"),
    (500021, 400, IR, "network administrator"),
    (500022, 400, IR, "network administrator"),
    (65001, 400, IG, "grant consent"),
    (65004, 400, "access_denied", "sign in again and accept"),
    (90094, 400, IG, "administrator must consent"),
    (90095, 400, IG, "administrator must consent"),
    (90099, 400, IG, "customer's tenant"),
    (50011, 400, IR, "Register this redirect URI"),
    (9002327, 400, IR, "under Web, not SPA"),
    (50105, 400, IG, "Users and groups"),
    (700054, 400, "unsupported_response_type", "response_type=code"),
    (70005, 400, "unsupported_response_type", "response_type=code"),
    (54005, 400, IG, "used already"),
    (70008, 400, IG, "expired"),
    (70000, 400, IG, "sign in again"),
    (700082, 400, IG, "90 days"),
    (700084, 400, IG, "not SPA"),
    (70043, 400, IG, "sign-in frequency"),
    (50173, 400, IG, "revoked"),
    (50132, 400, IG, "revoked"),
    (50133, 400, IG, "revoked"),
    (50076, 400, NEEDS, "second factor"),
    (50079, 400, NEEDS, "second factor"),
    (50074, 400, NEEDS, "second factor"),
    (50158, 400, NEEDS, "second factor"),
    (501481, 400, IG, "another sign-in"),
    (50147, 400, IG, "another sign-in"),
    (501491, 400, IG, "another sign-in"),
    (700005, 400, IG, "another tenant"),
    (70016, 400, "authorization_pending", "in the browser"),
    (70018, 400, IG, "as it was shown"),
    (70019, 400, "expired_token", "sooner"),
    (50196, 400, IG, "share one hook"),
    (90055, 429, PASS, "later"),
    (90033, 503, PASS, "later"),
    (90024, 503, PASS, "later"),
    (90012, 400, PASS, "later"),
    (90006, 400, "server_error", "later"),
    (50033, 503, PASS, "later"),
    (50087, 503, PASS, "later"),
    (90090, 503, PASS, "later"),
]


def refused(status: int, error: str, code: int) -> BusinessCentralError:
    """Sign in where Entra says no, and give the error."""
    text = f"AADSTS{code}: Something. Trace ID: t Correlation ID: corr-1 Timestamp: now"
    body = {"error": error, "error_description": text, "error_codes": [code]}
    said = json.dumps({**body, "correlation_id": "corr-1"}).encode()
    with raw_server(http(said, f"{status} No")) as server:
        connection = settings(authority_host=f"http://{server.host}")
        client = Client(connection, TokenCache(), ONCE, lambda _: None)
        with client, pytest.raises(BusinessCentralError) as caught:
            client.companies()
        assert len(server.received) == 1
    return caught.value


@pytest.mark.parametrize(("code", "status", "error", "word"), ROWS)
def test_each_row_has_its_kind_its_code_and_its_remedy(
    code: int, status: int, error: str, word: str
) -> None:
    found = refused(status, error, code)

    assert word in REMEDIES[code] or word == "later"
    assert word in found.remedy
    if word == "later":
        assert isinstance(found, Unavailable)
    else:
        assert isinstance(found, AuthenticationError)
        assert (found.code, found.error, found.status) == (f"AADSTS{code}", error, status)
        assert found.correlation_id == "corr-1"


def test_the_rows_are_all_the_codes_that_have_a_remedy() -> None:
    assert {row[0] for row in ROWS} == set(REMEDIES)


@pytest.mark.parametrize(("error", "kind"), [(PASS, Unavailable), (IC, AuthenticationError)])
def test_what_happens_follows_the_error_and_not_the_code(
    error: str, kind: type[BusinessCentralError]
) -> None:
    assert type(refused(400, error, 7000215)) is kind


def test_an_error_without_a_known_code_has_a_remedy_too() -> None:
    assert "sign in again" in remedy_for(None, "invalid_grant")
    assert "sign in again" in remedy_for(1, "invalid_grant")
    assert remedy_for(1, "new_error") == remedy_for(None, None) == UNKNOWN
