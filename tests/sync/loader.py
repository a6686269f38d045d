"""Loads a ledger into a folder, as often as a test likes, and looks at what is there."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
from upath import UPath

from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Commit, Mode
from airflow_provider_bc.sync.load import load
from airflow_provider_bc.sync.parquet_table import ParquetTable
from airflow_provider_bc.sync.plan import plan_load
from airflow_provider_bc.sync.progress import Progress
from tests.peer import HandClock
from tests.sync.ledger import COLUMNS, ENTRY, SOURCE, Ledger


class Loader:
    """A folder and the ledger that is loaded into it; a read takes the time of its clock."""

    def __init__(self, folder: UPath, ledger: Ledger) -> None:
        self.folder = folder
        self.table = ParquetTable(folder)
        self.ledger = ledger
        self.clock = HandClock()
        self.said: list[str] = []

    def run(
        self, mode: Mode = "incremental", columns: Columns = COLUMNS, **options: Any
    ) -> tuple[Commit, str | None]:
        plan = plan_load(mode, ENTRY, SOURCE, self.table, **options)
        self.progress = Progress(self.said.append, every=1e9, clock=self.clock)
        return load(self.ledger, columns, self.table, plan, self.progress)

    def stored(self) -> list[tuple[str, str]]:
        """Give id and stamp of every stored row, file by file."""
        rows: list[tuple[str, str]] = []
        changes = [name for name in self.files() if name.startswith("changes-")]
        for name in ["snapshot.parquet", *changes]:
            path = self.folder / name
            with path.fs.open(path.path, "rb") as file:
                rows += [
                    (row["id"], row["lastModifiedDateTime"].isoformat().replace("+00:00", "Z"))
                    for row in pq.read_table(file).to_pylist()
                ]
        return rows

    def files(self) -> list[str]:
        if not self.folder.exists():
            return []
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())
