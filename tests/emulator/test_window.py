"""What a window says of a ledger is what looking at every entry says."""

from __future__ import annotations

import operator

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.emulator.store.window import BLOCK, MIGRATED, Window

COUNT = 1_100
UNSET = "0001-01-01T00:00:00"
STAMPS = [f"2025-01-01T{block:02d}:00:00" for block in range(COUNT // BLOCK)]
COMPARE = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
}
WORDS = st.sampled_from(sorted(COMPARE))
MOMENTS = st.sampled_from([UNSET, "0001-01-01T00:00:01", "2024-12-31T00:00:00", *STAMPS, "2026"])
NUMBERS = st.integers(-5, COUNT + 5)
TERMS = st.one_of(st.tuples(WORDS, MOMENTS), st.tuples(WORDS, NUMBERS))


def _stamp(number: int) -> str:
    return UNSET if number % MIGRATED == MIGRATED - 1 else STAMPS[(number - 1) // BLOCK]


@given(st.lists(TERMS, max_size=4), NUMBERS, NUMBERS)
def test_windows(terms: list[tuple[str, str | int]], start: int, stop: int) -> None:
    window = Window(range(1, COUNT + 1), range(1, COUNT + 1))
    wanted = list(range(1, COUNT + 1))
    for word, value in terms:
        compare = COMPARE[word]
        if isinstance(value, int):
            window = window.numbered(word, value)
            wanted = [n for n in wanted if compare(n, value)]
        else:
            window = window.stamped(word, value, STAMPS)
            wanted = [n for n in wanted if compare(_stamp(n), value)]
    assert [n for run in window.runs() for n in run] == wanted
    part = window.between(start, stop)
    assert [n for run in part.runs() for n in run] == [n for n in wanted if start <= n < stop]
    assert all(run for run in part.runs())
