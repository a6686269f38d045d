"""The identity endpoints of a machine in Azure (facts: entra-oauth.md 2.4)."""

from __future__ import annotations

import jwt
import msal
import pytest
import requests
from azure.identity import ManagedIdentityCredential

from airflow_provider_bc.emulator.bc.authorization import AppRecord
from airflow_provider_bc.emulator.entra.directory import ManagedIdentity
from airflow_provider_bc.emulator.entra.managed_identity import (
    APP_SERVICE,
    IDENTITY_HEADER,
    MACHINE,
)

from .conftest import API, Client
from .witnesses import BC, SCOPE

METADATA = {"Metadata": "true"}
ASK = {"api-version": "2018-02-01", "resource": BC}


def _ask(client: Client, headers: dict[str, str] | None = None, **changes: str) -> tuple[int, str]:
    asked = {name: value for name, value in (ASK | changes).items() if value != "-"}
    answer = client.http.get(
        MACHINE, params=asked, headers=METADATA if headers is None else headers
    )
    body = answer.json()
    return answer.status_code, body.get("error_description", body.get("client_id"))


def test_a_machine_gets_a_token_that_opens_business_central(client: Client) -> None:
    body = client.http.get(MACHINE, params=ASK, headers=METADATA).json()
    assert body["expires_in"] == "86400"
    assert int(body["expires_on"]) == client.emulator.clock.now() + 86_400
    assert (body["resource"], body["token_type"]) == (BC, "Bearer")
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert client.http.get(f"{API}/companies", headers=bearer).status_code == 200
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert (claims["idtyp"], claims["appid"]) == ("app", body["client_id"])
    del client.emulator.app_records[body["client_id"]]
    assert client.http.get(f"{API}/companies", headers=bearer).status_code == 401
    assert client.emulator.log.grants()["managed_identity"] == 1


def test_refusals(client: Client) -> None:
    assert _ask(client, {}) == (400, "Required metadata header not specified")
    assert _ask(client, METADATA | {"X-Forwarded-For": "10.0.0.1"})[0] == 400
    assert _ask(client, resource="-")[0] == 400
    assert _ask(client, None, **{"api-version": "-"})[0] == 400
    status, text = _ask(client, resource="https://elsewhere.example")
    assert (status, text[:13]) == (400, "AADSTS500011:")
    assert _ask(client, resource=SCOPE)[0] == 400
    unknown = "11111111-2222-3333-4444-555555555555"
    assert _ask(client, client_id=unknown) == (400, "Identity not found")
    assert _ask(client, client_id=unknown, object_id=unknown)[0] == 400
    assert client.http.post(MACHINE, headers=METADATA).status_code == 405
    client.emulator.directory.managed_identities.clear()
    assert _ask(client) == (400, "Identity not found")


def test_several_identities(client: Client) -> None:
    known = client.emulator.directory.managed_identities
    known[:] = [ManagedIdentity("aaaa", "one"), ManagedIdentity("bbbb", "two", roles=())]
    assert _ask(client)[1].startswith("Multiple user assigned identities exist")
    assert _ask(client, client_id="BBBB") == (200, "bbbb")
    assert _ask(client, object_id=known[0].object_id) == (200, "aaaa")
    assert _ask(client, msi_res_id=known[1].resource_id) == (200, "bbbb")
    known.pop()
    assert _ask(client) == (200, "aaaa")


def test_app_service(client: Client) -> None:
    asked = {"api-version": "2019-08-01", "resource": BC}
    header = {"X-IDENTITY-HEADER": IDENTITY_HEADER}
    body = client.http.get(APP_SERVICE, params=asked, headers=header).json()
    assert "expires_in" not in body
    assert int(body["expires_on"]) == client.emulator.clock.now() + 86_400
    wrong = client.http.get(APP_SERVICE, params=asked)
    assert (wrong.status_code, wrong.json()["statusCode"]) == (401, 401)
    asked["api-version"] = "2018-02-01"
    assert client.http.get(APP_SERVICE, params=asked, headers=header).json()["statusCode"] == 400


@pytest.fixture
def machine(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", client.server.url)
    return client


@pytest.fixture
def app_service(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{client.server.url}{APP_SERVICE}")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    return client


def _msal(identity: object) -> dict[str, object]:
    with requests.Session() as session:
        session.trust_env = False
        made = msal.ManagedIdentityClient(identity, http_client=session)
        answer: dict[str, object] = made.acquire_token_for_client(resource=BC)
        return answer


def test_msal_on_a_machine(machine: Client) -> None:
    answer = _msal(msal.SystemAssignedManagedIdentity())
    assert answer["expires_in"] == 86_400, answer
    unknown = _msal(msal.UserAssignedManagedIdentity(client_id="unknown"))
    assert unknown["error_description"] == "Identity not found"


def test_azure_identity_on_a_machine(machine: Client) -> None:
    identity = ManagedIdentity("c1", "worker-2")
    machine.emulator.directory.managed_identities.append(identity)
    machine.emulator.app_records["c1"] = AppRecord()
    with ManagedIdentityCredential(client_id="c1") as credential:
        token = credential.get_token(SCOPE).token
    assert machine.emulator.principal(f"Bearer {token}") == "c1"


def test_msal_on_app_service(app_service: Client) -> None:
    assert "access_token" in _msal(msal.SystemAssignedManagedIdentity())


def test_azure_identity_on_app_service(app_service: Client) -> None:
    with ManagedIdentityCredential() as credential:
        assert credential.get_token(SCOPE).token
