"""Codes, refresh tokens and what delegated tokens open (facts: entra-oauth.md 3.5, 3.6, 5)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping

import httpx
import jwt
import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.directory import Application, Directory, RedirectUri

from .conftest import API, Client
from .witnesses import (
    BC,
    REDIRECT,
    VERIFIER,
    asking,
    authorize_at,
    code_of,
    landed,
    msal_app,
    redeem,
    redeem_code,
    refused,
    session_for,
)

ADELE = "adele@cronus.example"
OTHER_TENANT = "0a1b2c3d-0000-4000-8000-00000000000b"


@pytest.fixture
def person(client: Client) -> Client:
    """A client in front of which Adele sits."""
    client.emulator.auto_approve(ADELE)
    return client


def _refresh(client: Client, token: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    answer: httpx.Response = redeem(client.http, client.emulator, **(form | changes))
    return answer


def _tokens(client: Client, **changes: str) -> dict[str, str]:
    code = code_of(client.http, client.emulator, **changes)
    body: dict[str, str] = redeem_code(client.http, client.emulator, code).json()
    return body


def test_a_code_becomes_tokens(person: Client) -> None:
    emulator = person.emulator
    code = code_of(person.http, emulator, nonce="n1")
    body = redeem_code(person.http, emulator, code, client_info="1").json()
    assert body["scope"] == f"{BC}/user_impersonation"
    assert body["expires_in"] == 3599
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    user = emulator.directory.users[0]
    assert (claims["aud"], claims["scp"], claims["upn"]) == (BC, "user_impersonation", ADELE)
    assert (claims["oid"], claims["name"]) == (user.object_id, "Adele Vance")
    assert claims["appidacr"] == "1"
    assert "roles" not in claims
    identity = jwt.decode(body["id_token"], options={"verify_signature": False})
    assert (identity["nonce"], identity["tid"]) == ("n1", emulator.tenant_id)
    account = json.loads(urlsafe_b64decode(body["client_info"] + "=="))
    assert account == {"uid": user.object_id, "utid": emulator.tenant_id}


def test_scopes_decide_what_comes_back(person: Client) -> None:
    assert "refresh_token" not in _tokens(person, scope=f"{BC}/user_impersonation")
    only = _tokens(person, scope="openid profile offline_access")
    assert only["scope"] == "openid profile"
    http = person.http
    assert http.get(f"{API}/companies", headers=_bearer(only)).status_code == 401
    default = _tokens(person, scope=f"{BC}/.default offline_access")
    assert default["scope"].endswith(f"{BC}/.default")
    claims = jwt.decode(default["access_token"], options={"verify_signature": False})
    assert claims["scp"] == "user_impersonation Financials.ReadWrite.All"
    person.emulator.application.delegated = ()
    bare = _tokens(person, scope=f"{BC}/.default")
    refusal = http.get(f"{API}/companies", headers=_bearer(bare))
    assert "could not be authenticated or authorized" in refusal.text


def _bearer(tokens: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_what_opens_business_central(person: Client) -> None:
    emulator = person.emulator
    tokens = _tokens(person)
    bearer = _bearer(tokens)
    emulator.app_records.clear()
    assert len(person.http.get(f"{API}/companies", headers=bearer).json()["value"]) == 2
    user = emulator.directory.users[0]
    assert emulator.principal(bearer["Authorization"]) == user.object_id
    user.permitted = False
    denied = person.http.get(f"{API}/companies", headers=bearer)
    assert person.error(denied) == (400, "Internal_ServerError")
    user.in_business_central = False
    assert person.http.get(f"{API}/companies", headers=bearer).status_code == 401
    stranger = {"Authorization": f"Bearer {tokens['id_token']}"}
    assert person.http.get(f"{API}/companies", headers=stranger).status_code == 401


def test_a_code_is_good_once_and_for_ten_minutes(person: Client) -> None:
    emulator = person.emulator
    code = code_of(person.http, emulator)
    assert redeem_code(person.http, emulator, code).status_code == 200
    assert refused(redeem_code(person.http, emulator, code)) == (400, "invalid_grant", 54005)
    late = code_of(person.http, emulator)
    emulator.clock.advance(599)
    assert redeem_code(person.http, emulator, late).status_code == 200
    later = code_of(person.http, emulator)
    emulator.clock.advance(600)
    assert refused(redeem_code(person.http, emulator, later)) == (400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"code": "nonsense"}, "invalid_grant", 9002313),
        ({"code": "-"}, "invalid_request", 900144),
        ({"redirect_uri": "-"}, "invalid_request", 900144),
        ({"redirect_uri": "http://localhost:5001/callback"}, "invalid_client", 500112),
        ({"code_verifier": "-"}, "invalid_grant", 501481),
        ({"code_verifier": "w" * 64}, "invalid_grant", 501481),
        ({"code_verifier": "v"}, "invalid_grant", 501481),
        ({"client_secret": "-"}, "invalid_client", 7000218),
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"scope": f"{BC}/Financials.ReadWrite.All"}, "invalid_grant", 65001),
        ({"scope": " "}, "invalid_request", 28003),
    ],
)
def test_refused_codes(person: Client, changes: dict[str, str], error: str, code: int) -> None:
    name = code_of(person.http, person.emulator)
    answer = redeem_code(person.http, person.emulator, name, **changes)
    assert refused(answer)[1:] == (error, code)


def test_plain_challenges(person: Client) -> None:
    emulator = person.emulator
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    assert redeem_code(person.http, emulator, code_of(person.http, emulator, **plain)).is_success
    plain["code_challenge_method"] = "-"
    assert redeem_code(person.http, emulator, code_of(person.http, emulator, **plain)).is_success
    plain["code_challenge"] = "-"
    code = code_of(person.http, emulator, **plain)
    assert refused(redeem_code(person.http, emulator, code))[2] == 50147
    assert redeem_code(person.http, emulator, code, code_verifier="-").is_success


def test_browsers_of_a_server_are_refused(person: Client) -> None:
    emulator = person.emulator
    code = code_of(person.http, emulator)
    person.http.headers["Origin"] = "https://airflow.example"
    assert refused(redeem_code(person.http, emulator, code))[2] == 9002326


def test_single_page_apps(person: Client) -> None:
    emulator = person.emulator
    uri = "https://spa.example/landing"
    emulator.application.redirect_uris.append(RedirectUri(uri, "spa"))
    asked = {"redirect_uri": uri}
    bare = code_of(person.http, emulator, code_challenge="-", code_challenge_method="-", **asked)
    code = code_of(person.http, emulator, **asked)
    public = {"client_secret": "-", "redirect_uri": uri}
    assert refused(redeem_code(person.http, emulator, code, **public))[2] == 9002327
    person.http.headers["Origin"] = "https://spa.example"
    no_verifier = redeem_code(person.http, emulator, bare, code_verifier="-", **public)
    assert refused(no_verifier)[2] == 9002325
    token = redeem_code(person.http, emulator, code, **public).json()["refresh_token"]
    emulator.clock.advance(86_400)
    answer = _refresh(person, token, client_secret="-")
    assert refused(answer)[2] == 700084


def test_public_clients_send_no_secret(person: Client) -> None:
    emulator = person.emulator
    public = emulator.directory.applications[1].client_id
    code = code_of(person.http, emulator, client_id=public)
    answer = redeem_code(person.http, emulator, code, client_id=public)
    assert refused(answer) == (401, "invalid_client", 700025)
    body = redeem_code(person.http, emulator, code, client_id=public, client_secret="-").json()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["appidacr"] == "0"
    wrong = redeem_code(person.http, emulator, code)
    assert refused(wrong)[2] == 70000


def test_refresh_tokens_rotate_and_the_old_one_lives(person: Client) -> None:
    first = _tokens(person)["refresh_token"]
    second = _refresh(person, first).json()
    assert second["refresh_token"] != first
    assert "id_token" in second
    again = _refresh(person, first, scope=f"{BC}/.default")
    assert refused(again)[2] == 65001
    again = _refresh(person, first, scope=f"{BC}/user_impersonation")
    assert "refresh_token" in again.json()
    assert person.emulator.log.grants()["refresh_token"] == 3


def test_refused_refresh_tokens(person: Client) -> None:
    emulator = person.emulator

    def refusal(token: str, **changes: str) -> tuple[int, str, int]:
        return refused(_refresh(person, token, **changes))

    first = _tokens(person)["refresh_token"]
    assert refusal("nonsense") == (400, "invalid_grant", 9002313)
    public = emulator.directory.applications[1].client_id
    assert refusal(first, client_id=public)[2] == 70000
    assert refusal(first, client_secret="-")[2] == 7000218
    emulator.clock.advance(90 * 86_400 - 1)
    second = _refresh(person, first).json()["refresh_token"]
    emulator.clock.advance(1)
    assert refusal(first) == (400, "invalid_grant", 700082)
    assert emulator.revoke_refresh_tokens("megan@cronus.example") == 0
    assert emulator.revoke_refresh_tokens(ADELE) == 2
    assert refusal(second) == (400, "invalid_grant", 50173)
    assert emulator.revoke_refresh_tokens() == 0
    with pytest.raises(KeyError):
        emulator.revoke_refresh_tokens("nobody")
    third = _tokens(person)["refresh_token"]
    emulator.directory.users[0].enabled = False
    assert refusal(third)[2] == 50057


def test_tenants_and_apps_that_are_not_ready(person: Client) -> None:
    emulator = person.emulator
    emulator.directories.append(Directory(OTHER_TENANT, "fabrikam.example", [emulator.application]))
    code = code_of(person.http, emulator)
    answer = redeem_code(person.http, emulator, code, tenant=OTHER_TENANT)
    assert refused(answer)[2] == 700005
    common = redeem_code(person.http, emulator, code, tenant="common")
    assert refused(common) == (400, "invalid_request", 50194)
    emulator.application.multi_tenant = True
    assert redeem_code(person.http, emulator, code, tenant="common").is_success
    elsewhere = authorize_at(emulator, "organizations")
    assert "code" in landed(person.http.get(elsewhere, params=asking(emulator)))
    emulator.application.service_principal = False
    assert refused(redeem_code(person.http, emulator, code)) == (401, "invalid_client", 7000229)
    emulator.application.service_principal = True
    emulator.application.enabled = False
    assert refused(redeem_code(person.http, emulator, code)) == (401, "invalid_client", 7000112)


def test_a_token_from_the_home_tenant_does_not_open_the_customers(client: Client) -> None:
    emulator = client.emulator
    home = Application(emulator.client_id, "Airflow", emulator.application.secrets)
    emulator.directories.append(Directory(OTHER_TENANT, "fabrikam.example", [home]))
    scope = {"grant_type": "client_credentials", "scope": f"{BC}/.default"}
    answer = redeem(client.http, emulator, OTHER_TENANT, **scope)
    refusal = client.http.get(f"{API}/companies", headers=_bearer(answer.json()))
    assert client.error(refusal) == (401, "Authentication_InvalidCredentials")


def test_on_behalf_of_is_refused(client: Client) -> None:
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert refused(redeem(client.http, client.emulator, grant_type=grant))[2] == 70003


def test_secrets_are_remembered_for_a_hunt(person: Client) -> None:
    tokens = _tokens(person)
    issued = {(one.kind, one.value) for one in person.emulator.authority.grants.issued}
    for name in ("access_token", "refresh_token", "id_token"):
        assert (name, tokens[name]) in issued


@pytest.fixture
def tls_server() -> Iterator[Server]:
    with serve(Emulator(), tls=True) as running:
        running.emulator.auto_approve(ADELE)
        yield running


@pytest.mark.filterwarnings("ignore:response_mode")
@pytest.mark.parametrize("mode", ["query", "form_post", None])
def test_msal_walks_the_code_flow_and_refreshes(tls_server: Server, mode: str | None) -> None:
    secret = tls_server.emulator.client_secret
    scopes = [f"{BC}/user_impersonation"]
    with msal_app(tls_server, secret) as app, session_for(tls_server) as browser:
        flow = app.initiate_auth_code_flow(scopes, redirect_uri=REDIRECT, response_mode=mode)
        answer = browser.get(flow["auth_uri"], allow_redirects=False)
        told = _told(answer.status_code, answer.headers, answer.text)
        tokens = app.acquire_token_by_auth_code_flow(flow, told)
        assert tokens["id_token_claims"]["preferred_username"] == ADELE, tokens
        account = app.get_accounts()[0]
        assert account["username"] == ADELE
        fresh = app.acquire_token_silent(scopes, account, force_refresh=True)
        assert fresh["access_token"] != tokens["access_token"]
        other = app.acquire_token_by_refresh_token(tokens["refresh_token"], scopes)
        assert other["refresh_token"] != tokens["refresh_token"]
    assert tls_server.emulator.log.grants() == {"authorization_code": 1, "refresh_token": 2}


def _told(status: int, headers: Mapping[str, str], text: str) -> dict[str, str]:
    return landed(httpx.Response(status, headers=headers, text=text))
