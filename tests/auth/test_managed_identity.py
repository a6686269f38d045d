from __future__ import annotations

import copy
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_bc.auth.managed_identity import ManagedIdentity
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError, Unavailable
from airflow_provider_bc.wire import Lost, Response
from tests.peer import CLIENT, NOON, PATIENT, HandClock, Peer, answer, token

RESOURCE = "https://api.businesscentral.dynamics.com"
SCOPE = f"{RESOURCE}/.default"
APP = {"IDENTITY_ENDPOINT": "http://127.0.0.1:41741/msi/token", "IDENTITY_HEADER": "the-header"}


def test_a_machine_is_asked_as_microsoft_says() -> None:
    peer = Peer(token(expires_in="86399", expires_on="1"))
    granted = peer.converse(ManagedIdentity.here(SCOPE, None, {}).sign_in(PATIENT, HandClock()))

    (request,) = peer.requests
    url = urlsplit(request.url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == (
        "http://169.254.169.254/metadata/identity/oauth2/token"
    )
    assert parse_qs(url.query) == {"api-version": ["2018-02-01"], "resource": [RESOURCE]}
    assert (request.method, request.headers) == ("GET", {"Metadata": "true"})
    assert granted.token.expires_at == 1_000 + 86_399


def test_an_app_is_asked_with_its_header_and_tells_when_its_token_ends() -> None:
    body = {"access_token": "t", "expires_on": str(int(NOON.timestamp()) + 3_600)}
    peer = Peer(answer(body))
    grant = ManagedIdentity.here(SCOPE, CLIENT, APP)
    granted = peer.converse(grant.sign_in(PATIENT, HandClock()))

    (request,) = peer.requests
    assert request.url.startswith("http://127.0.0.1:41741/msi/token?")
    assert parse_qs(urlsplit(request.url).query) == {
        "api-version": ["2019-08-01"],
        "resource": [RESOURCE],
        "client_id": [CLIENT],
    }
    assert request.headers == {"X-IDENTITY-HEADER": "the-header"}
    assert granted.token.expires_at == 1_000 + 3_600
    assert "the-header" not in f"{grant!r} {grant.key!r}"


@pytest.mark.parametrize("status", [404, 410, 429, 500])
def test_a_machine_that_is_not_ready_is_asked_again(status: int) -> None:
    peer = Peer(Response(status), token())

    peer.converse(ManagedIdentity.here(SCOPE, None, {}).sign_in(PATIENT, HandClock()))

    assert len(peer.requests) == 2


def test_elsewhere_than_in_azure_it_is_given_up_soon() -> None:
    peer = Peer(*[Lost("ConnectTimeout", sent=False)] * 6)

    with pytest.raises(Unavailable) as caught:
        peer.converse(ManagedIdentity.here(SCOPE, None, {}).sign_in(Retries(), time.monotonic))

    assert peer.unused == []
    assert caught.value.remedy.startswith("Managed identity works in Azure only.")


def test_a_machine_without_an_identity_says_so() -> None:
    said = {"error": "invalid_request", "error_description": "Identity not found"}

    with pytest.raises(AuthenticationError, match="Identity not found") as caught:
        Peer(answer(said, 400)).converse(
            ManagedIdentity.here(SCOPE, None, {}).sign_in(PATIENT, HandClock())
        )

    assert caught.value.remedy.startswith("Assign a managed identity")


@pytest.mark.parametrize("url", ["localhost", "ftp://host", "http://", "http://host/?x=1"])
def test_a_variable_that_names_no_url_is_refused(url: str) -> None:
    for environ in (
        {"AZURE_POD_IDENTITY_AUTHORITY_HOST": url},
        {"IDENTITY_ENDPOINT": url, "IDENTITY_HEADER": "h"},
    ):
        with pytest.raises(ConfigurationError, match="is no URL"):
            ManagedIdentity.here(SCOPE, None, environ)


def test_identities_do_not_share_a_token() -> None:
    one, two = (ManagedIdentity.here(SCOPE, client, {}) for client in (None, CLIENT))

    assert one.key != two.key
    assert not one.needs_refresh_token
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(one)
