"""Bearer, roles, app records (facts: bc-data-api.md section 2, bc-admin-automation.md)."""

from __future__ import annotations

import jwt
import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock
from airflow_provider_bc.emulator.entra.tokens import signing_key

from .conftest import API, Client

REJECTED = (401, "Authentication_InvalidCredentials")
AUTOMATION = "/v2.0/Production/api/microsoft/automation/v2.0/companies"


def _advance(client: Client, seconds: float) -> None:
    assert isinstance(client.emulator.clock, VirtualClock)
    client.emulator.clock.advance(seconds)


def test_tokens_expire(client: Client) -> None:
    _advance(client, 3598)
    assert client.get("items").status_code == 200
    _advance(client, 1)
    assert client.error(client.get("items")) == REJECTED
    client.emulator.token_lifetime = 600
    client.sign_in()
    assert client.emulator.token_lifetime == 600
    _advance(client, 600)
    assert client.error(client.get("items")) == REJECTED


def test_tokens_are_revoked(client: Client) -> None:
    client.emulator.revoke_tokens()
    assert client.error(client.get("items")) == REJECTED
    client.sign_in()
    assert client.get("items").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer a.b.c"])
def test_what_is_no_bearer(shared: Client, header: str) -> None:
    answer = shared.http.get(f"{API}/companies", headers={"Authorization": header})
    assert shared.error(answer) == REJECTED
    assert "The server has rejected the client credentials." in answer.text


@pytest.mark.parametrize("change", [{"aud": "https://graph.microsoft.com"}, {"tid": "other"}])
def test_tokens_for_somebody_else(shared: Client, change: dict[str, str]) -> None:
    token = shared.http.headers["Authorization"].partition(" ")[2]
    claims = jwt.decode(token, options={"verify_signature": False}) | change
    forged = jwt.encode(claims, signing_key(), algorithm="RS256")
    answer = shared.http.get(f"{API}/companies", headers={"Authorization": f"Bearer {forged}"})
    assert shared.error(answer) == REJECTED


def test_roles_by_api_family(client: Client) -> None:
    client.emulator.roles = ("Automation.ReadWrite.All",)
    client.sign_in()
    assert client.emulator.roles == ("Automation.ReadWrite.All",)
    assert client.http.get(AUTOMATION).status_code == 200
    refused = client.http.get(f"{API}/companies")
    assert client.error(refused) == REJECTED
    assert "could not be authenticated or authorized" in refused.text
    client.emulator.roles = ("API.ReadWrite.All",)
    client.sign_in()
    assert client.http.get(f"{API}/companies").status_code == 200
    assert client.error(client.http.get(AUTOMATION)) == REJECTED


def test_app_record(client: Client) -> None:
    record = client.emulator.app_records[client.emulator.client_id]
    record.permitted = False
    denied = client.get("customers")
    assert client.error(denied) == (400, "Internal_ServerError")
    assert "APIV2 - Customers: Execute" in denied.text
    assert client.error(client.http.get(API)) == (400, "Internal_ServerError")
    record.enabled = False
    assert client.error(client.get("customers")) == REJECTED
    client.emulator.app_records.clear()
    assert client.error(client.get("customers")) == REJECTED


def test_verified_tokens_are_not_hoarded(client: Client) -> None:
    for _ in range(305):
        client.sign_in()
        assert client.emulator.principal(client.http.headers["Authorization"])
    assert client.get("items").status_code == 200


def test_what_an_emulator_is_made_of() -> None:
    emulator = Emulator()
    assert {one.name for one in emulator.companies} == {"CRONUS USA, Inc.", "Bob's Ümlaut & Co."}
    assert emulator.company(emulator.companies[1].id).name == "Bob's Ümlaut & Co."
    assert set("+&=%/#?@:~ü") <= set(emulator.client_secret)
    with pytest.raises(KeyError):
        emulator.company("nobody")
