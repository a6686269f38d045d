"""A Delta table in a folder, and what a test wants to know of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from upath import UPath

from airflow_provider_bc.sync.delta.delta_table import IN_PROGRESS, DeltaLakeTable


def delta_table(folder: Path, **options: Any) -> DeltaLakeTable:
    """Give the table as another process would see it."""
    return DeltaLakeTable(UPath(folder), folder.as_uri(), **options)


def opened(folder: Path) -> DeltaTable:
    return DeltaTable(folder.as_uri())


def queried(folder: Path, sql: str) -> list[dict[str, Any]]:
    """Ask DuckDB, which knows the table as ``t``."""
    with duckdb.connect() as connection:
        connection.execute("SET timezone = 'UTC'")
        connection.register("t", opened(folder).to_pyarrow_dataset())
        answer: pa.Table = connection.sql(sql).to_arrow_table()
    rows: list[dict[str, Any]] = answer.to_pylist()
    return rows


class DeltaFolder:
    """A folder of Delta tables, one for each company; a `Store` of the conformance suite."""

    durable_after = 4_000

    def __init__(self, folder: Path, **options: Any) -> None:
        self._folder = folder
        self._options = options

    def open(self, company_id: str = "company") -> DeltaLakeTable:
        return delta_table(self._folder / company_id, **self._options)

    def rows(self, company_id: str = "company") -> list[dict[str, Any]]:
        return self._read(company_id, gone=False)

    def deleted(self, company_id: str = "company") -> list[dict[str, Any]]:
        return self._read(company_id, gone=True)

    def leftovers(self) -> list[str]:
        return [str(path) for path in self._folder.glob(f"*/{IN_PROGRESS}/*")]

    def _read(self, company_id: str, *, gone: bool) -> list[dict[str, Any]]:
        rows = opened(self._folder / company_id).to_pyarrow_table().to_pylist()
        return [row for row in rows if (row.pop("_deleted_at") is not None) == gone]
