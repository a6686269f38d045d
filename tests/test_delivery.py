from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.delivery import Retries, deliver, doubtful
from airflow_provider_bc.errors import Unavailable
from airflow_provider_bc.wire import Lost, Request, Response
from tests.peer import NOON, PATIENT, Answer, Peer

GET = Request("GET", "https://host/rows?$top=1")
POST = Request("POST", "https://host/rows")
OK = Response(200)
RESET = Lost("ReadError: reset")
UNSENT = Lost("ConnectError: refused", sent=False)


def throttled(retry_after: str) -> Response:
    return Response(429, {"retry-after": retry_after})


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("first", [*map(Response, (429, 500, 502, 503)), RESET, UNSENT])
def test_a_read_is_repeated_after_a_passing_fault(method: str, first: Answer) -> None:
    peer = Peer(first, OK)
    request = Request(method, GET.url)

    assert peer.converse(deliver(request, PATIENT)) is OK
    assert peer.requests == [request, request]
    assert len(peer.pauses) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("first", [Response(429), Response(503), UNSENT])
def test_a_write_is_repeated_when_it_was_certainly_not_acted_on(method: str, first: Answer) -> None:
    peer = Peer(first, OK)

    assert peer.converse(deliver(Request(method, POST.url), PATIENT)) is OK
    assert len(peer.requests) == 2


@pytest.mark.parametrize("status", [500, 502])
def test_a_write_is_not_repeated_when_it_may_have_been_acted_on(status: int) -> None:
    peer = Peer(Response(status))

    assert peer.converse(deliver(POST, PATIENT)).status == status
    assert peer.pauses == []


def test_a_write_without_an_answer_is_not_repeated_and_the_doubt_is_said() -> None:
    peer = Peer(RESET)

    with pytest.raises(Unavailable) as caught:
        peer.converse(deliver(POST, PATIENT))

    assert "No answer after 1 attempt: ReadError: reset." in str(caught.value)
    assert "may have been carried out" in str(caught.value)
    assert caught.value.request_line == "POST https://host/rows"


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 408, 409, 412, 413, 501, 504])
def test_an_answer_that_repeating_would_not_change_is_returned_at_once(status: int) -> None:
    response = Response(status)

    assert Peer(response).converse(deliver(GET, PATIENT)) is response


def test_the_last_answer_is_returned_when_the_attempts_are_used_up() -> None:
    peer = Peer(*[Response(503)] * 3, Response(503, {"x": "last"}))

    last = peer.converse(deliver(GET, Retries(attempts=3, fraction=lambda: 0.0)))

    assert last.headers == {"x": "last"}
    assert peer.unused == []


@pytest.mark.parametrize(
    ("request_", "lost", "repeatable"),
    [(GET, RESET, None), (POST, UNSENT, None), (POST, RESET, True)],
)
def test_no_answer_at_all_is_an_error_without_doubt_where_repeating_is_harmless(
    request_: Request,
    lost: Lost,
    repeatable: bool | None,  # noqa: FBT001
) -> None:
    peer = Peer(*[lost] * 3)

    with pytest.raises(Unavailable, match="No answer after 3 attempts: ") as caught:
        peer.converse(deliver(request_, Retries(attempts=2), repeatable=repeatable))

    assert "carried out" not in str(caught.value)
    assert "$top" not in str(caught.value)


@pytest.mark.parametrize("first", [Response(500), Response(502), RESET])
def test_the_caller_may_say_that_sending_a_post_twice_is_harmless(first: Answer) -> None:
    peer = Peer(first, OK)

    assert peer.converse(deliver(POST, PATIENT, repeatable=True)) is OK


def test_the_caller_may_say_that_a_get_must_not_be_repeated() -> None:
    assert Peer(Response(500)).converse(deliver(GET, PATIENT, repeatable=False)).status == 500


def test_no_attempts_means_one_request() -> None:
    peer = Peer(Response(429))

    assert peer.converse(deliver(GET, Retries(attempts=0))).status == 429
    assert peer.pauses == []


