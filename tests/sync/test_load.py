from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from upath import UPath

from airflow_provider_bc.errors import (
    ConfigurationError,
    IncompleteRead,
    RequestRejected,
    UnexpectedAnswer,
)
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.commit import Commit
from tests.sync.ledger import ONE, SOURCE, Ledger, entry
from tests.sync.loader import Loader

MARCH = "2026-03-01T12:00:00Z"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = "lastModifiedDateTime ge 2026-03-01T11:50:00Z"
UNTIL = "lastModifiedDateTime lt 2026-03-01T12:59:00Z"


@pytest.fixture
def loader(folder: UPath) -> Loader:
    return Loader(folder, Ledger(*(entry(key, MARCH) for key in "abc")))


def test_the_first_load_is_a_snapshot_of_every_row(loader: Loader) -> None:
    outcome = loader.run()

    assert outcome.commit == Commit(1, "snapshot", SOURCE, NOON, NOON, 3, swept_at=ONE)
    assert outcome.changed
    assert loader.stored() == [("a", MARCH), ("b", MARCH), ("c", MARCH)]
    assert loader.ledger.conditions == [None]
    assert (loader.progress.rows, loader.progress.pages, loader.progress.expected) == (3, 2, 3)
    assert loader.kinds() == ["snapshot"]


def test_the_next_load_reads_from_the_overlap_on_and_stores_only_what_changed(
    loader: Loader,
) -> None:
    loader.run()
    loader.ledger.write(entry("b", "2026-03-01T12:30:00Z"), entry("d", "2026-03-01T12:20:00.5Z"))

    outcome = loader.run(overlap=timedelta(minutes=15))

    half_past = NOON + timedelta(minutes=30)
    assert outcome.commit == Commit(2, "changes", SOURCE, half_past, half_past, 2, swept_at=ONE)
    assert loader.ledger.conditions[1] == (
        f"lastModifiedDateTime ge 2026-03-01T11:45:00Z and {UNTIL}"
    )
    assert loader.progress.rows == 4
    assert sorted(loader.stored()[3:]) == [
        ("b", "2026-03-01T12:30:00Z"),
        ("d", "2026-03-01T12:20:00.500000Z"),
    ]


def test_a_row_that_was_committed_late_within_the_overlap_is_found(loader: Loader) -> None:
    loader.run()
    loader.ledger.write(entry("late", "2026-03-01T11:55:00Z"))

    commit = loader.run().commit

    assert commit.rows == 1
    assert (commit.watermark, commit.latest) == (NOON, NOON)
    assert loader.stored()[3:] == [("late", "2026-03-01T11:55:00Z")]


@pytest.mark.parametrize("times", [1, 3])
def test_without_a_change_no_commit_is_made(loader: Loader, times: int) -> None:
    loader.run()
    before = loader.files()
    for _ in range(times):
        outcome = loader.run()

        assert not outcome.changed
        assert (outcome.commit.sequence, outcome.commit.rows) == (1, 0)
        assert (outcome.commit.watermark, outcome.commit.latest) == (NOON, NOON)
        assert loader.progress.rows == 3
    assert loader.files() == before


def test_the_overlap_reaches_over_several_files_without_storing_a_version_twice(
    loader: Loader,
) -> None:
    loader.run()
    for minute in (1, 2, 3):
        loader.ledger.write(entry("b", f"2026-03-01T12:0{minute}:00Z"))
        commit = loader.run().commit
        assert (commit.sequence, commit.rows) == (minute + 1, 1)

    assert len(loader.stored()) == len(set(loader.stored())) == 6
    assert not loader.run().changed


def test_a_stamp_finer_than_a_microsecond_is_read_again_but_not_stored_again(
    folder: UPath,
) -> None:
    loader = Loader(folder, Ledger(entry("a", "2026-03-01T12:00:00.1234567Z")))
    loader.run()

    outcome = loader.run(overlap=timedelta(0))

    assert not outcome.changed
    assert outcome.commit.watermark == NOON.replace(microsecond=123_456)
    assert loader.progress.rows == 1


