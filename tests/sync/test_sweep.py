from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.errors import TooManyDeleted
from airflow_provider_bc.sync.sweep import Keys, key_texts, old_enough
from tests.sync.ledger import METADATA, ONE, Ledger, entry
from tests.sync.loader import Loader

LONG_AGO = "2020-01-01T00:00:00Z"
MARCH = "2026-03-01T12:00:00Z"
NOW = timedelta(0)


def ledger_of(count: int) -> Ledger:
    return Ledger(*(entry(f"{number:03}", MARCH) for number in range(count)))


@pytest.fixture
def loader(folder: UPath) -> Loader:
    loader = Loader(folder, ledger_of(10))
    loader.run()
    return loader


def test_what_is_gone_is_found_by_comparing_keys(loader: Loader) -> None:
    del loader.ledger.rows["003"]
    assert not loader.run().changed

    commit = loader.run(sweep_every=NOW).commit

    assert (commit.kind, commit.rows, commit.deleted) == ("changes", 0, 1)
    assert set(loader.live()) == set(loader.ledger.rows)
    assert loader.run(sweep_every=NOW).commit.deleted == 0


def test_a_sweep_is_noted_even_when_it_finds_nothing(loader: Loader) -> None:
    loader.ledger.pass_time(3_600)

    outcome = loader.run(sweep_every=timedelta(hours=1))

    assert (outcome.changed, outcome.commit.rows) == (True, 0)
    assert outcome.commit.swept_at == ONE + timedelta(hours=1)
    assert not loader.run(sweep_every=timedelta(hours=1)).changed


