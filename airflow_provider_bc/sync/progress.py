"""How far a read is, for the log: rows, rows/s, percent, time left."""

from __future__ import annotations

import time
from collections.abc import Callable


class Progress:
    """Counts what arrives and says so now and then.

    :param say: writes one line.
    :param every: seconds between two lines.
    :param clock: seconds that only grow.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        every: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.say = say
        self._every = every
        self._clock = clock
        self._started = self._said = clock()
        self.expected: int | None = None
        self.rows = 0
        self.pages = 0
        self.size = 0

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self._clock() - self._started

    def page(self, rows: int, size: int) -> None:
        """Count a page.

        :param rows: that it held.
        :param size: its bytes.
        """
        self.rows += rows
        self.pages += 1
        self.size += size
        if self._clock() - self._said >= self._every:
            self._said = self._clock()
            self.say(str(self))

    def __str__(self) -> str:
        rate = self.rows / self.seconds if self.seconds > 0 else 0.0
        parts = [f"{self.rows:,} rows, {self.pages:,} pages, {rate:,.0f} rows/s"]
        if self.expected:
            parts.append(f"{min(100, 100 * self.rows // self.expected)} %")
            if rate > 0 and self.expected > self.rows:
                parts.append(f"{(self.expected - self.rows) / rate:,.0f} s left")
        return ", ".join(parts)
