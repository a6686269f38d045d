from __future__ import annotations

import pytest

from airflow_provider_bc.sync.progress import Progress
from tests.peer import HandClock


class Watched:
    """A progress with a clock to turn and a log to read."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.lines: list[str] = []
        self.progress = Progress(self.lines.append, every=10, clock=self.clock)

    def page(self, rows: int, after: float) -> None:
        self.clock.now += after
        self.progress.page(rows, rows * 100)


def test_pages_add_up() -> None:
    watched = Watched()
    watched.page(1_000, 1)
    watched.page(500, 2)

    progress = watched.progress
    assert (progress.rows, progress.pages, progress.size) == (1_500, 2, 150_000)
    assert progress.seconds == 3


def test_a_line_is_said_every_ten_seconds_at_most() -> None:
    watched = Watched()
    for _ in range(25):
        watched.page(100, 1)

    assert watched.lines == [
        "1,000 rows, 10 pages, 100 rows/s",
        "2,000 rows, 20 pages, 100 rows/s",
    ]


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (None, "500 rows, 1 pages, 50 rows/s"),
        (0, "500 rows, 1 pages, 50 rows/s"),
        (2_000, "500 rows, 1 pages, 50 rows/s, 25 %, 30 s left"),
        (500, "500 rows, 1 pages, 50 rows/s, 100 %"),
        (400, "500 rows, 1 pages, 50 rows/s, 100 %"),
    ],
)
def test_with_a_count_a_line_says_how_far_and_how_long(expected: int | None, line: str) -> None:
    watched = Watched()
    watched.progress.expected = expected
    watched.page(500, 10)

    assert watched.lines == [line]


def test_nothing_has_no_rate() -> None:
    watched = Watched()
    watched.progress.expected = 10

    assert str(watched.progress) == "0 rows, 0 pages, 0 rows/s, 0 %"


def test_the_default_clock_only_grows() -> None:
    assert Progress(print).seconds >= 0
