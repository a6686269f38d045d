"""The watermark: what is written during a read arrives with the next one, whatever the clocks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.odata.metadata import read_metadata
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.columns import Columns
from tests.sync.ledger import CSDL, Ledger, entry
from tests.sync.loader import Loader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARCH = "2026-03-01T12:00:00Z"
AT_ONCE = timedelta(0)


class Busy(Ledger):
    """Something happens after each page; a page shows its rows as they are when it is read."""

    between: Callable[[int], None] = staticmethod(lambda _: None)

    def pages(self, where: str | None) -> Iterator[Page]:
        for number, page in enumerate(super().pages(where)):
            yield page
            self.between(number)

    def change(self, key: str, stamp: str) -> None:
        self.rows[key].update(entry(key, stamp))


@pytest.fixture
def busy() -> Busy:
    return Busy(*(entry(key, MARCH) for key in "abc"))


@pytest.fixture
def loader(folder: UPath, busy: Busy) -> Loader:
    return Loader(folder, busy)


def an_hour_passes(loader: Loader, busy: Busy) -> None:
    """After the first page an hour passes, in which a row of it and a row to come change."""

    def between(page: int) -> None:
        if page == 0:
            loader.clock.now += 3_600
            busy.change("a", "2026-03-01T12:20:00Z")
            busy.change("c", "2026-03-01T12:59:00Z")

    busy.between = between


def test_a_row_that_changed_after_its_page_was_read_arrives_with_the_next_run(
    loader: Loader, busy: Busy
) -> None:
    an_hour_passes(loader, busy)
    commit, _ = loader.run()
    assert ("a", "2026-03-01T12:20:00Z") not in loader.stored()
    busy.between = lambda _: None

    loader.run()

    assert commit.watermark == NOON - timedelta(minutes=1)
    assert commit.latest == NOON + timedelta(minutes=59)
    assert busy.conditions[1] == "lastModifiedDateTime ge 2026-03-01T11:49:00Z"
    assert loader.stored()[3:] == [("a", "2026-03-01T12:20:00Z")]


def test_the_same_holds_for_a_read_of_changes(loader: Loader, busy: Busy) -> None:
    loader.run()
    an_hour_passes(loader, busy)
    loader.run()
    busy.between = lambda _: None

    loader.run()

    assert ("a", "2026-03-01T12:20:00Z") in loader.stored()
    assert len(loader.stored()) == len(set(loader.stored()))


@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abcdef")), max_size=12))
def test_after_a_quiet_run_the_copy_is_the_original_whatever_was_written_during_the_others(
    writes: list[tuple[int, str]],
) -> None:
    busy = Busy(*(entry(key, MARCH) for key in "abcdef"))
    loader = Loader(UPath(f"memory://{uuid.uuid4()}/table"), busy)
    pages = 0

    def between(_: int) -> None:
        nonlocal pages
        loader.clock.now += 100
        for at, key in writes:
            if at == pages:
                stamp = NOON + timedelta(seconds=loader.clock.now)
                busy.change(key, stamp.isoformat().replace("+00:00", "Z"))
        pages += 1

    busy.between = between
    for _ in range(3):
        loader.run(overlap=AT_ONCE)
        loader.clock.now += 1
    busy.between = lambda _: None
    loader.run(overlap=AT_ONCE)

    original = {(row["id"], row["lastModifiedDateTime"]) for row in busy.rows.values()}
    assert original == set(dict(sorted(loader.stored())).items())
    loader.folder.parent.fs.rm(loader.folder.parent.path, recursive=True)


def test_a_slow_read_does_not_take_the_watermark_back(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.write(entry("d", "2026-03-01T12:01:00Z"))

    def between(_: int) -> None:
        loader.clock.now += 3_600

    busy.between = between
    commit, _ = loader.run()

    assert (commit.sequence, commit.rows) == (2, 1)
    assert (commit.watermark, commit.latest) == (NOON, NOON + timedelta(minutes=1))


def test_the_latest_stamp_runs_over_all_files(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.rows.clear()
    busy.write(entry("late", "2026-03-01T11:55:00Z"))

    stored, _ = loader.run()
    nothing_new, path = loader.run()

    assert (stored.sequence, stored.latest) == (2, NOON)
    assert (nothing_new.sequence, nothing_new.latest, path) == (3, NOON, None)


def test_a_table_whose_rows_bear_no_date_is_read_whole_each_time(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", "0001-01-01T00:00:00Z")))

    for sequence in (1, 2):
        commit, _ = loader.run()
        assert (commit.sequence, commit.kind, commit.rows) == (sequence, "snapshot", 1)
        assert (commit.watermark, commit.latest) == (None, None)


def test_a_stamp_in_the_future_does_not_end_all_incremental_loads(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", MARCH), entry("b", "9999-01-01T00:00:00Z")))
    began = datetime.now(UTC)
    commit, _ = loader.run()

    assert commit.watermark is not None
    assert began <= commit.watermark <= datetime.now(UTC)
    assert commit.latest == datetime(9999, 1, 1, tzinfo=UTC)
    assert loader.run()[1] is None


def test_a_row_that_changed_without_a_new_stamp_is_stored_again(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.write(entry("b", MARCH, amount=2))

    assert loader.run()[0].rows == 1
    assert loader.run()[1] is None


def columns_of(*properties: tuple[str, str]) -> Columns:
    lines = "".join(f'<Property Name="{name}" Type="{kind}"/>' for name, kind in properties)
    metadata = read_metadata(
        CSDL.replace('<Property Name="amount" Type="Edm.Decimal"/>', lines).encode()
    )
    return Columns(metadata, metadata.entity_type_of("entries"))


def test_a_field_whose_type_changed_needs_a_full_load(loader: Loader) -> None:
    loader.run()
    columns = columns_of(("amount", "Edm.String"))

    with pytest.raises(ConfigurationError, match=r"amount was decimal.* is string now") as caught:
        loader.run(columns=columns)

    assert 'mode="full"' in caught.value.remedy
    assert loader.files() == ["snapshot.parquet"]
    assert loader.run("full", columns=columns)[0].rows == 3
    assert loader.run(columns=columns)[1] is None


def test_fields_that_came_or_went_are_said(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.write({**entry("d", MARCH), "extra": "x"})

    commit, _ = loader.run(columns=columns_of(("extra", "Edm.String")))

    assert "Fields came: ['extra']; fields went: ['amount']" in loader.said
    assert commit.kind == "changes"


def test_a_row_without_its_key_publishes_nothing(loader: Loader, busy: Busy) -> None:
    busy.rows["x"] = {**entry("x", MARCH), "id": None}

    with pytest.raises(UnexpectedAnswer, match="entries: a row has no id, which is its key"):
        loader.run()

    assert loader.files() == []


class Unfiltered(Ledger):
    """Serves every row, whatever is asked for."""

    def pages(self, where: str | None) -> Iterator[Page]:
        self.conditions.append(where)
        yield from super().pages(None)

    def count(self, where: str | None) -> int:
        del where
        return super().count(None)


@pytest.mark.parametrize("stamp", ["2026-03-01T11:49:59.999999Z", "0001-01-01T00:00:00Z", None])
def test_rows_that_the_watermark_should_have_left_out_publish_nothing(
    folder: UPath, stamp: str | None
) -> None:
    ledger = Unfiltered(entry("a", MARCH))
    loader = Loader(folder, ledger)
    loader.run()
    ledger.write({**entry("b", MARCH), "lastModifiedDateTime": stamp})

    with pytest.raises(UnexpectedAnswer, match="ignored the filter") as caught:
        loader.run()

    assert "rows older than 2026-03-01T11:50:00+00:00 came back" in str(caught.value)
    assert 'mode="full"' in caught.value.remedy
    assert loader.files() == ["snapshot.parquet"]
    assert loader.run("full")[0].rows == 2


def test_a_row_exactly_as_old_as_asked_for_is_taken(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.write(entry("d", "2026-03-01T11:50:00Z"))

    assert loader.run()[0].rows == 1


def test_a_first_read_takes_rows_without_a_stamp(folder: UPath) -> None:
    row = {**entry("a", MARCH), "lastModifiedDateTime": None}

    commit, _ = Loader(folder, Ledger(row, entry("b", MARCH))).run()

    assert (commit.rows, commit.watermark) == (2, NOON)


def test_fields_that_are_not_sent_are_said_once(loader: Loader, busy: Busy) -> None:
    for row in busy.rows.values():
        del row["amount"]

    loader.run()

    assert loader.said == ["Fields that Business Central does not send are null: ['amount']"]
