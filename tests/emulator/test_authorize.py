"""`/authorize` and its pages (facts: entra-oauth.md 3.1 to 3.4)."""

from __future__ import annotations

import jwt
import pytest

from airflow_provider_bc.emulator.entra.directory import RedirectUri
from airflow_provider_bc.emulator.entra.tokens import half_hash

from .conftest import Client
from .witnesses import REDIRECT, USER_SCOPE, Browser, asking, authorize_at, landed

ADELE = "adele@cronus.example"


def test_the_code_and_what_comes_with_it(client: Client) -> None:
    client.emulator.auto_approve(ADELE)
    answer = client.http.get(authorize_at(client.emulator), params=asking(client.emulator))
    assert answer.headers["location"].startswith(f"{REDIRECT}?code=")
    told = landed(answer)
    assert told["state"] == "a/b c&d"
    assert len(told["session_state"]) == 36
    assert set(told) == {"code", "state", "session_state"}
    asked = asking(client.emulator, client_info="1", state="-", code_challenge_method="-")
    told = landed(client.http.get(authorize_at(client.emulator), params=asked))
    assert set(told) == {"code", "client_info", "session_state"}
    posted = client.http.post(authorize_at(client.emulator), data=asking(client.emulator))
    assert "code" in landed(posted)


@pytest.mark.parametrize(
    ("kind", "mode", "where"),
    [
        ("code", "-", "?"),
        ("code", "query", "?"),
        ("code", "fragment", "#"),
        ("code", "form_post", ""),
        ("code id_token", "-", "#"),
        ("id_token code", "fragment", "#"),
        ("code id_token", "form_post", ""),
        ("id_token", "-", "#"),
        ("id_token", "form_post", ""),
        ("id_token token", "-", "#"),
        ("token", "-", "#"),
    ],
)
def test_response_types_and_modes(client: Client, kind: str, mode: str, where: str) -> None:
    app = client.emulator.application
    app.id_tokens = app.access_tokens = True
    client.emulator.auto_approve(ADELE)
    asked = asking(client.emulator, response_type=kind, response_mode=mode, nonce="n-0S6")
    answer = client.http.get(authorize_at(client.emulator), params=asked)
    assert answer.headers.get("location", "").startswith(f"{REDIRECT}{where}" if where else "")
    assert ("document.forms[0].submit()" in answer.text) == (mode == "form_post")
    told = landed(answer)
    assert ("code" in told, "id_token" in told) == ("code" in kind, "id_token" in kind)
    assert ("access_token" in told) == (kind.endswith(" token") or kind == "token")
    if "id_token" in kind:
        claims = jwt.decode(told["id_token"], options={"verify_signature": False})
        assert claims["nonce"] == "n-0S6"
        assert (claims["aud"], claims["preferred_username"]) == (app.client_id, ADELE)
        assert claims.get("c_hash") == (half_hash(told["code"]) if "code" in kind else None)


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"response_type": "-"}, "invalid_request", 900144),
        ({"response_type": "code token"}, "unsupported_response_type", 70005),
        ({"response_type": "code nonsense"}, "unsupported_response_type", 70005),
        ({"response_type": "token"}, "unsupported_response_type", 700051),
        ({"response_type": "id_token", "nonce": "n"}, "unsupported_response_type", 700054),
        ({"response_mode": "web_message"}, "invalid_request", 70007),
        ({"prompt": "create"}, "invalid_request", 90023),
        ({"prompt": "none"}, "login_required", 50058),
        ({"scope": "-"}, "invalid_request", 900144),
        ({"scope": "https://elsewhere.example/.default"}, "invalid_resource", 500011),
        ({"scope": "user_impersonation"}, "invalid_scope", 70011),
        ({"scope": f"{USER_SCOPE.split()[0]} https://a.example/b"}, "invalid_scope", 700022),
        ({"scope": f"{USER_SCOPE.split()[0].rpartition('/')[0]}/Wrong"}, "invalid_client", 650053),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"code_challenge": "x" * 44}, "invalid_request", 501491),
        (
            {"code_challenge": "x" * 129, "code_challenge_method": "plain"},
            "invalid_request",
            501491,
        ),
        ({"code_challenge_method": "S512"}, "invalid_request", 90100),
        ({"code_challenge": "-"}, "invalid_grant", 50147),
    ],
)
def test_refusals_go_to_the_app(
    shared: Client, changes: dict[str, str], error: str, code: int
) -> None:
    asked = asking(shared.emulator, **changes)
    told = landed(shared.http.get(authorize_at(shared.emulator), params=asked))
    assert told["error"] == error
    assert told["error_description"].startswith(f"AADSTS{code}: ")
    assert told["state"] == "a/b c&d"


