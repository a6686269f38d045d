"""How many requests one app may have under way, and how many it may make in a while.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress

from airflow_provider_bc.wire import Pause

CONCURRENT = 5
RATE = 6_000
WINDOW = 300.0
_MARGIN = 100
_LOOK_AGAIN = 0.005


class Pace:
    """The limits that Business Central sets one app, kept within this process.

    Other processes are not seen: an Airflow pool of five slots keeps tasks apart, and what still
    goes too far is answered 429 and repeated later. There is no lock: single operations on a deque
    are atomic, and a fork copies no thread that could hold one.

    :param concurrent: requests under way at once; more would wait in the service's queue.
    :param rate: requests in a window; a few less are made, because the service counts its own way.
    :param window: its length, in seconds.
    :param clock: seconds that only grow.
    """

    def __init__(
        self,
        concurrent: int = CONCURRENT,
        rate: int = RATE,
        window: float = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = deque(range(concurrent))
        self._most = max(1, rate - _MARGIN)
        self._window = window
        self._clock = clock
        self._recent: deque[float] = deque()

    def enter(self) -> Generator[Pause, object, int]:
        """Wait until a request may be sent.

        :return: the slot, to be given back by `leave`.
        """
        while True:
            wait = self._until_the_window_opens()
            if wait > 0:
                yield Pause(wait, f"{self._most} requests were made within {self._window:.0f} s")
                continue
            try:
                slot = self._free.popleft()
            except IndexError:
                yield Pause(_LOOK_AGAIN, "as many requests are under way as the service allows")
                continue
            self._recent.append(self._clock())
            return slot

    def leave(self, slot: int) -> None:
        """Give a slot back.

        :param slot: from `enter`.
        """
        self._free.append(slot)

    def _until_the_window_opens(self) -> float:
        recent, now = self._recent, self._clock()
        with suppress(IndexError):  # another thread was faster
            while recent[0] <= now - self._window:
                recent.popleft()
        full = len(recent) >= self._most
        return max(0.001, recent[0] + self._window - now) if full else 0.0


class Paces:
    """The paces of this process: one for each app."""

    def __init__(self) -> None:
        self._paces: dict[tuple[object, ...], Pace] = {}

    def of(self, *principal: str) -> Pace:
        """Find the pace of an app; a forked process begins its own.

        :param principal: what names the app, e.g. tenant and client id.
        """
        return self._paces.setdefault((os.getpid(), *principal), Pace())
