"""Tables without a stamp or a key are read whole each time, and compared with what is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.sql import SqlTable
from tests.sync.ledger import METADATA, SOURCE, Ledger
from tests.sync.loader import Loader


def stampless(folder: UPath, name: str = "stampless") -> Loader:
    rows = ({"id": key, "amount": 1} for key in "abc")
    return Loader(folder, Ledger(*rows, kind=METADATA.entity_types[name]))


@pytest.mark.parametrize("name", ["stampless", "keyless", "attachment", "documentAttachment"])
def test_without_a_key_or_a_stamp_that_tells_of_changes_all_is_read_and_compared(
    folder: UPath, name: str
) -> None:
    loader = stampless(folder, name)

    first = loader.run().commit
    unchanged = loader.run()
    loader.ledger.write({"id": "d", "amount": 1})
    changed = loader.run()

    assert (first.kind, first.rows) == ("snapshot", 3)
    assert first.content is not None
    assert (unchanged.changed, unchanged.commit.sequence) == (False, 1)
    assert (changed.changed, changed.commit.sequence, changed.commit.rows) == (True, 2, 4)
    assert loader.kinds() == ["snapshot"]
    assert loader.ledger.conditions == [None] * 3


def test_a_table_without_a_stamp_is_compared_value_for_value(folder: UPath) -> None:
    loader = stampless(folder)
    loader.run()
    loader.ledger.rows["b"]["amount"] = 2

    assert loader.run().changed
    assert loader.live()["b"]["amount"] == 2
    del loader.ledger.rows["b"]
    assert loader.run().commit.deleted == 1
    assert set(loader.live()) == {"a", "c"}
    assert not loader.run().changed


@pytest.mark.parametrize("name", ["stampless", "keyless"])
def test_a_full_load_repairs_a_table_whatever_it_lacks(folder: UPath, name: str) -> None:
    loader = stampless(folder, name)
    first = loader.run().commit
    (lost,) = loader.counted()
    (folder / lost).unlink()

    with pytest.raises(ConfigurationError, match='load once with mode="full"'):
        loader.run()
    outcome = loader.run("full")

    assert (outcome.changed, outcome.commit.sequence, outcome.commit.rows) == (True, 2, 3)
    assert outcome.commit.content == first.content
    assert set(loader.live()) == set("abc")
    assert not loader.run().changed


@pytest.mark.parametrize("lost", ["1 = 1", "id = 'b'"])
def test_rows_without_a_stamp_that_somebody_removed_come_back(tmp_path: Path, lost: str) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'bc.sqlite'}")
    loader = stampless(UPath(tmp_path))
    table = SqlTable(engine, "entries", SOURCE.company_id)
    loader.run(table=table)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM entries WHERE {lost}")

    assert loader.run(table=table).changed

    with engine.begin() as connection:
        found = connection.exec_driver_sql("SELECT id FROM entries ORDER BY id").scalars().all()
    assert list(found) == ["a", "b", "c"]
    assert not loader.run(table=table).changed
    engine.dispose()


def test_a_table_without_a_stamp_may_come_in_another_order(folder: UPath) -> None:
    loader = stampless(folder)
    loader.run()
    loader.ledger.page_size = 100

    assert not loader.run().changed
