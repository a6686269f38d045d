"""A commit whose answer is lost, and one that others are in the way of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from deltalake.exceptions import CommitFailedError, DeltaError
from upath import UPath

from airflow_provider_bc.errors import Conflict
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.delta.delta_staging import DeltaStaging
from airflow_provider_bc.sync.delta.rows import with_deleted_at
from airflow_provider_bc.sync.files.formats import Parquet
from airflow_provider_bc.sync.files.staged_parts import StagedParts
from airflow_provider_bc.sync.stored_rows import StoredRows
from tests.sync.conformance_rows import (
    SCHEMA,
    SOURCE,
    batch,
    commit_of,
    keys_table,
    load,
    plan,
    row,
)
from tests.sync.delta.store import delta_table, opened

NOBODY = keys_table([], ("id",), SCHEMA)


def nothing() -> Iterator[pa.RecordBatch]:
    yield from ()


def commit_by(kind: type[DeltaStaging], folder: Path) -> Commit:
    """Load one row by a staging of our own making."""
    table = delta_table(folder)
    work = plan(table, "changes" if table.last_commit(SOURCE) else "snapshot")
    parts = StagedParts(UPath(folder) / "_waiting", None, Parquet(), with_deleted_at(SCHEMA))
    staging = kind(table, work, SCHEMA, parts, StoredRows(nothing))
    staging.write(batch([row("b")]), None)
    return staging.commit(commit_of(work), NOBODY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table = delta_table(tmp_path)
    load(table, [row("a")], plan(table, "snapshot"))
    return tmp_path


def ids(folder: Path) -> list[str]:
    return sorted(opened(folder).to_pyarrow_table()["id"].to_pylist())


class AnswerIsLost(DeltaStaging):
    def _write(self, *details: Any) -> None:
        super()._write(*details)
        raise OSError("the connection was reset")


class SomebodyIsFaster(DeltaStaging):
    attempts = 0

    def _write(self, *details: Any) -> None:
        self.attempts += 1
        if self.attempts < 3:
            raise CommitFailedError("version 1 exists already")
        super()._write(*details)


class SomebodyIsAlwaysFaster(DeltaStaging):
    def _write(self, *_: Any) -> None:
        raise CommitFailedError("version 1 exists already")


class StoreIsBroken(DeltaStaging):
    def _write(self, *_: Any) -> None:
        raise DeltaError("the bucket is gone")


def test_a_commit_whose_answer_is_lost_is_a_commit(folder: Path) -> None:
    assert commit_by(AnswerIsLost, folder).sequence == 2
    assert ids(folder) == ["a", "b"]


def test_a_commit_is_tried_again_on_top_of_what_others_did(folder: Path) -> None:
    assert commit_by(SomebodyIsFaster, folder).sequence == 2
    assert ids(folder) == ["a", "b"]


def test_a_table_that_others_change_all_the_time_is_a_conflict(folder: Path) -> None:
    with pytest.raises(Conflict, match="Others change it all the time"):
        commit_by(SomebodyIsAlwaysFaster, folder)
    assert ids(folder) == ["a"]


class SomebodyMakesTheTable(DeltaStaging):
    def _write(self, *_: Any) -> None:
        theirs = delta_table(Path(urlsplit(self._table.uri).path))
        load(theirs, [row("theirs")], plan(theirs, "snapshot"))
        raise DeltaError("A table already exists")


def test_a_table_that_somebody_makes_at_the_same_moment_is_a_conflict(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="Another run has committed"):
        commit_by(SomebodyMakesTheTable, tmp_path)
    assert ids(tmp_path) == ["theirs"]


def test_any_other_failure_is_told(folder: Path) -> None:
    with pytest.raises(DeltaError, match="the bucket is gone"):
        commit_by(StoreIsBroken, folder)
    assert ids(folder) == ["a"]
