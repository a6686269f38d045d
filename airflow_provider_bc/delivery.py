"""Send one request until it has an answer worth reading: what to repeat, and how long to wait."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from airflow_provider_bc.errors import Unavailable
from airflow_provider_bc.pace import WINDOW, Pace
from airflow_provider_bc.wire import Lost, Pause, Request, Response

T = TypeVar("T")

Conversation = Generator[Request | Pause, Response | Lost | None, T]
"""What a driver performs: it yields requests and pauses, is sent answers, and returns a result."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PASSING = frozenset({429, 500, 502, 503})
"""The statuses that repeating a harmless request may cure."""

_NOT_ACTED_ON = frozenset({429, 503})
_TOO_MANY = 429
_TIMED_OUT = 408
_FIRST_OF_SERVER = 500
_NO_SUCH_FEATURE = 501


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a conversation is.

    Full-jitter exponential backoff, as in
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    :param attempts: how often a request is repeated, 0 for never.
    :param base: the upper bound of the first wait, in seconds; it doubles each time.
    :param cap: the longest wait that is not asked for by the server, in seconds.
    :param budget: how long one request may wait in all, in seconds.
    :param fraction: draws a number in [0, 1).
    :param now: the wall clock, against which a Retry-After date is read.
    """

    attempts: int = 8
    base: float = 1.0
    cap: float = 60.0
    budget: float = 900.0
    fraction: Callable[[], float] = random.random
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def wait(self, attempt: int, asked: float | None) -> float:
        """Say how long to wait before an attempt.

        :param attempt: 1 for the first repetition.
        :param asked: what the server asked for in Retry-After, in seconds.
        :return: seconds, a little more than asked so that many clients do not return at once.
        """
        spread = self.fraction() * min(self.cap, self.base * 2.0 ** (attempt - 1))
        return spread if asked is None else asked + min(spread, 1.0)


def deliver(
    request: Request,
    retries: Retries,
    *,
    repeatable: bool | None = None,
    pace: Pace | None = None,
    again: Callable[[], Request] | None = None,
) -> Conversation[Response]:
    """Send a request, and repeat it while that is safe and promises an answer.

    A GET is repeated after 429, 500, 502, 503 and a lost answer. Any other method only when it was
    certainly not acted on: the connection failed, or the answer was 429 or 503
    (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/dynamics-rate-limits).

    :param request: what to send.
    :param retries: how patient to be.
    :param repeatable: whether sending twice is harmless; by default where the method is safe.
    :param pace: the limits to keep; none for services that set none.
    :param again: makes what is sent in a repetition; the same request by default.
    :return: the first answer that need not be repeated, or the last one.
    :raises Unavailable: when there was no answer at all.
    """
    harmless = request.method in SAFE_METHODS if repeatable is None else repeatable
    waited = 0.0
    attempt = 0
    while True:
        sent = again() if again and attempt else request
        answer = yield from _attempt(sent, pace)
        reason = _reason_to_repeat(answer, harmless=harmless)
        attempt += 1
        pause = retries.wait(attempt, retry_after(answer, retries.now))
        patient = pace is not None and retries.attempts > 0
        tried = attempt > retries.attempts and not (patient and _may_pass(answer, waited))
        exhausted = tried or waited + pause > retries.budget
        if reason is None or exhausted:
            return _settled(request, answer, attempt, harmless=harmless)
        waited += pause
        yield Pause(pause, f"{request.line}: {reason}, attempt {attempt} of {retries.attempts}")


def _attempt(request: Request, pace: Pace | None) -> Conversation[Response | Lost]:
    slot = None if pace is None else (yield from pace.enter())
    try:
        answer = yield request
    finally:
        if pace is not None and slot is not None:
            pace.leave(slot)
    assert isinstance(answer, Response | Lost)  # noqa: S101 - the driver's side of the contract
    return answer


def _may_pass(answer: Response | Lost, waited: float) -> bool:
    """Wait out the window in which requests are counted: Business Central does not say how long."""
    if isinstance(answer, Lost) or answer.status != _TOO_MANY:
        return False
    return "retry-after" not in answer.headers and waited < WINDOW


def _reason_to_repeat(answer: Response | Lost, *, harmless: bool) -> str | None:
    if isinstance(answer, Lost):
        return answer.reason if harmless or not answer.sent else None
    if answer.status in (PASSING if harmless else _NOT_ACTED_ON):
        return f"HTTP {answer.status}"
    return None


def _settled(
    request: Request, answer: Response | Lost, attempts: int, *, harmless: bool
) -> Response:
    if isinstance(answer, Response):
        return answer
    in_doubt = answer.sent and not harmless
    doubt = " It may have been carried out all the same." if in_doubt else ""
    then = "look whether it was done" if in_doubt else "run the task again"
    error = Unavailable(
        f"No answer after {attempts} attempt{'s' if attempts > 1 else ''}: {answer.reason}.{doubt}",
        remedy=f"Check the network between the worker and the service, then {then}.",
        request_line=request.line,
    )
    error.in_doubt = in_doubt
    raise error


def doubtful(status: int) -> bool:
    """Say whether a request that is not harmless may have been carried out.

    :param status: of its answer, which may be one of a proxy on the way.
    """
    if status in _NOT_ACTED_ON or status == _NO_SUCH_FEATURE:
        return False
    return status == _TIMED_OUT or status >= _FIRST_OF_SERVER


def retry_after(answer: Response | Lost, now: Callable[[], datetime]) -> float | None:
    """Read Retry-After, seconds or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).

    :param answer: what came back.
    :param now: the wall clock, for a date.
    :return: seconds to wait; None where the service did not ask for any.
    """
    value = answer.headers.get("retry-after", "").strip() if isinstance(answer, Response) else ""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now()).total_seconds())
