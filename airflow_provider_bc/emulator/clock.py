"""The time the emulator believes in: everything that ages asks a clock, never the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from math import isfinite
from typing import Protocol

_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()


class Clock(Protocol):
    """Something that knows the time (tokens expire, windows slide and rows are stamped by it)."""

    def now(self) -> float:
        """Return the seconds since 1970-01-01T00:00:00Z."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def step(self, seconds: float) -> None:
        """Set the clock forwards or backwards."""


class _Adjustable:
    """A clock that can be moved by hand.

    :param offset: the seconds that were added by hand.
    """

    def __init__(self, offset: float) -> None:
        self._offset = offset

    def advance(self, seconds: float) -> None:
        """Let time pass.

        :param seconds: how much; never negative.
        :raises ValueError: if the clock would run backwards.
        """
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        self.step(seconds)

    def step(self, seconds: float) -> None:
        """Set the clock, as NTP does when it finds it wrong (https://www.rfc-editor.org/rfc/rfc5905).

        :param seconds: how far; negative sets it back.
        :raises ValueError: if it is no number of seconds.
        """
        if not isfinite(seconds):
            raise ValueError(f"{seconds} is not a time")
        self._offset += seconds


class SystemClock(_Adjustable):
    """The machine's clock plus what was skipped."""

    def __init__(self) -> None:
        super().__init__(0.0)

    def now(self) -> float:
        """Return the machine's time plus what was skipped.

        :returns: seconds since 1970-01-01T00:00:00Z.
        """
        return time.time() + self._offset


class VirtualClock(_Adjustable):
    """A clock that stands still until it is told to go on.

    :param start: the seconds since 1970-01-01T00:00:00Z it starts at; 2 March 2026 by default.
    """

    def __init__(self, start: float = _START) -> None:
        super().__init__(start)

    def now(self) -> float:
        """Return the time it was last set to.

        :returns: seconds since 1970-01-01T00:00:00Z.
        """
        return self._offset


def stamp(seconds: float) -> str:
    """Write a moment as Business Central does: UTC, milliseconds, trailing zeros trimmed.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/managing-time-zones-with-web-services

    :param seconds: seconds since 1970-01-01T00:00:00Z.
    :returns: for example `2026-03-02T08:00:00Z` or `2026-03-02T08:00:00.25Z`.
    """
    millis = round(seconds * 1000)
    whole = datetime.fromtimestamp(millis // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{millis % 1000:03d}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}Z"