def test_waits_double_up_to_the_cap() -> None:
    retries = Retries(attempts=8, base=1, cap=20, fraction=lambda: 0.999_999)
    peer = Peer(*[Response(503)] * 8, OK)

    peer.converse(deliver(GET, retries))

    waits = [round(pause.seconds) for pause in peer.pauses]
    assert waits == [1, 2, 4, 8, 16, 20, 20, 20]


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_full_jitter_draws_from_nothing_up_to_the_bound(attempt: int, fraction: float) -> None:
    retries = Retries(base=2, cap=60, fraction=lambda: fraction)

    assert 0 <= retries.wait(attempt, None) <= min(60, 2 * 2 ** (attempt - 1))


def test_a_request_does_not_wait_longer_than_its_budget() -> None:
    retries = Retries(attempts=20, budget=100, fraction=lambda: 0.0)
    peer = Peer(*[throttled("40")] * 3)

    assert peer.converse(deliver(GET, retries)).status == 429
    assert [pause.seconds for pause in peer.pauses] == [40, 40]


def test_a_pause_says_why() -> None:
    peer = Peer(Response(503), RESET, OK)

    peer.converse(deliver(GET, Retries(attempts=2, fraction=lambda: 0.0)))

    assert [pause.reason for pause in peer.pauses] == [
        "GET https://host/rows?…: HTTP 503, attempt 1 of 2",
        "GET https://host/rows?…: ReadError: reset, attempt 2 of 2",
    ]


@pytest.mark.parametrize("status", [408, 500, 502, 504, 520, 524])
def test_a_write_may_have_been_carried_out(status: int) -> None:
    assert doubtful(status)


@pytest.mark.parametrize("status", [200, 307, 400, 409, 413, 429, 501, 503])
def test_a_write_was_certainly_not_carried_out_or_has_its_answer(status: int) -> None:
    assert not doubtful(status)


def wait_after(retry_after: str, now: datetime = NOON) -> float:
    """Give the wait that a Retry-After header leads to, without spread."""
    retries = Retries(budget=math.inf, fraction=lambda: 0.0, now=lambda: now)
    peer = Peer(throttled(retry_after), OK)
    peer.converse(deliver(GET, retries))
    return peer.pauses[0].seconds


@given(st.integers(0, 10**9))
def test_retry_after_in_seconds_is_honoured(seconds: int) -> None:
    assert wait_after(f" {seconds} ") == seconds


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2068, 1, 1)),  # noqa: DTZ001
    st.integers(-10_000, 100_000),
)
def test_retry_after_as_a_date_is_honoured_and_never_negative(
    moment: datetime, seconds: int
) -> None:
    now = moment.replace(microsecond=0, tzinfo=UTC)
    header = format_datetime(now + timedelta(seconds=seconds), usegmt=True)

    assert wait_after(header, now) == max(0, seconds)


def test_a_retry_after_date_without_a_zone_is_utc() -> None:
    assert wait_after("Sun, 01 Mar 2026 12:01:00 -0000") == 60


@given(st.text(st.characters(max_codepoint=255)))
def test_any_other_retry_after_leaves_the_wait_to_the_backoff(header: str) -> None:
    assert wait_after(header) >= 0


@pytest.mark.parametrize(
    "header",
    [
        "",
        "soon",
        "-1",
        "1.5",
        "²",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +999999999999999",
    ],
)
def test_an_unreadable_retry_after_does_not_end_the_conversation(header: str) -> None:
    peer = Peer(throttled(header), OK)

    assert peer.converse(deliver(GET, PATIENT)) is OK
    assert peer.pauses[0].seconds == 0.5


def test_the_spread_keeps_clients_from_returning_at_once() -> None:
    assert Retries(fraction=lambda: 0.9).wait(8, 30) == 31
    assert Retries(fraction=lambda: 0.9).wait(1, 30) == pytest.approx(30.9)
