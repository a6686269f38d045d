from __future__ import annotations

import base64
import copy
import hashlib
import json
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from airflow_provider_bc.auth.authorization_code import (
    BegunSignIn,
    account_of,
    begin,
    read_callback,
    redeem,
)
from airflow_provider_bc.auth.choice import user_of
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.user import SignedInUser
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.wire import Response
from tests.peer import CLIENT, PATIENT, SECRET, TENANT, HandClock, Peer, refusal, settings, token

REDIRECT = "http://localhost:8400/callback"


def person(**extra: Any) -> SignedInUser:
    return user_of(settings(grant_type="authorization_code", **extra), "bc")


def jwt_of(**claims: Any) -> str:
    """Write an unsigned JWT."""
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()) for one in ({}, claims)]
    return ".".join(part.rstrip(b"=").decode() for part in (*parts, b"s"))


USER = person()


def sent_away(**options: Any) -> tuple[BegunSignIn, dict[str, str]]:
    begun = begin(USER, REDIRECT, **options)
    query = parse_qs(urlsplit(begun.url).query, strict_parsing=True)
    return begun, {name: one for name, (one,) in query.items()}


def test_the_browser_is_sent_to_the_tenants_own_page_with_all_that_it_needs() -> None:
    begun, query = sent_away()

    assert begun.url.startswith(
        f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?"
    )
    challenge = hashlib.sha256(begun.code_verifier.encode()).digest()
    assert query == {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "response_mode": "query",
        "scope": "https://api.businesscentral.dynamics.com/.default openid profile offline_access",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
        "prompt": "select_account",
    }
    assert 43 <= len(begun.code_verifier) <= 128


def test_a_form_and_an_account_may_be_asked_for() -> None:
    _, query = sent_away(response_mode="form_post", login_hint="ann@contoso.com")

    assert (query["response_mode"], query["login_hint"]) == ("form_post", "ann@contoso.com")


def test_no_two_sign_ins_share_a_secret() -> None:
    first, second = (begin(USER, REDIRECT) for _ in range(2))

    assert len({first.state, first.nonce, first.code_verifier, *asdict(second).values()}) == 9


def test_a_begun_sign_in_is_written_and_read_and_shows_nothing() -> None:
    begun, _ = sent_away()

    assert BegunSignIn(**json.loads(json.dumps(asdict(begun)))) == begun
    for secret in (begun.state, begun.nonce, begun.code_verifier):
        assert secret not in f"{begun!r} {begun}"


def test_a_redirect_uri_that_microsoft_would_not_take_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="must start with https") as caught:
        begin(USER, "http://airflow.example.com/callback")

    assert "[api] base_url" in caught.value.remedy


@pytest.mark.parametrize("shape", ["{}", "?{}", REDIRECT + "?{}"])
def test_the_code_is_read_from_url_query_or_form_whatever_else_comes(shape: str) -> None:
    begun, _ = sent_away()
    back = {
        "code": "0.AX+/=& ü",
        "state": begun.state,
        "session_state": "5d115c9c-44e3-4a11-bb43-000d3a2feca1",
        "client_info": "x",
        "admin_consent": "True",
        "id_token": "a.b.c",
    }

    assert read_callback(shape.format(urlencode(back)), begun) == "0.AX+/=& ü"


@pytest.mark.parametrize(
    "back",
    [
        "",
        "code=c",
        "code=c&state=",
        "code=c&state=other",
        "code=c&state={state}x",
        "code=c&state={state}&state={state}",
        "code=c&code=d&state={state}",
        "error=access_denied",
        "code=c#state={state}",
        "code=c&state=%ff",
    ],
)
def test_what_belongs_to_another_sign_in_is_refused(back: str) -> None:
    begun, _ = sent_away()

    with pytest.raises(AuthenticationError, match="does not belong to this sign-in") as caught:
        read_callback(back.format(state=begun.state), begun)

    assert begun.state not in str(caught.value)


