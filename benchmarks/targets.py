"""What was promised, each as a ratio or a bound within one run, and whether it was held."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.contenders import (
    CONTENDERS,
    DLT,
    FLOOR,
    OURS,
    OURS_TO_POSTGRESQL,
    REQUESTS,
)
from benchmarks.measure import Measurement, Scene

CPU_OF_FLOOR = 1.5
CPU_OF_REQUESTS = 1 / 2
CPU_OF_DLT = 1 / 8
WALL_OF_PEERS = 1 / 4
PEAK_MIB = 300.0
FLAT = 1.1
UNCHANGED_REQUESTS = 3
POSTGRESQL_RATE = 1 / 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target.

    :param target: in words.
    :param held: None when it was not measured.
    :param figure: what was measured, or why nothing was.
    """

    target: str
    held: bool | None
    figure: str

    @property
    def word(self) -> str:
        """One word for it."""
        return {True: "held", False: "MISSED", None: "not measured"}[self.held]


class Run:
    """All measurements of one run, looked up by contender and scene.

    :param measurements: as they were made.
    """

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self.measurements = measurements
        scenes = {one.scene for one in measurements}
        self.quiet = sorted((s for s in scenes if not s.latency_ms), key=lambda s: s.rows)
        self.slow = sorted((s for s in scenes if s.latency_ms), key=lambda s: s.rows)

    def find(
        self, contender: str, scene: Scene | None, *, again: bool = False
    ) -> Measurement | None:
        """Give a measurement whose figures count, None without one.

        :param contender: its name.
        :param scene: the conditions.
        :param again: the second run.
        """
        for one in self.measurements:
            if (one.contender, one.scene, one.again) == (contender, scene, again):
                return None if one.complaint else one
        return None

    @property
    def largest(self) -> Scene | None:
        """The scene with the most rows, without latency."""
        return self.quiet[-1] if self.quiet else None


def verdicts(run: Run) -> list[Verdict]:
    """Judge every target.

    :param run: what was measured.
    """
    return [
        _cpu(run, FLOOR, CPU_OF_FLOOR),
        _cpu(run, REQUESTS, CPU_OF_REQUESTS),
        _cpu(run, DLT, CPU_OF_DLT),
        *_walls(run),
        _peak(run),
        _flat(run),
        _unchanged(run),
        _postgresql(run),
        *_copies(run),
    ]


def _ratio(
    text: str,
    mine: Measurement | None,
    other: Measurement | None,
    value: Callable[[Measurement], float],
    most: float,
) -> Verdict:
    """Judge a ratio that has to be at most something."""
    if mine is None or other is None:
        return Verdict(text, None, "a side is missing")
    ratio = value(mine) / value(other) if value(other) else math.inf
    return Verdict(
        text,
        ratio <= most,
        f"{ratio:.2f} x ({value(mine):.3g} to {value(other):.3g}, {mine.scene})",
    )


def _cpu(run: Run, other: str, most: float) -> Verdict:
    title = CONTENDERS[other].title
    return _ratio(
        f"CPU a row at most {_fraction(most)} of {title}, with exact decimals",
        _exact(run.find(OURS, run.largest)),
        run.find(other, run.largest),
        lambda one: one.cpu_per_row,
        most,
    )


def _exact(one: Measurement | None) -> Measurement | None:
    """Take a copy whose decimals lost something for none."""
    return one if one and one.decimals.startswith("DECIMAL") else None


def _walls(run: Run) -> Iterator[Verdict]:
    scenes: list[Scene | None] = [*run.slow]
    for scene in scenes or [None]:
        for name, contender in CONTENDERS.items():
            if contender.sequential:
                yield _ratio(
                    f"wall time of a slow service at most {_fraction(WALL_OF_PEERS)} of "
                    f"{contender.title}",
                    run.find(OURS, scene),
                    run.find(name, scene),
                    lambda one: one.seconds,
                    WALL_OF_PEERS,
                )


def _peak(run: Run) -> Verdict:
    one = run.find(OURS, run.largest)
    text = f"peak memory under {PEAK_MIB:.0f} MiB"
    if one is None:
        return Verdict(text, None, "not run")
    return Verdict(text, one.peak_mib < PEAK_MIB, f"{one.peak_mib:.0f} MiB ({one.scene})")


def _flat(run: Run) -> Verdict:
    small = run.quiet[0] if len(run.quiet) > 1 else None
    return _ratio(
        f"peak memory flat: at most {FLAT} of the smaller table",
        run.find(OURS, run.largest),
        run.find(OURS, small),
        lambda one: one.peak_mib,
        FLAT,
    )


def _unchanged(run: Run) -> Verdict:
    text = f"at most {UNCHANGED_REQUESTS} requests when nothing changed, sign-in aside"
    one = run.find(OURS, run.largest, again=True)
    if one is None:
        return Verdict(text, None, "not run")
    return Verdict(text, one.requests <= UNCHANGED_REQUESTS, f"{one.requests} ({one.scene})")


def _postgresql(run: Run) -> Verdict:
    text = f"rows a second to PostgreSQL at least {_fraction(POSTGRESQL_RATE)} of those to Parquet"
    mine, parquet = run.find(OURS_TO_POSTGRESQL, run.largest), run.find(OURS, run.largest)
    if mine is None or parquet is None:
        return Verdict(text, None, "not run")
    ratio = mine.rate / parquet.rate
    return Verdict(text, ratio >= POSTGRESQL_RATE, f"{ratio:.2f} x ({mine.scene})")


def _copies(run: Run) -> Iterator[Verdict]:
    """Hold every contender that ran to a whole copy, us first of all."""
    wrong = [one for one in run.measurements if one.complaint.startswith(("WRONG", "FAILED"))]
    names = ", ".join(f"{CONTENDERS[one.contender].title} ({one.scene})" for one in wrong)
    yield Verdict("each copy holds every row once", not wrong, names or "all of them")


def _fraction(number: float) -> str:
    return f"1/{round(1 / number)}" if number < 1 else f"{number:g} x"
