"""Rows of a Delta table, read some files at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

from airflow_provider_bc.sync.delta.rows import gone_rows, is_there, scan, with_deleted_at
from tests.sync.conformance_rows import SCHEMA, keys_table, load, plan, row
from tests.sync.delta.store import delta_table, opened


@pytest.fixture
def table(tmp_path: Path) -> DeltaTable:
    """A table of two files."""
    ours = delta_table(tmp_path, merge_up_to=0)
    load(ours, [row("a"), row("b")], plan(ours, "snapshot"))
    load(ours, [row("c")])
    assert len(opened(tmp_path).file_uris()) == 2
    return opened(tmp_path)


def test_files_without_a_wanted_row_give_none(table: DeltaTable) -> None:
    found = pa.Table.from_batches(scan(table, ["id"], is_there() & (pc.field("id") == "c")))

    assert found["id"].to_pylist() == ["c"]


def test_rows_that_are_gone_are_found_in_the_files_that_hold_them(table: DeltaTable) -> None:
    gone = keys_table([{"id": "c"}], ("id",), SCHEMA)
    at = datetime(2026, 3, 2, tzinfo=UTC)

    batches = list(gone_rows(table, with_deleted_at(SCHEMA), ("id",), gone, at))

    rows = pa.Table.from_batches(batches).to_pylist()
    assert [(one["id"], one["_deleted_at"]) for one in rows] == [("c", at)]