def test_a_full_load_replaces_what_is_there(loader: Loader) -> None:
    loader.run()
    loader.ledger.write(entry("d", "2026-03-01T12:30:00Z"))
    loader.run()
    del loader.ledger.rows["a"]

    commit = loader.run("full").commit

    assert (commit.sequence, commit.kind, commit.rows, commit.deleted) == (3, "snapshot", 3, 1)
    assert loader.kinds() == ["snapshot"]
    assert [key for key, _ in loader.stored()] == ["b", "c", "d"]
    assert not loader.run().changed


def test_an_empty_table_is_read_whole_until_it_has_a_row(folder: UPath) -> None:
    loader = Loader(folder, Ledger())

    assert loader.run().commit == Commit(1, "snapshot", SOURCE, None, None, 0, swept_at=ONE)
    again = loader.run()
    assert (again.changed, again.commit.sequence) == (False, 1)
    loader.ledger.write(entry("a", MARCH))
    assert loader.run().commit == Commit(2, "snapshot", SOURCE, NOON, NOON, 1, swept_at=ONE)


def test_the_callers_condition_holds_together_with_the_watermark(loader: Loader) -> None:
    where = "amount eq 1 or amount eq 2"
    loader.run(where=where)
    loader.run(where=where)

    first, second = loader.ledger.conditions
    assert first == where
    assert second == f"({where}) and {SINCE} and {UNTIL}"


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_condition_is_none(loader: Loader, blank: str | None) -> None:
    loader.run(where=blank)
    loader.run(where=blank)

    assert loader.ledger.conditions == [None, f"{SINCE} and {UNTIL}"]


@pytest.mark.parametrize(("before", "after"), [(5, 5), (2, 2), (4, 5), (2, 1), (0, 0)])
def test_rows_that_do_not_add_up_twice_publish_nothing(
    loader: Loader, before: int, after: int
) -> None:
    loader.ledger.claims = [before, after, None, before, after, None]

    with pytest.raises(IncompleteRead, match="3 rows arrived, but Business Central counted") as got:
        loader.run()

    assert f"{before} before and {after} after" in str(got.value)
    assert any("It is read once more" in line for line in loader.said)
    assert loader.files() == []
    assert loader.run().commit.rows == 3


def test_rows_that_add_up_when_they_are_read_once_more_are_published(loader: Loader) -> None:
    loader.ledger.claims = [5, 5]

    outcome = loader.run()

    assert (outcome.commit.rows, outcome.whole) == (3, True)
    assert loader.ledger.conditions == [None, None]
    assert loader.kinds() == ["snapshot"]


def test_rows_that_do_not_add_up_are_kept_and_reported_where_strict_is_off(
    loader: Loader,
) -> None:
    loader.ledger.claims = [5, 5, None, 5, 5, None]

    outcome = loader.run(strict=False)

    assert (outcome.commit.rows, outcome.whole) == (3, False)
    assert loader.said[-1].endswith("It is kept all the same: strict is off.")


def just_now(folder: UPath, *claims: int) -> Loader:
    """Make a ledger of three rows that changed while they were read, and counts that are off."""
    stamp = ONE.isoformat().replace("+00:00", "Z")
    loader = Loader(folder, Ledger(*(entry(key, stamp) for key in "abc")))
    loader.ledger.claims = [*claims]
    return loader


@pytest.mark.parametrize("claim", [0, 5, 6])
def test_each_row_that_changed_meanwhile_may_stand_for_one_that_came_or_went(
    folder: UPath, claim: int
) -> None:
    assert just_now(folder, claim, claim).run().commit.rows == 3


def test_more_than_changed_meanwhile_cannot_be_missing(folder: UPath) -> None:
    loader = just_now(folder, 7, 7, 3, 7, 7, 3)

    with pytest.raises(IncompleteRead, match="and 3 changed meanwhile"):
        loader.run()

    assert loader.files() == []


