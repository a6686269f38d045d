"""Sign-in with a device code (facts: entra-oauth.md 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.identity import DeviceCodeCredential

from airflow_provider_bc.emulator import Emulator, Server, serve

from .conftest import Client
from .witnesses import BC, USER_SCOPE, Browser, msal_app, redeem, refused

ADELE = "adele@cronus.example"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def _start(client: Client, **changes: str) -> Any:
    public = client.emulator.directory.applications[1].client_id
    form = {"client_id": public, "scope": USER_SCOPE} | changes
    return client.http.post(f"/{client.emulator.tenant_id}/oauth2/v2.0/devicecode", data=form)


def _poll(client: Client, code: str, **changes: str) -> Any:
    public = client.emulator.directory.applications[1].client_id
    form = {"client_id": public, "client_secret": "-", "grant_type": GRANT, "device_code": code}
    return redeem(client.http, client.emulator, **(form | changes))


def test_a_person_enters_the_code(client: Client) -> None:
    told = _start(client).json()
    assert told["user_code"] in told["message"]
    assert (told["expires_in"], told["interval"]) == (900, 5)
    pending = refused(_poll(client, told["device_code"]))
    assert pending == (400, "authorization_pending", 70016)
    browser = Browser(client.http)
    browser.open(told["verification_uri"])
    assert "Check the code" in browser.press("Next", user_code="WRONG").text
    browser.press("Next", user_code=told["user_code"].lower())
    browser.press("Adele Vance")
    assert "Signed in" in browser.press("Accept").text
    body = _poll(client, told["device_code"]).json()
    assert body["scope"] == f"{BC}/user_impersonation"
    assert "refresh_token" in body
    assert refused(_poll(client, told["device_code"]))[2] == 54005
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    assert _poll(client, "-", **refresh).is_success


@pytest.mark.parametrize("presses", [["Cancel"], ["Adele", "Cancel"]])
def test_a_person_declines(client: Client, presses: list[str]) -> None:
    told = _start(client).json()
    browser = Browser(client.http)
    browser.open(told["verification_uri"], otc=told["user_code"])
    browser.press("Next", user_code=told["user_code"])
    for text in presses:
        browser.press(text)
    assert "cancelled" in browser.page.text if browser.page else False
    declined = refused(_poll(client, told["device_code"]))
    assert declined == (400, "authorization_declined", 65004)


def test_codes_expire(client: Client) -> None:
    told = _start(client).json()
    client.emulator.clock.advance(900)
    expired = refused(_poll(client, told["device_code"]))
    assert expired == (400, "expired_token", 70019)
    browser = Browser(client.http)
    browser.open(told["verification_uri"])
    assert "Check the code" in browser.press("Next", user_code=told["user_code"]).text


def test_refusals(client: Client) -> None:
    told = _start(client).json()
    bad = refused(_poll(client, "nonsense"))
    assert bad == (400, "bad_verification_code", 70018)
    assert refused(_poll(client, "-"))[2] == 900144
    assert refused(_poll(client, told["device_code"], client_secret="x"))[2] == 700025
    web = {"client_id": client.emulator.client_id}
    assert refused(_poll(client, told["device_code"], **web))[2] == 7000218
    assert refused(_start(client, scope=""))[2] == 900144
    path = f"/{client.emulator.tenant_id}/oauth2/v2.0/devicecode"
    assert refused(client.http.get(path))[2] == 900561
    codes = {_start(client).json()["user_code"] for _ in range(50)}
    assert len(codes) == 50


def test_an_imagined_person_answers_at_once(client: Client) -> None:
    client.emulator.auto_approve(ADELE)
    assert _poll(client, _start(client).json()["device_code"]).is_success
    client.emulator.auto_approve(ADELE, consent=False)
    answer = _poll(client, _start(client).json()["device_code"])
    assert refused(answer)[1] == "authorization_declined"
    client.emulator.auto_approve("nobody@cronus.example")
    answer = _poll(client, _start(client).json()["device_code"])
    assert refused(answer)[1] == "authorization_declined"


@pytest.fixture
def tls_server() -> Iterator[Server]:
    with serve(Emulator(), tls=True) as running:
        running.emulator.auto_approve(ADELE)
        yield running


def test_msal_signs_in_with_a_device_code(tls_server: Server) -> None:
    with msal_app(tls_server) as app:
        flow = app.initiate_device_flow([f"{BC}/user_impersonation"])
        tokens = app.acquire_token_by_device_flow(flow)
    assert tokens["id_token_claims"]["preferred_username"] == ADELE


def test_azure_identity_signs_in_with_a_device_code(tls_server: Server) -> None:
    emulator = tls_server.emulator
    shown: list[str] = []
    with DeviceCodeCredential(
        client_id=emulator.directory.applications[1].client_id,
        tenant_id=emulator.tenant_id,
        prompt_callback=lambda _, code, __: shown.append(code),
        authority=tls_server.url,
        disable_instance_discovery=True,
        connection_verify=tls_server.ca_file,
    ) as credential:
        token = credential.get_token(f"{BC}/.default").token
    assert len(shown[0]) == 9
    assert emulator.principal(f"Bearer {token}") == emulator.directory.users[0].object_id
