"""Ranges hold every row once, wherever they are cut; their threads end however the read ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import BusinessCentralError, Unavailable
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.policy import Policy
from airflow_provider_bc.sync.ranges import Range, cut
from airflow_provider_bc.sync.reader import CutField
from airflow_provider_bc.sync.reading import Reading
from tests.odata.reader import holds, parse
from tests.sync.ledger import ONE, SOURCE, Ledger, entry

MARCH = "2026-03-01T12:00:00Z"
BY_FIVE = Policy(workers=5)
NUMBERS = st.integers(-(2**31), 2**31 - 1)


class Cuttable(Ledger):
    """A ledger that is cut by its numbers."""

    def __init__(self, *numbers: int, page_size: int = 2) -> None:
        rows = (entry(f"{place:04}", MARCH, number=number) for place, number in enumerate(numbers))
        super().__init__(*rows, page_size=page_size)
        self.cut_by_number()


def plan(where: str | None = None, policy: Policy = BY_FIVE) -> Plan:
    return Plan(
        source=SOURCE,
        last=None,
        kind="snapshot",
        key=("id",),
        stamp="lastModifiedDateTime",
        since=None,
        until=ONE,
        sweep=False,
        where=where,
        policy=policy,
    )


def read(ledger: Ledger, where: str | None = None) -> list[str]:
    reading = Reading(ledger, plan(where), None)
    return [key for page in reading for key in page.rows["id"].to_pylist()]


@given(
    st.lists(NUMBERS | st.none()), NUMBERS, st.sampled_from([None, "amount ge 1 or number lt 5"])
)
def test_each_row_is_in_exactly_one_range_whatever_the_cuts(
    cuts: list[int | None], number: int, where: str | None
) -> None:
    ledger = Ledger()
    values = iter(cuts)
    ledger.cut_field = CutField("number", lambda *_: next(values, None))
    row = {"amount": 1, "number": number}

    ranges = cut(ledger, where, rows=len(cuts), parts=len(cuts) + 1)

    conditions = [one.where for one in ranges]
    assert sum(text is None or holds(parse(text), row) for text in conditions) == 1
    if where:
        assert not any(holds(parse(text or ""), {"amount": 0, "number": 5}) for text in conditions)


@given(st.lists(NUMBERS, max_size=40), st.integers(1, 5))
def test_the_cuts_divide_the_rows_that_match_evenly(numbers: list[int], parts: int) -> None:
    ledger = Cuttable(*numbers)
    where = "number ge 0"
    rows = ledger.count(where)

    ranges = cut(ledger, where, rows, parts)

    sizes = [ledger.count(one.where) for one in ranges]
    assert sum(sizes) == rows
    assert len(ranges) <= parts
    if len(set(numbers)) == len(numbers):
        assert max(sizes) <= rows // parts + parts


def test_without_a_field_to_cut_by_or_for_one_part_there_is_one_range() -> None:
    assert cut(Ledger(), "amount eq 1", 100, 5) == [Range("amount eq 1")]
    assert cut(Cuttable(1, 2), None, 2, 1) == [Range(None)]


def test_a_large_read_is_cut_and_every_row_arrives_once() -> None:
    ledger = Cuttable(*range(50))

    found = read(ledger, "number ge 10")

    assert sorted(found) == [f"{number:04}" for number in range(10, 50)]
    assert len(set(ledger.conditions)) == 6
    assert all((text or "").startswith("(number ge 10)") for text in ledger.conditions[1:])


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 8, 9])
def test_a_small_read_is_not_cut(rows: int) -> None:
    ledger = Cuttable(*range(rows))

    assert sorted(read(ledger)) == sorted(ledger.rows)
    assert (len(ledger.conditions) > 1) is (rows > 8)


def test_a_read_without_a_field_to_cut_by_goes_on_behind_its_first_page() -> None:
    ledger = Ledger(*(entry(f"{number:02}", MARCH) for number in range(20)))

    assert read(ledger) == sorted(ledger.rows)
    assert (ledger.conditions, len(ledger.links)) == ([None], 1)


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("bc-read-")]


def ended(seconds: float = 5.0) -> bool:
    """Wait until no thread reads any more."""
    until = time.monotonic() + seconds
    while threads() and time.monotonic() < until:
        time.sleep(0.01)
    return not threads()


class Failing(Cuttable):
    """Fails within the third range, and says what became of the others."""

    error: BaseException = Unavailable("Down.", remedy="Later.")

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        for number, page in enumerate(super().pages(where, link, count=count)):
            if number and not count and "number ge 40" in (where or ""):
                raise self.error
            yield page


@pytest.mark.parametrize("error", [Unavailable("Down.", remedy="Later."), MemoryError()], ids=repr)
def test_what_a_thread_meets_is_raised_where_pages_are_taken_and_all_threads_end(
    error: BaseException,
) -> None:
    ledger = Failing(*range(100))
    ledger.error = error

    with pytest.raises(type(error)) as caught:
        read(ledger)

    assert caught.value is error
    assert ended()


def test_threads_end_when_nobody_takes_any_more_pages() -> None:
    reading = Reading(Cuttable(*range(1_000)), plan(), None)

    with closing(iter(reading)) as pages:  # type: ignore[type-var]
        assert next(pages).rows.num_rows == 2
        assert threads()

    assert ended()


def test_threads_end_when_the_one_who_takes_pages_fails() -> None:
    def take() -> None:
        for _ in Reading(Cuttable(*range(1_000)), plan(), None):
            raise BusinessCentralError("The disk is full.")

    with pytest.raises(BusinessCentralError, match="disk is full"):
        take()

    assert ended()


def test_a_full_queue_holds_the_threads_back() -> None:
    ledger = Cuttable(*range(1_000))
    pages: Any = iter(Reading(ledger, plan(), None))
    next(pages)
    time.sleep(0.5)  # longer than a thread waits before it looks again

    assert ledger.served < 20
    assert sum(page.rows.num_rows for page in pages) == 998
    assert ended()


def test_no_more_threads_read_than_the_policy_says() -> None:
    ledger = Cuttable(*range(200))
    most = 0
    reading = Reading(ledger, plan(policy=Policy(workers=2)), None)

    for _ in reading:
        most = max(most, len(threads()))

    assert most <= 2
    assert len(reading.position.ranges) == 2
    assert reading.position.began == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert all(one.done for one in reading.position.ranges)