@pytest.mark.parametrize("back", ["", "&code="])
def test_a_callback_without_a_code_is_refused(back: str) -> None:
    begun, _ = sent_away()

    with pytest.raises(AuthenticationError, match="no code"):
        read_callback(f"state={begun.state}{back}", begun)


@pytest.mark.parametrize(
    ("error", "description", "message", "code", "remedy"),
    [
        ("access_denied", "", "Sign-in failed: access_denied.", "access_denied", "and accept"),
        (
            "access_denied",
            "AADSTS65004: User declined to consent. Trace ID: t",
            "User declined to consent.",
            "AADSTS65004",
            "accept what the app asks for",
        ),
        (
            "unsupported_response_type",
            "AADSTS700054: response_type 'id_token' is not enabled.",
            "response_type 'id_token' is not enabled.",
            "AADSTS700054",
            "response_type=code",
        ),
        ("login_required", "", "Sign-in failed: login_required.", "login_required", "browser"),
    ],
)
def test_a_declined_sign_in_says_why_and_what_to_do(
    error: str, description: str, message: str, code: str, remedy: str
) -> None:
    begun, _ = sent_away()
    back = {"error": error, "error_description": description, "state": begun.state}

    with pytest.raises(AuthenticationError) as caught:
        read_callback(urlencode(back), begun)

    assert (caught.value.message, caught.value.code) == (message, code)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"authority_host": "https://login.example.com"},
        {"tenant_id": "other.example.com"},
        {"client_id": "11111111-1111-1111-1111-111111111111"},
    ],
)
def test_a_code_is_sent_to_nobody_but_whom_it_was_asked_of(changes: dict[str, Any]) -> None:
    begun, _ = sent_away()
    peer = Peer()

    with pytest.raises(AuthenticationError, match="was changed during the sign-in"):
        peer.converse(redeem(replace(USER, **changes), begun, "code", PATIENT, HandClock()))

    assert peer.requests == []


def redeemed(begun: BegunSignIn, user: SignedInUser = USER, **fields: Any) -> tuple[Granted, Peer]:
    id_token = jwt_of(nonce=begun.nonce, aud=CLIENT, preferred_username="ann@contoso.com")
    peer = Peer(token(**{"refresh_token": "refresh-1", "id_token": id_token, **fields}))
    return peer.converse(redeem(user, begun, "the-code", PATIENT, HandClock())), peer


def test_a_code_is_redeemed_where_it_came_from_with_the_verifier_and_the_apps_secret() -> None:
    begun, _ = sent_away()

    granted, peer = redeemed(begun)

    (request,) = peer.requests
    assert request.url == f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    assert {name: one for name, (one,) in parse_qs(request.body.decode()).items()} == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "code_verifier": begun.code_verifier,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "scope": "https://api.businesscentral.dynamics.com/.default openid profile offline_access",
    }
    assert granted.refresh_token == "refresh-1"
    assert account_of(granted) == "ann@contoso.com"
    assert "refresh-1" not in repr(granted)
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(granted)


def test_a_public_client_sends_no_secret() -> None:
    connection = settings(grant_type="authorization_code").model_copy(
        update={"client_secret": None}
    )
    user = user_of(connection, "bc")

    _, peer = redeemed(begin(user, REDIRECT), user)

    form = parse_qs(peer.requests[0].body.decode())
    assert not form.keys() & {"client_secret", "client_assertion"}
    assert user.authentication.digest == "public"


@pytest.mark.parametrize(
    "id_token",
    [
        None,
        "opaque",
        "a.b.c",
        jwt_of(aud=CLIENT),
        jwt_of(nonce="other", aud=CLIENT),
        "{nonce of another app}",
    ],
)
def test_an_id_token_of_another_sign_in_is_refused(id_token: str | None) -> None:
    begun, _ = sent_away()
    if id_token and id_token.startswith("{"):
        id_token = jwt_of(nonce=begun.nonce, aud=TENANT)

    with pytest.raises(AuthenticationError, match="belongs to another sign-in"):
        redeemed(begun, id_token=id_token)


