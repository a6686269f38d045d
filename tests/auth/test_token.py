from __future__ import annotations

import base64
import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.auth.token import AccessToken, Claims, Freshness

ENDS = 10_000.0


@pytest.mark.parametrize(
    ("refresh_at", "now", "expected"),
    [
        (None, ENDS - 3600, Freshness.FRESH),
        (None, ENDS - 301, Freshness.FRESH),
        (None, ENDS - 300, Freshness.STALE),
        (None, ENDS - 30, Freshness.STALE),
        (None, ENDS - 29, Freshness.EXPIRED),
        (None, ENDS + 1, Freshness.EXPIRED),
        (ENDS - 1800, ENDS - 1801, Freshness.FRESH),
        (ENDS - 1800, ENDS - 1800, Freshness.STALE),
        (ENDS - 1800, ENDS - 29, Freshness.EXPIRED),
        (ENDS + 1800, ENDS - 301, Freshness.FRESH),
        (ENDS + 1800, ENDS - 300, Freshness.STALE),
    ],
)
def test_freshness(refresh_at: float | None, now: float, expected: Freshness) -> None:
    assert AccessToken("t", ENDS, refresh_at).freshness(now) is expected


def test_a_token_shows_itself_only_as_a_bearer() -> None:
    token = AccessToken("secret-token", ENDS)

    assert token.bearer() == "Bearer secret-token"
    assert repr(token) == str(token) == "AccessToken(***, expires_at=10000)"


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_token_cannot_leave_its_process(duplicate: Any) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        duplicate(AccessToken("secret-token", ENDS))


def jwt(payload: bytes) -> str:
    body = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{body}.signature"


@pytest.mark.parametrize("app", ["appid", "azp"])
@given(name=st.text())
def test_the_claims_of_a_jwt_are_read_whatever_their_length(app: str, name: str) -> None:
    claims = {app: "a", "tid": "t", "roles": ["API.ReadWrite.All", name], "name": name}

    assert AccessToken(jwt(json.dumps(claims).encode()), ENDS).claims() == Claims(
        "a", "t", ("API.ReadWrite.All", name)
    )


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b",
        "a.b.c.d",
        "a.!.c",
        "a.ü.c",
        "a.b.c",
        jwt(b"\xff"),
        jwt(b"[]"),
        jwt(b"{"),
        jwt(b"{}"),
        jwt(b'{"roles": "all"}'),
    ],
)
def test_a_token_that_says_nothing_has_no_claims(token: str) -> None:
    assert Claims.read(token) == Claims(None, None, ())


def test_a_persons_token_names_person_audience_scopes_and_end() -> None:
    claims = {"upn": "a@b.example", "aud": "https://x", "scp": "one two", "exp": 5}
    read = Claims.read(jwt(json.dumps(claims).encode()))
    assert (read.user, read.audience, read.scopes) == ("a@b.example", "https://x", ("one", "two"))
    assert read.expires_at == 5.0


def test_claims_of_another_make_are_left_out() -> None:
    claims = {"upn": 1, "aud": ["https://x"], "scp": None, "exp": "soon"}
    assert Claims.read(jwt(json.dumps(claims).encode())) == Claims(None, None, ())
