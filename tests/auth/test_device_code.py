from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from airflow_provider_bc.auth.device_code import DeviceCode, ask_for_code, wait_for_sign_in
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.errors import AuthenticationError, Unavailable
from airflow_provider_bc.wire import Response
from tests.auth.test_authorization_code import USER
from tests.peer import CLIENT, PATIENT, TENANT, HandClock, Peer, answer, refusal, token

CODE = {
    "device_code": "device-secret",
    "user_code": "ABCD1234",
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "interval": 5,
    "message": "…",
}
PENDING = answer({"error": "authorization_pending", "error_codes": [70016]}, 400)
SLOWER = answer({"error": "slow_down"}, 400)
BROUGHT = token(refresh_token="refresh-1")


def asked(**fields: Any) -> tuple[DeviceCode, Peer]:
    peer = Peer(answer({**CODE, **fields}))
    return peer.converse(ask_for_code(USER, PATIENT)), peer


def waited(*script: Any, clock: HandClock | None = None) -> tuple[Granted, Peer]:
    code, _ = asked()
    peer = Peer(*script)
    return peer.converse(wait_for_sign_in(USER, code, PATIENT, clock or HandClock())), peer


def test_a_code_is_asked_for_and_its_secret_part_not_shown() -> None:
    code, peer = asked()

    assert peer.urls == [f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/devicecode"]
    assert parse_qs(peer.requests[0].body.decode())["client_id"] == [CLIENT]
    assert (code.user_code, code.verification_uri) == ("ABCD1234", CODE["verification_uri"])
    assert "device-secret" not in repr(code)


def test_an_answer_without_an_interval_means_five_seconds() -> None:
    peer = Peer(answer({name: one for name, one in CODE.items() if name != "interval"}))

    assert peer.converse(ask_for_code(USER, PATIENT)).interval == 5


@pytest.mark.parametrize("response", [answer({}), answer({**CODE, "expires_in": "soon"})])
def test_an_answer_without_a_code_is_an_outage(response: Response) -> None:
    with pytest.raises(Unavailable):
        Peer(response).converse(ask_for_code(USER, PATIENT))


def test_a_fault_that_lasts_is_an_outage() -> None:
    with pytest.raises(Unavailable):
        Peer(*[Response(503)] * 9).converse(ask_for_code(USER, PATIENT))


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(AuthenticationError, match="AADSTS700016"):
        Peer(refusal(700016, "unauthorized_client", 400)).converse(ask_for_code(USER, PATIENT))


def test_it_is_asked_until_the_person_is_done() -> None:
    granted, peer = waited(PENDING, PENDING, BROUGHT)

    assert granted.refresh_token == "refresh-1"
    assert [pause.seconds for pause in peer.pauses] == [5, 5, 5]
    form = parse_qs(peer.requests[0].body.decode())
    assert form["device_code"] == ["device-secret"]
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:device_code"]


def test_it_is_asked_less_often_when_that_is_wanted() -> None:
    _, peer = waited(SLOWER, PENDING, BROUGHT)

    assert [pause.seconds for pause in peer.pauses] == [5, 10, 10]


@pytest.mark.parametrize("error", ["authorization_declined", "expired_token", "code_expired"])
def test_a_person_may_decline_or_be_late(error: str) -> None:
    with pytest.raises(AuthenticationError) as caught:
        waited(PENDING, answer({"error": error}, 400))

    assert caught.value.error == error
    assert "anew" in caught.value.remedy
    assert "device-secret" not in str(caught.value)


def test_nobody_is_waited_for_longer_than_the_code_lasts() -> None:
    clock = HandClock()

    def late(_: Any) -> Response:
        clock.now += 901
        return PENDING

    with pytest.raises(AuthenticationError, match="Nobody has signed in in time"):
        waited(late, clock=clock)
