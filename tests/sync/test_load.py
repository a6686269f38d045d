from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError, IncompleteRead, UnexpectedAnswer
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.load import load
from airflow_provider_bc.sync.parquet_table import ParquetTable
from airflow_provider_bc.sync.plan import Plan, plan_load
from airflow_provider_bc.sync.progress import Progress
from tests.odata.reader import holds, parse
from tests.sync.ledger import ENTRY, METADATA, SOURCE, Ledger, entry
from tests.sync.loader import Loader

MARCH = "2026-03-01T12:00:00Z"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def loader(folder: UPath) -> Loader:
    return Loader(folder, Ledger(*(entry(key, MARCH) for key in "abc")))


def test_the_first_load_is_a_snapshot_of_every_row(loader: Loader) -> None:
    commit, path = loader.run()

    assert commit == Commit(1, "snapshot", SOURCE, NOON, NOON, 3)
    assert path == str(loader.folder / "snapshot.parquet")
    assert loader.stored() == [("a", MARCH), ("b", MARCH), ("c", MARCH)]
    assert loader.ledger.conditions == [None]
    assert (loader.progress.rows, loader.progress.pages, loader.progress.expected) == (3, 2, 3)
    assert loader.files() == ["snapshot.parquet"]


def test_the_next_load_reads_from_the_overlap_on_and_stores_only_what_changed(
    loader: Loader,
) -> None:
    loader.run()
    loader.ledger.write(entry("b", "2026-03-01T12:30:00Z"), entry("d", "2026-03-01T12:20:00.5Z"))

    commit, path = loader.run(overlap=timedelta(minutes=15))

    half_past = NOON + timedelta(minutes=30)
    assert commit == Commit(2, "changes", SOURCE, half_past, half_past, 2)
    assert path == str(loader.folder / "changes-00000002.parquet")
    assert loader.ledger.conditions[1] == "lastModifiedDateTime ge 2026-03-01T11:45:00Z"
    assert loader.progress.rows == 4
    assert loader.stored()[3:] == [
        ("b", "2026-03-01T12:30:00Z"),
        ("d", "2026-03-01T12:20:00.500000Z"),
    ]


def test_a_row_that_was_committed_late_within_the_overlap_is_found(loader: Loader) -> None:
    loader.run()
    loader.ledger.write(entry("late", "2026-03-01T11:55:00Z"))

    commit, _ = loader.run()

    assert commit.rows == 1
    assert (commit.watermark, commit.latest) == (NOON, NOON)
    assert loader.stored()[3:] == [("late", "2026-03-01T11:55:00Z")]


@pytest.mark.parametrize("times", [1, 3])
def test_without_a_change_no_file_is_written(loader: Loader, times: int) -> None:
    loader.run()
    for _ in range(times):
        commit, path = loader.run()

        assert path is None
        assert (commit.kind, commit.rows) == ("changes", 0)
        assert (commit.watermark, commit.latest) == (NOON, NOON)
        assert loader.progress.rows == 3
    assert loader.files() == ["snapshot.parquet"]


def test_the_overlap_reaches_over_several_files_without_storing_a_version_twice(
    loader: Loader,
) -> None:
    loader.run()
    for minute in (1, 2, 3):
        loader.ledger.write(entry("b", f"2026-03-01T12:0{minute}:00Z"))
        commit, _ = loader.run()
        assert (commit.sequence, commit.rows) == (minute + 1, 1)

    assert len(loader.stored()) == len(set(loader.stored())) == 6
    assert loader.run()[1] is None


def test_a_stamp_finer_than_a_microsecond_is_read_again_but_not_stored_again(
    folder: UPath,
) -> None:
    loader = Loader(folder, Ledger(entry("a", "2026-03-01T12:00:00.1234567Z")))
    loader.run()

    commit, path = loader.run(overlap=timedelta(0))

    assert path is None
    assert commit.watermark == NOON.replace(microsecond=123_456)
    assert loader.progress.rows == 1


def test_a_full_load_replaces_what_is_there(loader: Loader) -> None:
    loader.run()
    loader.ledger.write(entry("d", "2026-03-01T12:30:00Z"))
    loader.run()
    del loader.ledger.rows["a"]

    commit, _ = loader.run("full")

    assert (commit.sequence, commit.kind, commit.rows) == (3, "snapshot", 3)
    assert loader.files() == ["snapshot.parquet"]
    assert [key for key, _ in loader.stored()] == ["b", "c", "d"]
    assert loader.run()[1] is None


