"""Operational limits of one principal: requests in a window, running at once, waiting.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import ODataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.clock import Clock


def too_many(actual: int, maximum: int) -> ODataError:
    """Say that a limit is exceeded; no Retry-After is documented for it.

    :param actual: what was reached.
    :param maximum: what is allowed.
    :returns: 429 `Application_TooManyRequests`.
    """
    text = f"Too many requests reached. Actual ({actual}). Maximum ({maximum})."
    return ODataError(429, "Application_TooManyRequests", text)


@dataclass(slots=True)
class _Principal:
    recent: deque[float] = field(default_factory=deque)
    running: int = 0
    waiting: deque[Callable[[], None]] = field(default_factory=deque)


class Limits:
    """Counts each principal's requests.

    :param clock: what the window slides by.
    :param enabled: whether anything is refused at all.
    """

    def __init__(self, clock: Clock, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.rate = 6_000
        self.window = 300.0
        self.concurrent = 5
        self.queue = 95
        self.patience = 480.0
        self._clock = clock
        self._principals: dict[str, _Principal] = {}

    def count(self, principal: str) -> None:
        """Count a request against the sliding window.

        :param principal: whose request it is.
        :raises ODataError: 429 if the window is full.
        """
        if not self.enabled:
            return
        recent = self._of(principal).recent
        now = self._clock.now()
        while recent and recent[0] <= now - self.window:
            recent.popleft()
        if len(recent) >= self.rate:
            raise too_many(len(recent) + 1, self.rate)
        recent.append(now)

    def arrive(self, principal: str, start: Callable[[], None]) -> bool:
        """Let a request run or wait.

        :param principal: whose request it is.
        :param start: called when a waiting request may run.
        :returns: True if it may run at once, False if it waits.
        :raises ODataError: 429 if the queue is full.
        """
        who = self._of(principal)
        if not self.enabled or who.running < self.concurrent:
            who.running += 1
            return True
        if len(who.waiting) >= self.queue:
            most = self.concurrent + self.queue
            raise too_many(most + 1, most)
        who.waiting.append(start)
        return False

    def give_up(self, principal: str, start: Callable[[], None]) -> None:
        """Take a waiting request out of the queue.

        :param principal: whose request it is.
        :param start: what `arrive` was given.
        """
        self._of(principal).waiting.remove(start)

    def leave(self, principal: str) -> None:
        """End a running request; the next waiting one starts.

        :param principal: whose request it was.
        """
        who = self._of(principal)
        if who.waiting:
            who.waiting.popleft()()
        else:
            who.running -= 1

    def _of(self, principal: str) -> _Principal:
        return self._principals.setdefault(principal, _Principal())
