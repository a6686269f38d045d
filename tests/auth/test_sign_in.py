from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.auth.remedies import REMEDIES, UNKNOWN
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import AuthenticationError, Unavailable
from airflow_provider_bc.wire import Lost, Response
from tests.peer import PATIENT, SECRET, HandClock, Peer, answer, grant, refusal, token

GARBLED = Response(200, body=b"<html>Sign in</html>")
GRANT = grant()


def signed_in(*script: Any, retries: Retries = PATIENT) -> tuple[AccessToken, Peer]:
    peer = Peer(*script)
    result = peer.converse(GRANT.sign_in(retries, HandClock(1_000))).token
    assert peer.unused == []
    return result, peer


def refused(*script: Any) -> AuthenticationError:
    peer = Peer(*script)
    with pytest.raises(AuthenticationError) as caught:
        peer.converse(GRANT.sign_in(PATIENT, HandClock()))
    assert caught.value.request_line == peer.requests[0].line
    assert SECRET not in f"{caught.value} {vars(caught.value)}"
    return caught.value


def test_a_token_lives_from_the_moment_it_was_asked_for() -> None:
    clock = HandClock(1_000)

    def slow(_: Any) -> Response:
        clock.now += 20
        return token(refresh_in=1_800)

    result = Peer(slow).converse(GRANT.sign_in(PATIENT, clock)).token

    assert (result.bearer(), result.expires_at, result.refresh_at) == (
        "Bearer token-1",
        1_000 + 3_599,
        1_000 + 1_800,
    )


@pytest.mark.parametrize("seconds", [3_599, 3_599.0, "3599"])
def test_lifetimes_may_arrive_as_text(seconds: Any) -> None:
    result, _ = signed_in(token(expires_in=seconds))

    assert result.expires_at == 1_000 + 3_599


@pytest.mark.parametrize("seconds", [None, "soon", [], "nan", "inf", 10**400])
def test_a_token_whose_end_is_not_known_is_not_used(seconds: Any) -> None:
    with pytest.raises(AuthenticationError, match="no expires_in"):
        signed_in(token(expires_in=seconds))


def test_an_echoed_secret_and_what_is_said_elsewhere_are_left_out_of_the_message() -> None:
    said = f"AADSTS7000215: Invalid secret '{SECRET}' provided. Trace ID: abc Timestamp: now"
    body = {"error": "invalid_client", "error_description": said, "error_codes": [7000215]}

    assert refused(answer(body, 401)).message == "Invalid secret '***' provided."


def test_a_secret_echoed_where_the_text_is_cut_is_masked_all_the_same() -> None:
    said = "x" * 495 + SECRET
    body = {"error": "invalid_client", "error_description": said}

    assert refused(answer(body, 401)).message == "x" * 495 + "***"


def test_an_answer_that_nests_too_deeply_is_no_token() -> None:
    nested = Response(200, body=b"[" * 100_000)

    result, _ = signed_in(nested, token())
    assert result.bearer() == "Bearer token-1"


def test_a_code_that_is_no_number_is_read_from_the_text() -> None:
    body = {"error": "x", "error_description": "AADSTS7000222: No.", "error_codes": [True]}

    assert refused(answer(body, 401)).code == "AADSTS7000222"


@pytest.mark.parametrize("value", ["eyJ.a-b_c.d", "a~b+c/d==", "0"])
def test_a_token_is_whatever_a_bearer_may_be(value: str) -> None:
    result, _ = signed_in(token(value))

    assert result.bearer() == f"Bearer {value}"


@pytest.mark.parametrize("value", ["", "se cret", "secret\n", "secret\r\nX: y", "sécret", "a=b"])
def test_a_token_that_no_header_can_carry_is_not_used_and_not_shown(value: str) -> None:
    with pytest.raises(AuthenticationError, match="a token that no header can carry") as caught:
        signed_in(token(value))

    assert "secret" not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("seconds", [None, "soon", "nan"])
def test_an_unreadable_advice_to_renew_is_left_out(seconds: Any) -> None:
    result, _ = signed_in(token(refresh_in=seconds))

    assert result.refresh_at == result.expires_at - 300


@pytest.mark.parametrize("code", REMEDIES)
def test_each_refusal_ends_with_what_to_do(code: int) -> None:
    error = refused(refusal(code))

    assert error.code == f"AADSTS{code}"
    assert error.status == 401
    assert error.correlation_id == "corr-1"
    assert str(error).startswith(f"[AADSTS{code} HTTP 401] Something is wrong. (")
    assert str(error).endswith(REMEDIES[code])


@pytest.mark.parametrize(("code", "remedy"), REMEDIES.items())
def test_each_remedy_is_a_sentence_for_a_person(code: int, remedy: str) -> None:
    assert remedy[0].isupper(), code
    assert remedy.endswith("."), code


def test_an_unknown_code_has_a_general_remedy() -> None:
    error = refused(refusal(99999))

    assert error.code == "AADSTS99999"
    assert error.remedy == UNKNOWN