def test_an_empty_table_is_read_whole_until_it_has_a_row(folder: UPath) -> None:
    loader = Loader(folder, Ledger())

    assert loader.run()[0] == Commit(1, "snapshot", SOURCE, None, None, 0)
    assert loader.run()[0] == Commit(2, "snapshot", SOURCE, None, None, 0)
    loader.ledger.write(entry("a", MARCH))
    assert loader.run()[0] == Commit(3, "snapshot", SOURCE, NOON, NOON, 1)


def test_the_callers_condition_holds_together_with_the_watermark(loader: Loader) -> None:
    where = "amount eq 1 or amount eq 2"
    loader.run(where=where)
    loader.run(where=where)

    first, second = loader.ledger.conditions
    assert first == where
    assert second == f"({where}) and lastModifiedDateTime ge 2026-03-01T11:50:00Z"


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_condition_is_none(loader: Loader, blank: str | None) -> None:
    loader.run(where=blank)
    loader.run(where=blank)

    assert loader.ledger.conditions == [None, "lastModifiedDateTime ge 2026-03-01T11:50:00Z"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(5, 5), (2, 2), (4, 5), (2, 1), (0, 0)],
)
def test_rows_that_do_not_add_up_publish_nothing(loader: Loader, before: int, after: int) -> None:
    loader.ledger.claims = [before, after]

    with pytest.raises(IncompleteRead, match="3 rows arrived, but Business Central counted") as got:
        loader.run()

    assert f"{before} before and {after} after" in str(got.value)
    assert loader.files() == []
    assert loader.run()[0].rows == 3


def just_now(folder: UPath, *before_and_after: int) -> Loader:
    """Make a ledger of three rows that changed while they were read, and counts that are off."""
    stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    loader = Loader(folder, Ledger(*(entry(key, stamp) for key in "abc")))
    loader.ledger.claims = [*before_and_after]
    return loader


@pytest.mark.parametrize("claim", [0, 5, 6])
def test_each_row_that_changed_meanwhile_may_stand_for_one_that_came_or_went(
    folder: UPath, claim: int
) -> None:
    assert just_now(folder, claim, claim).run()[0].rows == 3


def test_more_than_changed_meanwhile_cannot_be_missing(folder: UPath) -> None:
    loader = just_now(folder, 7, 7)

    with pytest.raises(IncompleteRead, match="and 3 changed meanwhile"):
        loader.run()

    assert loader.files() == []


@pytest.mark.parametrize(("before", "after"), [(2, 4), (4, 2), (2, 3), (4, 3)])
def test_rows_that_were_written_or_deleted_meanwhile_are_allowed_for(
    loader: Loader, before: int, after: int
) -> None:
    loader.ledger.claims = [before, after]

    assert loader.run()[0].rows == 3


class Countless(Ledger):
    """Leaves @odata.count out, and counts when it is asked."""

    def pages(self, where: str | None) -> Iterator[Page]:
        for page in super().pages(where):
            yield replace(page, count=None)


def test_a_server_that_sends_no_count_is_asked_for_it(folder: UPath) -> None:
    loader = Loader(folder, Countless(entry("a", MARCH)))

    assert loader.run()[0].rows == 1
    assert loader.progress.expected is None


@pytest.mark.parametrize("count", [0, 2])
def test_rows_that_do_not_add_up_to_a_count_that_was_asked_for_publish_nothing(
    folder: UPath, count: int
) -> None:
    loader = Loader(folder, Countless(entry("a", MARCH)))
    loader.ledger.claims = [None, count]

    with pytest.raises(IncompleteRead, match=f"1 rows arrived, .* counted {count} before") as got:
        loader.run()

    assert f"and {count} after" in str(got.value)
    assert loader.files() == []


def test_a_read_that_breaks_off_publishes_nothing_and_the_next_run_works(
    loader: Loader, folder: UPath
) -> None:
    class Breaking(Ledger):
        def pages(self, where: str | None) -> Iterator[Page]:
            yield next(super().pages(where))
            raise ConnectionResetError

    broken = Loader(folder, Breaking(*loader.ledger.rows.values()))
    with pytest.raises(ConnectionResetError):
        broken.run()
    assert broken.files() == []

    loader.run()
    with pytest.raises(ConnectionResetError):
        broken.run()
    assert loader.files() == ["snapshot.parquet"]
    assert loader.run()[1] is None


def test_a_value_that_does_not_fit_publishes_nothing(loader: Loader) -> None:
    loader.ledger.write({**entry("d", MARCH), "amount": "many"})

    with pytest.raises(UnexpectedAnswer, match="A value of 'amount'"):
        loader.run()

    assert loader.files() == []


def test_fields_that_the_metadata_does_not_name_are_said_once(loader: Loader) -> None:
    for row in loader.ledger.rows.values():
        row |= {"new": 1, "@odata.etag": "e"}

    loader.run()

    assert loader.said == ["Fields that $metadata does not name are left out: ['new']"]


