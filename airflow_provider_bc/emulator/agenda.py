"""What is going to happen, and when: time passes only when somebody looks."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.clock import Clock


class Agenda:
    """Acts that are due at a moment of the emulator's clock.

    :param clock: the clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._acts: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()
        self._moment: float | None = None

    @property
    def now(self) -> float:
        """The moment an act is due at while it is performed, else the time of the clock."""
        return self._clock.now() if self._moment is None else self._moment

    def put(self, seconds: float, act: Callable[[], None]) -> None:
        """Plan an act.

        :param seconds: how long from now.
        :param act: what is to be done.
        """
        heappush(self._acts, (self.now + seconds, next(self._serial), act))

    def settle(self) -> None:
        """Perform what is due, in order, each act at its own moment."""
        while self._acts and self._acts[0][0] <= self._clock.now():
            moment, _, act = heappop(self._acts)
            self._moment = moment
            try:
                act()
            finally:
                self._moment = None