@pytest.mark.parametrize(("before", "after"), [(2, 4), (4, 2), (2, 3), (4, 3)])
def test_rows_that_were_written_or_deleted_meanwhile_are_allowed_for(
    loader: Loader, before: int, after: int
) -> None:
    loader.ledger.claims = [before, after]

    assert loader.run().commit.rows == 3


class Countless(Ledger):
    """Leaves @odata.count out, and counts when it is asked."""

    def claim(self, where: str | None) -> int | None:
        del where
        return None


def test_a_server_that_sends_no_count_is_asked_for_it(folder: UPath) -> None:
    loader = Loader(folder, Countless(entry("a", MARCH)))

    assert loader.run().commit.rows == 1
    assert loader.progress.expected is None


@pytest.mark.parametrize("count", [0, 2])
def test_rows_that_do_not_add_up_to_a_count_that_was_asked_for_publish_nothing(
    folder: UPath, count: int
) -> None:
    loader = Loader(folder, Countless(entry("a", MARCH)))
    loader.ledger.claims = [count, None, count, None]

    with pytest.raises(IncompleteRead, match=f"1 rows arrived, .* counted {count} before") as got:
        loader.run()

    assert f"and {count} after" in str(got.value)
    assert loader.files() == []


class Breaking(Ledger):
    """Breaks off after the first page, as often as it is told."""

    breaks = 10_000
    error: Exception = ConnectionResetError()

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        for number, page in enumerate(super().pages(where, link, count=count)):
            if (number or link) and self.breaks:
                self.breaks -= 1
                raise self.error
            yield page


def test_a_read_that_breaks_off_publishes_nothing_and_the_next_run_works(
    loader: Loader, folder: UPath
) -> None:
    broken = Loader(folder, Breaking(*loader.ledger.rows.values()))
    with pytest.raises(ConnectionResetError):
        broken.run()
    assert broken.files() == []

    loader.run()
    before = loader.files()
    with pytest.raises(ConnectionResetError):
        broken.run()
    assert loader.files() == before
    assert not loader.run().changed


def test_a_request_that_is_refused_is_not_repeated_from_the_start(folder: UPath) -> None:
    ledger = Breaking(*(entry(key, MARCH) for key in "abc"))
    ledger.error = RequestRejected("No.", remedy="Never.")

    with pytest.raises(RequestRejected):
        Loader(folder, ledger).run(resume_key="task")

    assert ledger.conditions == [None]


def test_a_value_that_does_not_fit_publishes_nothing(loader: Loader) -> None:
    loader.ledger.write({**entry("d", MARCH), "amount": "many"})

    with pytest.raises(UnexpectedAnswer, match="A value of 'amount'"):
        loader.run()

    assert loader.files() == []


def test_an_unknown_mode_is_refused(loader: Loader) -> None:
    with pytest.raises(ConfigurationError, match="mode is 'delta'"):
        loader.plan("delta")  # type: ignore[arg-type]


def test_another_query_needs_a_full_load(loader: Loader) -> None:
    loader.run()
    other = replace(SOURCE, query="$select=id")

    with pytest.raises(ConfigurationError, match="holds something else: query was"):
        loader.plan(source=other)
    assert loader.plan("full", source=other).sequence == 2


def test_another_query_may_leave_out_as_much_as_it_likes(folder: UPath) -> None:
    loader = Loader(folder, Ledger(*(entry(f"{key:03}", MARCH) for key in range(100))))
    loader.run()
    loader.ledger.rows = {"001": loader.ledger.rows["001"]}

    commit = loader.run("full", source=replace(SOURCE, query="$filter=number eq 1")).commit

    assert (commit.rows, commit.deleted) == (1, 99)


def test_a_row_without_its_key_publishes_nothing(loader: Loader) -> None:
    loader.ledger.rows["x"] = {**entry("x", MARCH), "id": None}

    with pytest.raises(UnexpectedAnswer, match="entries: a row has no id, which is its key"):
        loader.run()

    assert loader.files() == []