@pytest.mark.parametrize(
    ("name", "lacking"),
    [("stampless", "no lastModifiedDateTime or systemModifiedAt"), ("keyless", "no key")],
)
def test_without_stamp_or_key_only_a_full_load_is_possible(
    folder: UPath, name: str, lacking: str
) -> None:
    entity_type = METADATA.entity_types[name]
    table = ParquetTable(folder)

    with pytest.raises(ConfigurationError, match=lacking):
        plan_load("incremental", entity_type, SOURCE, table)

    plan = plan_load("full", entity_type, SOURCE, table)
    assert (plan.kind, plan.condition()) == ("snapshot", None)


def test_a_full_load_without_a_stamp_has_no_watermark(folder: UPath) -> None:
    class Plain(Ledger):
        def pages(self, where: str | None) -> Iterator[Page]:
            yield from (replace(page, rows=[{"id": "a"}]) for page in super().pages(where))

    entity_type = METADATA.entity_types["stampless"]
    plan = plan_load("full", entity_type, SOURCE, ParquetTable(folder))
    columns = Columns(METADATA, entity_type)
    server = Plain(entry("a", MARCH))

    commit, _ = load(server, columns, ParquetTable(folder), plan, Progress(print))

    assert (commit.watermark, commit.latest, commit.rows) == (None, None, 1)


def test_rows_that_were_read_without_their_stamp_have_no_watermark(loader: Loader) -> None:
    plan = plan_load("full", ENTRY, SOURCE, loader.table)
    columns = Columns(METADATA, ENTRY, ["id"])

    commit, _ = load(loader.ledger, columns, loader.table, plan, Progress(print))

    assert (commit.watermark, commit.latest, commit.rows) == (None, None, 3)


@pytest.mark.parametrize("name", ["attachment", "documentAttachment"])
def test_what_is_stamped_on_insert_only_is_never_read_incrementally(
    folder: UPath, name: str
) -> None:
    entity_type = METADATA.entity_types[name]
    table = ParquetTable(folder)

    with pytest.raises(ConfigurationError, match="is set when it is created, and not") as caught:
        plan_load("incremental", entity_type, SOURCE, table)

    assert caught.value.remedy == 'Use mode="full".'
    assert plan_load("full", entity_type, SOURCE, table).kind == "snapshot"


def test_an_unknown_mode_is_refused(folder: UPath) -> None:
    with pytest.raises(ConfigurationError, match="mode is 'delta'"):
        plan_load("delta", ENTRY, SOURCE, ParquetTable(folder))  # type: ignore[arg-type]


def test_an_overlap_that_would_skip_rows_is_refused(folder: UPath) -> None:
    with pytest.raises(ConfigurationError, match="rows would be skipped"):
        plan_load("incremental", ENTRY, SOURCE, ParquetTable(folder), overlap=timedelta(seconds=-1))


def test_another_query_needs_a_full_load(loader: Loader) -> None:
    loader.run()
    other = replace(SOURCE, query="$select=id")

    with pytest.raises(ConfigurationError, match="holds something else: query was"):
        plan_load("incremental", ENTRY, other, loader.table)
    assert plan_load("full", ENTRY, other, loader.table).sequence == 2


STAMPS = st.datetimes(datetime(1001, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(STAMPS, st.timedeltas(timedelta(0), timedelta(days=300_000)))
def test_a_watermark_selects_its_own_row_whatever_the_overlap(
    watermark: datetime, overlap: timedelta
) -> None:
    plan = Plan(SOURCE, 2, ("id",), "stamp", watermark, watermark, overlap, None)

    assert plan.since is not None
    assert plan.since <= watermark
    if plan.since.year >= 1000:
        condition = parse(plan.condition() or "")
        assert holds(condition, {"stamp": watermark})
        assert not holds(condition, {"stamp": plan.since - timedelta(microseconds=1)})


@pytest.mark.parametrize("overlap", [timedelta(days=800_000), timedelta.max])
def test_an_overlap_beyond_all_time_begins_with_the_calendar(overlap: timedelta) -> None:
    plan = Plan(SOURCE, 2, ("id",), "stamp", NOON, NOON, overlap, None)

    assert plan.condition() == "stamp ge 0001-01-02T00:00:00Z"


def test_a_plan_says_what_it_will_do(loader: Loader) -> None:
    plan = plan_load("incremental", ENTRY, SOURCE, loader.table)
    assert str(plan) == "every row, as commit 1"

    loader.run()

    plan = plan_load("incremental", ENTRY, SOURCE, loader.table)
    assert str(plan) == "rows changed since 2026-03-01T11:50:00+00:00, as commit 2"
