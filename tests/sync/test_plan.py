from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.sync.commit import Commit, Source
from airflow_provider_bc.sync.identity import Identity
from airflow_provider_bc.sync.plan import Plan, plan_load
from airflow_provider_bc.sync.policy import Policy
from tests.odata.reader import holds, parse
from tests.sync.ledger import ONE, SOURCE, Ledger, entry
from tests.sync.loader import Loader

MARCH = "2026-03-01T12:00:00Z"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAMPED = Identity(("id",), "stamp", "stamp")


class Table:
    """A table that holds one commit."""

    def __init__(self, last: Commit | None) -> None:
        self.last = last

    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None:
        assert (source, same_query) == (SOURCE, True)
        return self.last


def planned(
    watermark: datetime | None = NOON,
    identity: Identity = STAMPED,
    swept_at: datetime | None = NOON,
    now: datetime = ONE,
    **policy: Any,
) -> Plan:
    last = Commit(3, "changes", SOURCE, watermark, watermark, swept_at=swept_at)
    return plan_load("incremental", identity, SOURCE, Table(last), now, policy=Policy(**policy))


STAMPS = st.datetimes(datetime(1001, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - with a zone in the end


@given(STAMPS, st.timedeltas(timedelta(0), timedelta(days=300_000)))
def test_a_watermark_selects_its_own_row_whatever_the_overlap(
    watermark: datetime, overlap: timedelta
) -> None:
    plan = planned(watermark, now=datetime.max.replace(tzinfo=UTC), overlap=overlap)

    assert plan.since is not None
    assert plan.since <= watermark
    if plan.since.year >= 1000 and watermark < plan.until:
        condition = parse(plan.condition() or "")
        assert holds(condition, {"stamp": watermark})
        assert not holds(condition, {"stamp": plan.since - timedelta(microseconds=1)})
        assert not holds(condition, {"stamp": plan.until})


@pytest.mark.parametrize("overlap", [timedelta(days=800_000), timedelta.max])
def test_an_overlap_beyond_all_time_begins_with_the_calendar(overlap: timedelta) -> None:
    assert (planned(overlap=overlap).condition() or "").startswith("stamp ge 0001-01-02T00:00:00Z")


def test_bounds_are_as_coarse_as_the_stamps_of_business_central() -> None:
    plan = planned(NOON.replace(microsecond=123_456), now=ONE.replace(microsecond=999_999))

    assert plan.since is not None
    assert plan.since.microsecond == 123_000
    assert plan.until.microsecond == 999_000


def test_the_property_that_stands_for_the_stamp_is_compared() -> None:
    plan = planned(identity=Identity(("id",), "_parent_modified_at", "lastModifiedDateTime"))

    assert (plan.condition() or "").startswith("lastModifiedDateTime ge ")


def test_since_another_moment_there_is_no_upper_bound() -> None:
    assert planned().condition(NOON) == "stamp ge 2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("every", "swept_at", "due"),
    [
        (timedelta(days=1), NOON, False),
        (timedelta(hours=1), NOON, True),
        (timedelta(days=1), None, True),
        (timedelta(0), ONE + timedelta(hours=1), True),
        (None, None, False),
    ],
)
def test_when_keys_are_compared(
    every: timedelta | None, swept_at: datetime | None, *, due: bool
) -> None:
    assert planned(sweep_every=every, swept_at=swept_at).sweep is due


def test_a_table_that_is_read_whole_needs_no_comparing_of_keys() -> None:
    assert not planned(watermark=None, sweep_every=timedelta(0)).sweep


def test_attempts_of_one_task_at_one_piece_of_work_have_a_token_in_common(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", MARCH)))
    first = loader.plan(resume_key="task")

    assert first.token
    assert first.token == loader.plan(resume_key="task").token
    assert first.token != loader.plan(resume_key="another").token
    assert first.token != loader.plan(resume_key="task", where="number eq 1").token
    assert loader.plan().token is None
    loader.run()
    assert first.token != loader.plan(resume_key="task").token
    assert first.token != loader.plan("full", resume_key="task").token


def test_a_plan_says_what_it_will_do(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", MARCH)))
    assert str(loader.plan()) == "every row, as commit 1"

    loader.run()

    assert str(loader.plan()) == "rows changed since 2026-03-01T11:50:00+00:00, as commit 2"
    assert str(loader.plan(sweep_every=timedelta(0))) == (
        "rows changed since 2026-03-01T11:50:00+00:00, and all keys, as commit 2"
    )