@pytest.mark.parametrize("stamp", ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", None])
def test_rows_that_no_stamp_leads_to_are_found_and_read(loader: Loader, stamp: str | None) -> None:
    loader.ledger.write(entry("late", stamp, amount=7))

    outcome = loader.run(sweep_every=NOW)

    assert (outcome.commit.rows, outcome.found) == (1, 1)
    assert loader.live()["late"]["amount"] == 7
    assert "1 rows were found that no stamp led to" in loader.said
    assert loader.run(sweep_every=NOW).found == 0


def test_young_rows_are_left_alone(loader: Loader) -> None:
    loader.ledger.write(entry("young", "2026-03-01T12:59:30Z"))

    assert loader.run(sweep_every=NOW).found == 0
    loader.ledger.pass_time(60)
    outcome = loader.run(sweep_every=NOW)

    assert (outcome.commit.rows, outcome.found) == (1, 0)


def test_a_stamp_far_in_the_future_is_no_sign_of_youth(loader: Loader) -> None:
    loader.ledger.write(entry("future", "2031-01-01T00:00:00Z"))

    assert loader.run(sweep_every=NOW).found == 1


def test_a_row_that_went_and_came_back_is_there(loader: Loader) -> None:
    row = loader.ledger.rows.pop("003")
    loader.run(sweep_every=NOW, deletes="soft")
    assert "003" not in loader.live()
    loader.ledger.write({**row, "lastModifiedDateTime": "2026-01-01T00:00:00Z"})

    assert loader.run(sweep_every=NOW, deletes="soft").found == 1
    assert "003" in loader.live()


@pytest.mark.parametrize(("gone", "most", "many"), [(20, 0.1, False), (21, 0.1, True)])
@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_suspiciously_many_change_nothing(
    folder: UPath, gone: int, most: float, mode: Any, *, many: bool
) -> None:
    loader = Loader(folder, ledger_of(100))
    loader.run()
    before = loader.files()
    for number in range(gone):
        del loader.ledger.rows[f"{number:03}"]

    if many:
        with pytest.raises(TooManyDeleted, match=f"{gone} of 100 .* more than the 10%") as caught:
            loader.run(mode, sweep_every=NOW, most_deleted=most)
        assert "most_deleted" in caught.value.remedy
        assert loader.files() == before
    else:
        assert loader.run(mode, sweep_every=NOW, most_deleted=most).commit.deleted == gone


def test_none_may_go_where_that_is_wanted(loader: Loader) -> None:
    del loader.ledger.rows["003"]

    with pytest.raises(TooManyDeleted, match="1 of 10 stored rows"):
        loader.run(sweep_every=NOW, most_deleted=0)

    assert loader.run(sweep_every=NOW, most_deleted=0.01).commit.deleted == 1


def test_as_many_as_allowed_may_go(folder: UPath) -> None:
    loader = Loader(folder, ledger_of(100))
    loader.run()
    loader.ledger.rows.clear()

    assert loader.run(sweep_every=NOW, most_deleted=1).commit.deleted == 100
    assert loader.live() == {}


def test_the_condition_of_the_caller_decides_which_rows_there_are(folder: UPath) -> None:
    loader = Loader(folder, Ledger(entry("a", MARCH, number=1), entry("b", MARCH, number=2)))
    where = "number lt 2"
    loader.run(where=where)
    loader.ledger.rows["a"] |= {"number": 3}

    assert loader.run(where=where, sweep_every=NOW).commit.deleted == 1
    assert loader.live() == {}


def test_what_is_kept_of_a_row_that_is_gone_says_when(loader: Loader) -> None:
    del loader.ledger.rows["003"]
    loader.run(sweep_every=NOW, deletes="soft")
    commit = loader.run("full", deletes="soft").commit

    (gone,) = (row for row in loader.versions() if row["_deleted_at"])
    assert commit.deleted == 0
    assert (gone["id"], gone["amount"]) == ("003", 1)
    assert gone["_deleted_at"] > datetime(2026, 1, 1, tzinfo=UTC)


def test_a_row_that_vanishes_before_it_is_fetched_is_not_missed(
    loader: Loader,
) -> None:
    class Vanishing(Ledger):
        def by_key(self, keys: Any, where: str | None) -> Iterator[pa.RecordBatch]:
            self.rows.pop("late", None)
            return super().by_key(keys, where)

    loader.ledger = Vanishing(*loader.ledger.rows.values(), entry("late", LONG_AGO))

    assert loader.run(sweep_every=NOW).found == 0


def test_a_row_that_is_deleted_after_it_was_read_goes_with_the_next_comparison(
    loader: Loader,
) -> None:
    class Late(Ledger):
        def keys(self, where: str | None) -> Iterator[pa.RecordBatch]:
            self.rows.pop("new", None)
            return super().keys(where)

    loader.ledger = Late(*loader.ledger.rows.values(), entry("new", "2026-03-01T12:30:00Z"))
    assert loader.run(sweep_every=NOW).commit.rows == 1

    assert loader.run(sweep_every=NOW).commit.deleted == 1


def test_keys_of_several_columns_are_compared_together(folder: UPath) -> None:
    rows = [
        {"id": key, "number": number, "lastModifiedDateTime": MARCH}
        for key in ("a", "a1", "b")
        for number in (1, 11)
    ]
    ledger = Ledger(*rows, kind=METADATA.entity_types["line"])
    loader = Loader(folder, ledger)
    loader.run()
    del ledger.rows["a/11"], ledger.rows["b/1"]
    ledger.write({"id": "a", "number": 12, "lastModifiedDateTime": LONG_AGO})

    outcome = loader.run(sweep_every=NOW)

    assert (outcome.found, outcome.commit.rows, outcome.commit.deleted) == (1, 1, 2)
    keys = sorted(
        (row["id"], row["number"])
        for batch in loader.table.live_keys(("id", "number"))
        for row in batch.to_pylist()
    )
    assert keys == [("a", 1), ("a", 12), ("a1", 1), ("a1", 11), ("b", 11)]
    del ledger.rows["a1/11"]
    assert loader.run("full").commit.deleted == 1


def test_a_change_that_was_committed_very_late_is_found_by_its_stamp(loader: Loader) -> None:
    loader.ledger.write(entry("003", "2026-02-01T12:00:00Z", amount=7))
    assert not loader.run().changed

    outcome = loader.run(sweep_every=NOW)

    assert (outcome.commit.rows, outcome.commit.deleted) == (1, 0)
    assert loader.live()["003"]["amount"] == 7
    assert loader.run(sweep_every=NOW).commit.rows == 0


def test_what_only_seems_to_be_gone_is_asked_for_again(loader: Loader) -> None:
    class Overlooking(Ledger):
        def keys(self, where: str | None) -> Iterator[pa.RecordBatch]:
            return (batch for batch in super().keys(where) if batch["id"][0].as_py() != "003")

    loader.ledger = Overlooking(*loader.ledger.rows.values())

    assert loader.run(sweep_every=NOW).commit.deleted == 0
    assert "003" in loader.live()


@pytest.mark.parametrize("rows", [2, 5])
def test_a_table_that_is_suddenly_empty_is_suspicious_however_small(
    folder: UPath, rows: int
) -> None:
    loader = Loader(folder, ledger_of(rows))
    loader.run()
    loader.ledger.rows.clear()

    with pytest.raises(TooManyDeleted, match=f"{rows} of {rows} stored rows"):
        loader.run(sweep_every=NOW)


def test_the_only_row_may_go(folder: UPath) -> None:
    loader = Loader(folder, ledger_of(1))
    loader.run()
    loader.ledger.rows.clear()

    assert loader.run(sweep_every=NOW).commit.deleted == 1


def test_without_a_stamp_no_row_is_too_young(loader: Loader) -> None:
    plan = replace(loader.plan(), stamp=None)
    batch = pa.RecordBatch.from_pylist([{"id": "a"}])

    assert list(old_enough([batch], plan, ONE)) == [batch]


def test_a_key_is_one_text_wherever_it_comes_from() -> None:
    batch = pa.RecordBatch.from_pylist([{"id": "a", "number": 1}])
    table = pa.Table.from_batches([batch, batch])

    assert key_texts(batch, ["id"]).to_pylist() == ["a"]
    assert key_texts(batch, ["id", "number"]).to_pylist() == ["a\x1f1"]
    assert key_texts(table, ["id", "number"]).to_pylist() == ["a\x1f1"] * 2


ROWS = st.lists(st.tuples(st.text(max_size=3), st.integers(-9, 9)), max_size=8)


def keys(rows: list[tuple[str, int]]) -> Keys:
    batch = pa.RecordBatch.from_pydict(
        {"code": [code for code, _ in rows], "no": [number for _, number in rows]},
        pa.schema([("code", pa.string()), ("no", pa.int32())]),
    )
    return Keys.of([batch], ("code", "no"))


@given(ROWS, ROWS, ROWS)
def test_the_difference_of_keys_is_that_of_sets(
    mine: list[tuple[str, int]], first: list[tuple[str, int]], second: list[tuple[str, int]]
) -> None:
    left = keys(mine).without(keys(first), keys(second))

    found = [(row["code"], row["no"]) for row in left.table.to_pylist()]
    assert found == [row for row in mine if row not in {*first, *second}]
    assert len(left) == len(found)


def test_no_keys_at_all() -> None:
    nothing = Keys.of([], ("code", "no"))

    assert (len(nothing), nothing.table.column_names) == (0, ["code", "no"])
    assert len(keys([("a", 1)]).without(nothing)) == 1
    assert len(nothing.without(keys([("a", 1)]))) == 0