def test_a_sign_in_without_a_refresh_token_is_of_no_use_to_tasks() -> None:
    begun, _ = sent_away()

    with pytest.raises(AuthenticationError, match="no refresh token") as caught:
        redeemed(begun, refresh_token=None)

    assert "offline_access" in caught.value.remedy


def test_a_code_that_was_used_is_refused_and_not_shown() -> None:
    begun, _ = sent_away()
    peer = Peer(refusal(54005, "invalid_grant", 400))

    with pytest.raises(AuthenticationError) as caught:
        peer.converse(redeem(USER, begun, "the-code", PATIENT))

    assert caught.value.error == "invalid_grant"
    assert "begin the sign-in anew" in caught.value.remedy
    assert "the-code" not in str(caught.value)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ann"}, "Ann"),
        ({"oid": "1"}, "1"),
        ({}, None),
        ({"preferred_username": "a@b", "name": "Ann"}, "a@b"),
    ],
)
def test_an_account_is_named_as_well_as_the_id_token_can(
    claims: dict[str, str], name: str | None
) -> None:
    granted, _ = redeemed(begun := begin(USER, REDIRECT))
    named = jwt_of(nonce=begun.nonce, aud=CLIENT, **claims)

    assert account_of(Granted(granted.token, id_token=named)) == name


def test_only_an_authorization_code_connection_is_signed_in_for() -> None:
    with pytest.raises(ConfigurationError, match="Nobody signs in for the grant type client_"):
        user_of(settings(), "bc")


def refreshed(*script: Response, tokens: tuple[str, ...]) -> tuple[Granted, Peer]:
    peer = Peer(*script)
    granted = peer.converse(USER.sign_in(PATIENT, HandClock(), tokens))
    assert peer.unused == []
    return granted, peer


def sent_tokens(peer: Peer) -> list[str]:
    return [parse_qs(one.body.decode())["refresh_token"][0] for one in peer.requests]


def test_a_refresh_token_renews_and_brings_the_next() -> None:
    granted, peer = refreshed(token(refresh_token="new"), tokens=("old", "older"))

    assert (granted.refresh_token, sent_tokens(peer)) == ("new", ["old"])
    assert "grant_type=refresh_token" in peer.requests[0].body.decode()


def test_the_previous_refresh_token_is_tried_when_the_newest_is_no_good() -> None:
    invalid = refusal(70008, "invalid_grant", 400)
    granted, peer = refreshed(invalid, token(refresh_token="new"), tokens=("bad", "good"))

    assert (granted.refresh_token, sent_tokens(peer)) == ("new", ["bad", "good"])


def test_when_no_refresh_token_is_good_a_person_is_asked_for() -> None:
    answers = [refusal(700082, "invalid_grant", 400), refusal(70008, "invalid_grant", 400)]

    with pytest.raises(AuthenticationError) as caught:
        refreshed(*answers, tokens=("one", "two"))

    assert caught.value.code == "AADSTS700082"
    assert caught.value.remedy.endswith(
        "Sign in with `airflow business-central login bc`, or under Admin > Business Central."
    )


def test_a_wrong_secret_is_no_reason_to_try_an_older_refresh_token() -> None:
    with pytest.raises(AuthenticationError) as caught:
        refreshed(refusal(7000215), tokens=("one", "two"))

    assert caught.value.code == "AADSTS7000215"


def test_where_nobody_has_signed_in_nothing_is_sent() -> None:
    with pytest.raises(AuthenticationError, match="Nobody has signed in for the connection 'bc'"):
        refreshed(tokens=())


def test_the_persons_key_outlives_a_new_secret_and_differs_by_connection() -> None:
    other_secret = person().key
    assert other_secret == USER.key
    assert user_of(settings(grant_type="authorization_code"), "bc2").key != USER.key
    assert USER.needs_refresh_token
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(USER)
