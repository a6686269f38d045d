"""The watermark: what is written during a read arrives with the next one, whatever the clocks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.odata.metadata import read_metadata
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.columns import Columns
from tests.sync.ledger import CSDL, ONE, Ledger, entry
from tests.sync.loader import Loader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARCH = "2026-03-01T12:00:00Z"
AT_ONCE = timedelta(0)


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Busy(Ledger):
    """Something happens after each page; a page shows its rows as they are when it is read."""

    between: Callable[[], None] = staticmethod(lambda: None)

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        for page in super().pages(where, link, count=count):
            yield page
            self.between()

    def change(self, key: str) -> None:
        """Change a row now."""
        self.rows[key].update(entry(key, text(self.clock), amount=self.rows[key]["amount"] + 1))


@pytest.fixture
def busy() -> Busy:
    return Busy(*(entry(key, MARCH) for key in "abc"))


@pytest.fixture
def loader(folder: UPath, busy: Busy) -> Loader:
    return Loader(folder, busy)


def an_hour_passes(busy: Busy) -> None:
    """After the first page an hour passes, in which a row of it and a row to come change."""
    busy.page_size = 1

    def between() -> None:
        busy.between = lambda: None
        busy.pass_time(1_200)
        busy.change("a")
        busy.pass_time(2_400)
        busy.change("c")

    busy.between = between


def test_a_row_that_changed_after_its_page_was_read_arrives_with_the_next_run(
    loader: Loader, busy: Busy
) -> None:
    an_hour_passes(busy)
    commit = loader.run().commit
    before = [stamp for key, stamp in loader.stored() if key == "a"]

    loader.run()
    busy.pass_time(61)
    loader.run()

    assert commit.watermark == ONE - timedelta(minutes=1)
    assert commit.latest == ONE + timedelta(hours=1)
    assert before == [MARCH]
    assert loader.live()["a"]["amount"] == 2


def test_the_same_holds_for_a_read_of_changes(loader: Loader, busy: Busy) -> None:
    loader.run()
    an_hour_passes(busy)
    loader.run()
    busy.pass_time(61)
    loader.run()

    assert {key: row["amount"] for key, row in loader.live().items()} == {"a": 2, "b": 1, "c": 2}
    assert len(loader.stored()) == len(set(loader.stored()))


@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abcdef")), max_size=12))
def test_after_a_quiet_run_the_copy_is_the_original_whatever_was_written_during_the_others(
    writes: list[tuple[int, str]],
) -> None:
    busy = Busy(*(entry(key, MARCH) for key in "abcdef"))
    loader = Loader(UPath(f"memory://{uuid.uuid4()}/table"), busy)
    pages = 0

    def between() -> None:
        nonlocal pages
        busy.pass_time(100)
        for at, key in writes:
            if at == pages:
                busy.change(key)
        pages += 1

    busy.between = between
    for _ in range(3):
        loader.run(overlap=AT_ONCE, lag=AT_ONCE)
        busy.pass_time(1)
    busy.between = lambda: None
    loader.run(overlap=AT_ONCE, lag=AT_ONCE)

    copied = {key: float(row["amount"]) for key, row in loader.live().items()}
    assert copied == {key: row["amount"] for key, row in busy.rows.items()}
    loader.folder.parent.fs.rm(loader.folder.parent.path, recursive=True)


def test_what_is_younger_than_the_lag_is_left_for_the_next_run(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.change("b")

    assert not loader.run().changed
    busy.pass_time(60)
    assert not loader.run().changed
    busy.pass_time(0.001)
    assert loader.run().commit.rows == 1


def test_the_watermark_is_not_beyond_what_is_left_for_the_next_run(
    loader: Loader, busy: Busy
) -> None:
    busy.change("b")

    commit = loader.run().commit

    assert (commit.watermark, commit.latest) == (ONE - timedelta(seconds=60), ONE)


def test_the_latest_stamp_and_the_watermark_run_over_all_files(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.rows.clear()
    busy.write(entry("late", "2026-03-01T11:55:00Z"))

    stored = loader.run()
    nothing_new = loader.run()

    assert (stored.commit.sequence, stored.commit.latest) == (2, NOON)
    assert stored.commit.watermark == NOON
    assert (nothing_new.changed, nothing_new.commit.latest) == (False, NOON)


def test_a_table_whose_rows_bear_no_date_is_read_whole_each_time(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", "0001-01-01T00:00:00Z")))

    for sequence in (1, 2):
        commit = loader.run().commit
        assert (commit.sequence, commit.kind, commit.rows) == (sequence, "snapshot", 1)
        assert (commit.watermark, commit.latest) == (None, None)


def test_a_stamp_in_the_future_does_not_end_all_incremental_loads(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", MARCH), entry("b", "9999-01-01T00:00:00Z")))
    commit = loader.run().commit

    assert commit.watermark == ONE - timedelta(seconds=60)
    assert commit.latest == datetime(9999, 1, 1, tzinfo=UTC)
    assert not loader.run().changed


def test_a_row_that_changed_without_a_new_stamp_is_stored_again(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.write(entry("b", MARCH, amount=2))

    assert loader.run().commit.rows == 1
    assert not loader.run().changed


def columns_of(*properties: tuple[str, str]) -> Columns:
    lines = "".join(f'<Property Name="{name}" Type="{kind}"/>' for name, kind in properties)
    metadata = read_metadata(
        CSDL.replace('<Property Name="amount" Type="Edm.Decimal"/>', lines).encode()
    )
    return Columns(metadata, metadata.entity_type_of("entries"))


def test_a_field_whose_type_changed_needs_a_new_place(loader: Loader, busy: Busy) -> None:
    loader.run()
    before = loader.files()
    busy.columns = columns_of(("amount", "Edm.String"))

    with pytest.raises(ConfigurationError, match=r"amount was decimal.* is string now"):
        loader.run()

    assert loader.files() == before


def test_fields_that_came_or_went_are_followed_and_said(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.columns = columns_of(("extra", "Edm.String"))
    busy.write({**entry("d", MARCH), "extra": "x"})

    outcome = loader.run()

    assert "Fields came: extra; went: amount" in loader.said
    assert (outcome.commit.kind, outcome.drift.added) == ("changes", ("extra",))
    assert loader.live()["d"]["extra"] == "x"
    assert loader.live()["d"]["amount"] is None
    assert not loader.run("full").drift.added


def test_a_field_that_became_wider_is_followed(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.columns = Columns(
        metadata := read_metadata(CSDL.replace("Edm.Int32", "Edm.Int64").encode()),
        metadata.entity_type_of("entries"),
    )
    busy.write(entry("d", MARCH, number=2**40))

    assert loader.run().drift.widened == ("number",)
    assert loader.live()["d"]["number"] == 2**40
    assert not loader.run().changed


class Unfiltered(Ledger):
    """Serves every row, whatever is asked for."""

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        del where
        yield from super().pages(None, link, count=count)


@pytest.mark.parametrize("stamp", ["2026-03-01T11:49:59.999999Z", "0001-01-01T00:00:00Z", None])
def test_rows_that_the_watermark_should_have_left_out_publish_nothing(
    folder: UPath, stamp: str | None
) -> None:
    ledger = Unfiltered(entry("a", MARCH))
    loader = Loader(folder, ledger)
    loader.run()
    before = loader.files()
    ledger.write(entry("b", stamp))

    with pytest.raises(UnexpectedAnswer, match="ignored the filter") as caught:
        loader.run()

    assert "rows older than 2026-03-01T11:50:00+00:00 came back" in str(caught.value)
    assert 'mode="full"' in caught.value.remedy
    assert loader.files() == before
    assert loader.run("full").commit.rows == 2


def test_a_row_exactly_as_old_as_asked_for_is_taken(loader: Loader, busy: Busy) -> None:
    loader.run()
    busy.write(entry("d", "2026-03-01T11:50:00Z"))

    assert loader.run().commit.rows == 1


def test_a_first_read_takes_rows_without_a_stamp(folder: UPath) -> None:
    commit = Loader(folder, Ledger(entry("a", None), entry("b", MARCH))).run().commit

    assert (commit.rows, commit.watermark) == (2, NOON)