def test_default_and_named_scopes_do_not_mix(shared: Client) -> None:
    resource = USER_SCOPE.split()[0].rpartition("/")[0]
    asked = asking(shared.emulator, scope=f"{resource}/.default {resource}/user_impersonation")
    told = landed(shared.http.get(authorize_at(shared.emulator), params=asked))
    assert told["error_description"].startswith("AADSTS70011: ")


def test_id_tokens_want_openid_a_nonce_and_no_query(client: Client) -> None:
    client.emulator.application.id_tokens = True
    scope = USER_SCOPE.replace(" openid", "")
    wrong: list[tuple[dict[str, str], str]] = [
        ({"nonce": "-"}, "AADSTS900144"),
        ({"response_mode": "query"}, "AADSTS70007"),
        ({"scope": scope}, "AADSTS70011"),
    ]
    for changes, code in wrong:
        asked = asking(client.emulator, response_type="code id_token", nonce="n") | changes
        asked = {name: value for name, value in asked.items() if value != "-"}
        told = landed(client.http.get(authorize_at(client.emulator), params=asked))
        assert told["error_description"].startswith(code)


@pytest.mark.parametrize(
    ("tenant", "changes", "code"),
    [
        ("", {"redirect_uri": "http://localhost:5000/Callback"}, 50011),
        ("", {"redirect_uri": "http://localhost:5000/callback/"}, 50011),
        ("", {"redirect_uri": "http://localhost:5000/callback?a=b"}, 50011),
        ("", {"redirect_uri": "https://localhost:5000/callback"}, 50011),
        ("", {"redirect_uri": "http://127.0.0.1:5000/callback"}, 50011),
        ("", {"redirect_uri": "http://localhost:5000/callback#here"}, 50011),
        ("", {"redirect_uri": "http://localhost:port/callback"}, 50011),
        ("", {"redirect_uri": "-"}, 900144),
        ("", {"client_id": "-"}, 900144),
        ("", {"client_id": "11111111-2222-3333-4444-555555555555"}, 700016),
        ("11111111-2222-3333-4444-555555555555", {}, 90002),
        ("common", {}, 50194),
        ("consumers", {}, 9001023),
    ],
)
def test_what_only_the_person_may_read(
    shared: Client, tenant: str, changes: dict[str, str], code: int
) -> None:
    asked = asking(shared.emulator, **changes)
    answer = shared.http.get(authorize_at(shared.emulator, tenant), params=asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert f"AADSTS{code}: " in answer.text
    assert shared.http.get(authorize_at(shared.emulator)).status_code == 400


def test_redirect_uris_elsewhere_keep_their_port_and_get_a_slash(client: Client) -> None:
    client.emulator.auto_approve(ADELE)
    client.emulator.application.redirect_uris.append(RedirectUri("https://airflow.example:8443"))
    asked = asking(client.emulator, redirect_uri="https://airflow.example:8443")
    answer = client.http.get(authorize_at(client.emulator), params=asked)
    assert answer.headers["location"].startswith("https://airflow.example:8443/?code=")
    asked["redirect_uri"] = "https://airflow.example"
    assert client.http.get(authorize_at(client.emulator), params=asked).status_code == 400
    with pytest.raises(ValueError, match="platform"):
        RedirectUri("https://airflow.example", "desktop")


def test_a_person_signs_in_and_accepts(client: Client) -> None:
    emulator = client.emulator
    browser = Browser(client.http)
    page = browser.open(authorize_at(emulator), **asking(emulator))
    assert "Nestor Wilke" in page.text
    page = browser.press("Adele Vance")
    assert "Airflow would like to:" in page.text
    assert "user_impersonation" in page.text
    told = landed(browser.press("Accept"))
    assert told["state"] == "a/b c&d"
    again = landed(browser.open(authorize_at(emulator), **asking(emulator)))
    assert again["session_state"] == told["session_state"]
    silent = landed(browser.open(authorize_at(emulator), **asking(emulator, prompt="none")))
    assert "code" in silent
    assert "Pick" in browser.open(authorize_at(emulator), **asking(emulator, prompt="login")).text
    consent = browser.open(authorize_at(emulator), **asking(emulator, prompt="consent"))
    assert "Permissions requested" in consent.text
    other = asking(emulator, login_hint="megan@cronus.example")
    page = browser.open(authorize_at(emulator), **other)
    assert "Megan" in page.text
    assert "Adele" not in page.text
    client.http.get(f"/{emulator.tenant_id}/oauth2/v2.0/logout")
    assert "Pick" in browser.open(authorize_at(emulator), **asking(emulator)).text


def test_a_person_declines(client: Client) -> None:
    browser = Browser(client.http)
    browser.open(authorize_at(client.emulator), **asking(client.emulator))
    told = landed(browser.press("Cancel"))
    assert told["error"] == "access_denied"
    assert told["error_description"] == "the user canceled the authentication"
    browser.open(authorize_at(client.emulator), **asking(client.emulator))
    browser.press("Adele")
    told = landed(browser.press("Cancel"))
    assert told["error"] == "access_denied"
    assert told["error_description"].startswith("AADSTS65004: ")
    client.emulator.auto_approve(ADELE, consent=False)
    told = landed(browser.open(authorize_at(client.emulator), **asking(client.emulator)))
    assert told["error"] == "access_denied"
    client.emulator.auto_approve(None)
    assert "Pick" in browser.open(authorize_at(client.emulator), **asking(client.emulator)).text


def test_consent_that_is_missing(client: Client) -> None:
    emulator = client.emulator
    browser = Browser(client.http)
    browser.open(authorize_at(emulator), **asking(emulator))
    browser.press("Adele")
    browser.press("Accept")
    emulator.application.consents.clear()
    told = landed(browser.open(authorize_at(emulator), **asking(emulator, prompt="none")))
    assert told["error"] == "interaction_required"
    emulator.application.needs_admin_consent = True
    told = landed(browser.open(authorize_at(emulator), **asking(emulator)))
    assert told["error_description"].startswith("AADSTS90094: ")


def test_users_that_may_not_sign_in(client: Client) -> None:
    client.emulator.auto_approve("nobody@cronus.example")
    told = landed(client.http.get(authorize_at(client.emulator), params=asking(client.emulator)))
    assert told["error_description"].startswith("AADSTS50034: ")
    client.emulator.auto_approve(ADELE)
    client.emulator.directory.users[0].enabled = False
    told = landed(client.http.get(authorize_at(client.emulator), params=asking(client.emulator)))
    assert told["error_description"].startswith("AADSTS50057: ")


def test_broken_cookies_are_no_session(client: Client) -> None:
    client.http.headers["cookie"] = "ESTSAUTH=\x7f;;=;a b"
    answer = client.http.get(authorize_at(client.emulator), params=asking(client.emulator))
    assert "Pick" in answer.text


def test_admin_consent(client: Client) -> None:
    emulator = client.emulator
    emulator.roles = ()
    at = f"/{emulator.tenant_id}/adminconsent"
    asked = asking(emulator)
    browser = Browser(client.http)
    assert "API.ReadWrite.All" in browser.open(at, **asked).text
    told = landed(browser.press("Cancel"))
    assert told["error"] == "permission_denied"
    browser.open("/common/adminconsent", **asked)
    told = landed(browser.press("Accept"))
    assert told == {
        "admin_consent": "True",
        "state": "a/b c&d",
        "tenant": emulator.tenant_id,
    }
    assert "API.ReadWrite.All" in emulator.roles
    emulator.auto_approve(ADELE)
    assert "error" in landed(browser.open(at, **asked))
    emulator.auto_approve("megan@cronus.example")
    assert "admin_consent" in landed(browser.open(at, **asked))
    assert browser.open(at).status_code == 400


def test_forms_that_are_none(shared: Client) -> None:
    tenant = shared.emulator.tenant_id
    for path in (f"/{tenant}/login", f"/{tenant}/adminconsent", "/common/oauth2/deviceauth"):
        answer = shared.http.post(path, content=b"a=\xff")
        assert (answer.status_code, "AADSTS9002313: " in answer.text) == (400, True)
    assert "AADSTS900144: " in shared.http.post(f"/{tenant}/login").text


def test_error_pages_explain_a_code(shared: Client) -> None:
    assert "Invalid client secret" in shared.http.get("/error?code=7000215").text
    assert "Unknown" in shared.http.get("/error?code=1").text