def test_the_code_is_found_in_the_text_where_there_is_no_list_of_codes() -> None:
    text = "AADSTS7000222: The secret expired. Trace ID: t Correlation ID: c"
    error = refused(answer({"error": "invalid_client", "error_description": text}, 401))

    assert error.code == "AADSTS7000222"
    assert error.remedy == REMEDIES[7000222]


@pytest.mark.parametrize("codes", [[], ["x"], "7000222", None])
def test_an_odd_list_of_codes_is_not_read(codes: Any) -> None:
    error = refused(answer({"error": "invalid_client", "error_codes": codes}, 400))

    assert error.code == "invalid_client"
    assert error.message == "Sign-in failed: invalid_client."
    assert error.remedy == UNKNOWN


def test_the_request_id_stands_in_for_a_missing_correlation_id() -> None:
    peer = Peer(answer({"error": "invalid_request"}, 400))

    with pytest.raises(AuthenticationError) as caught:
        peer.converse(GRANT.sign_in(PATIENT, HandClock()))

    assert caught.value.correlation_id == peer.requests[0].headers["client-request-id"]


def test_a_long_description_is_cut() -> None:
    error = refused(answer({"error": "x", "error_description": "y" * 5_000}, 400))

    assert len(str(error)) < 1_000


@pytest.mark.parametrize(
    "response",
    [
        Response(404, body=b"<html>Not found</html>"),
        Response(302, {"location": "https://elsewhere"}),
        Response(400),
        Response(403, body=b"[]"),
        answer({"error": {"code": "NotFound", "message": "m"}}, 404),
    ],
)
def test_an_answer_that_is_not_entras_is_a_refusal_that_says_so(response: Response) -> None:
    error = refused(response)

    assert "the answer is not from Microsoft Entra" in str(error)
    assert error.code is None
    assert error.remedy == UNKNOWN


def test_a_refusal_may_come_with_status_200() -> None:
    assert refused(answer({"error": "invalid_client"}, 200)).status == 200


def test_a_refusal_is_asked_for_once() -> None:
    peer = Peer(refusal(7000215))

    with pytest.raises(AuthenticationError):
        peer.converse(GRANT.sign_in(PATIENT, HandClock()))

    assert len(peer.requests) == 1
    assert peer.pauses == []


@pytest.mark.parametrize(
    "fault",
    [
        Lost("ReadTimeout"),
        Lost("ConnectError", sent=False),
        Response(429, {"retry-after": "5"}),
        Response(500),
        Response(502),
        Response(503),
        Response(504),
        Response(408),
        GARBLED,
        answer({"token_type": "Bearer"}),
        answer({"access_token": None}),
        answer([]),
        answer({"error": "temporarily_unavailable"}, 400),
        answer({"error": "server_error"}, 400),
    ],
)
def test_a_passing_fault_is_waited_out(fault: Any) -> None:
    result, peer = signed_in(fault, token())

    assert result.bearer() == "Bearer token-1"
    assert len(peer.pauses) == 1
    first, second = peer.requests
    assert first == second


def test_throttling_that_lasts_is_said_to_be_throttling() -> None:
    peer = Peer(*[Response(429, {"retry-after": "1"})] * 3)

    with pytest.raises(Unavailable, match="throttles this app") as caught:
        peer.converse(GRANT.sign_in(Retries(attempts=2), HandClock()))

    assert caught.value.status == 429
    assert "share a process" in caught.value.remedy
    assert peer.unused == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_the_patience_of_a_sign_in_is_that_of_one_request(status: int) -> None:
    peer = Peer(*[Response(status)] * 4)

    with pytest.raises(Unavailable):
        peer.converse(GRANT.sign_in(Retries(attempts=3), HandClock()))

    assert len(peer.requests) == 4


def test_an_answer_that_stays_garbled_is_an_outage() -> None:
    peer = Peer(*[GARBLED] * 3)

    with pytest.raises(Unavailable, match="gave no token and no reason") as caught:
        peer.converse(GRANT.sign_in(PATIENT, HandClock()))

    assert caught.value.status == 200
    assert caught.value.correlation_id == peer.requests[0].headers["client-request-id"]
    assert [pause.reason.rpartition(": ")[2] for pause in peer.pauses] == [
        "no token in the answer"
    ] * 2


def test_without_patience_there_is_one_request() -> None:
    peer = Peer(GARBLED)

    with pytest.raises(Unavailable):
        peer.converse(GRANT.sign_in(Retries(attempts=0), HandClock()))

    assert peer.pauses == []


def test_no_answer_at_all_leaves_no_doubt_since_signing_in_twice_is_harmless() -> None:
    with pytest.raises(Unavailable) as caught:
        Peer(Lost("reset")).converse(GRANT.sign_in(Retries(attempts=0), HandClock()))

    assert "carried out" not in str(caught.value)
