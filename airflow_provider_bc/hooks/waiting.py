"""Waiting: looking again and again, from a worker or from the triggerer."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    UNCERTAIN,
    BusinessCentralError,
    ConfigurationError,
    OperationFailed,
    Unavailable,
)
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.wire import Pause

T = TypeVar("T")

log = logging.getLogger(__name__)

_LONGEST_BACKOFF = 600.0
_SHORTEST_LOOK = 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often to look.

    :param end_time: the deadline, in seconds since the epoch, which survives a restart.
    :param poll_interval: seconds between two looks.
    :param failures_allowed: how many looks in a row may find Business Central unavailable.
    :param fraction: draws a number in [0, 1).
    :param now: the wall clock, in seconds since the epoch.
    """

    end_time: float
    poll_interval: float
    failures_allowed: int
    fraction: Callable[[], float] = random.random
    now: Callable[[], float] = time.time

    def left(self) -> float:
        """Give the seconds until the deadline, 0 behind it."""
        return max(0.0, self.end_time - self.now())

    def pause(self, failures: int) -> float:
        """Say how long to wait: longer after each failure in a row, and never all at once.

        :param failures: how many looks in a row have failed.
        :return: seconds, at most until the deadline.
        """
        wait = self.poll_interval
        if failures:
            longest = max(self.poll_interval, _LONGEST_BACKOFF)
            backoff = min(longest, max(self.poll_interval, 1) * 2.0**failures)
            wait = backoff * (0.5 + self.fraction() / 2)
        return min(wait, self.left())


def waiting(watch: Watch, client: Vocabulary, patience: Patience) -> Conversation[dict[str, Any]]:
    """Wait for something, and look once more at the deadline itself.

    :param watch: what is awaited.
    :param client: the client that performs this.
    :param patience: how long and how often to look.
    :return: the payload of a trigger event: ``status`` is ``success``, and ``found`` what came to
        pass, or ``timeout``, and ``message`` what the trouble was; with ``subject`` and
        ``end_time``.
    :raises BusinessCentralError: when it will not come to pass any more, or too many looks in a
        row have failed.
    """
    about = {"subject": watch.subject, "end_time": patience.end_time}
    failures = 0
    trouble: BusinessCentralError | None = None
    while True:
        found = None
        try:
            found = yield from _until(max(patience.left(), _SHORTEST_LOOK), watch.look(client))
            failures, trouble = 0, None
        except UNCERTAIN as error:
            failures, trouble = failures + 1, error
            if failures > patience.failures_allowed:
                _tell_what_is_unseen(watch, error)
                raise
            log.warning("Failure %d in a row: %s", failures, error)
        except (ConfigurationError, OperationFailed):
            raise
        except BusinessCentralError as error:
            _tell_what_is_unseen(watch, error)
            raise
        if found is not None:
            return {"status": "success", "found": found, **about}
        if patience.left() <= 0:
            return {"status": "timeout", "message": str(trouble) if trouble else "", **about}
        yield Pause(patience.pause(failures), f"{watch.subject}: not yet")


def _tell_what_is_unseen(watch: Watch, error: BusinessCentralError) -> None:
    """Name it in the message, for the request that failed does not."""
    error.message = f"{watch.subject} cannot be seen: {error.message}"


def _until(seconds: float, conversation: Conversation[T]) -> Conversation[T]:
    """Hold a conversation, and leave it where it would wait longer than it may.

    :raises Unavailable: then.
    """
    waited = 0.0
    answer = None
    while True:
        try:
            step = conversation.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        if isinstance(step, Pause):
            waited += step.seconds
            if waited > seconds:
                conversation.close()
                raise Unavailable(step.reason, remedy="It is looked at again while there is time.")
        answer = yield step
