"""Loads a ledger into a folder, as often as a test likes, and looks at what is there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
from upath import UPath

from airflow_provider_bc.sync.commit import Mode, Source
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.files.file_table import FileTable
from airflow_provider_bc.sync.files.formats import file_format
from airflow_provider_bc.sync.load import Outcome, load
from airflow_provider_bc.sync.plan import Plan, plan_load
from airflow_provider_bc.sync.policy import Policy
from airflow_provider_bc.sync.progress import Progress
from tests.peer import HandClock
from tests.sync.ledger import SOURCE, Ledger

NEVER = timedelta(days=10_000)


class Loader:
    """A folder and the ledger that is loaded into it.

    :param folder: of the table.
    :param ledger: to be loaded.
    :param options: of the table.
    """

    def __init__(self, folder: UPath, ledger: Ledger, **options: Any) -> None:
        self.folder = folder
        self.ledger = ledger
        self.options = options
        self.clock = HandClock()
        self.said: list[str] = []

    @property
    def table(self) -> FileTable:
        """The table as another process would see it."""
        return FileTable(self.folder, file_format("parquet"), **self.options)

    def plan(
        self,
        mode: Mode = "incremental",
        where: str | None = None,
        resume_key: str | None = None,
        source: Source = SOURCE,
        table: Destination | None = None,
        **policy: Any,
    ) -> Plan:
        return plan_load(
            mode,
            self.ledger.identity,
            source,
            table or self.table,
            self.ledger.now(),
            policy=Policy(**{"sweep_every": NEVER, **policy}),
            where=where,
            resume_key=resume_key,
        )

    def run(
        self, mode: Mode = "incremental", table: Destination | None = None, **options: Any
    ) -> Outcome:
        table = table or self.table
        plan = self.plan(mode, table=table, **options)
        self.progress = Progress(self.said.append, every=1e9, clock=self.clock)
        return load(self.ledger, table, plan, self.progress)

    def stored(self) -> list[tuple[str, str | None]]:
        """Give id and stamp of every stored version, file by file; tombstones aside."""
        return [
            (row["id"], written(row.get("lastModifiedDateTime")))
            for row in self.versions()
            if row["_deleted_at"] is None
        ]

    def versions(self) -> list[dict[str, Any]]:
        """Give every row of every file that counts, the oldest file first."""
        rows: list[dict[str, Any]] = []
        for name in self.counted():
            path = self.folder / name
            with path.fs.open(path.path, "rb") as file:
                rows += pq.read_table(file).to_pylist()
        return rows

    def live(self) -> dict[str, dict[str, Any]]:
        """Give the newest version of every row that is there."""
        newest = {row["id"]: row for row in self.versions()}
        return {key: row for key, row in newest.items() if row["_deleted_at"] is None}

    def counted(self) -> list[str]:
        """Name the files of the newest manifest."""
        commits = self.folder / "_commits"
        if not commits.exists():
            return []
        newest = max(path.name for path in commits.iterdir())
        return [one["name"] for one in json.loads((commits / newest).read_bytes())["files"]]

    def kinds(self) -> list[str]:
        """Say of every file that is there, manifests aside, what kind it is."""
        return [name.partition("-")[0] for name in self.files() if not name.endswith(".json")]

    def files(self) -> list[str]:
        if not self.folder.exists():
            return []
        return sorted(
            str(path).rpartition("/")[2] for path in self.folder.fs.find(self.folder.path)
        )


def written(stamp: datetime | None) -> str | None:
    return stamp.astimezone(UTC).isoformat().replace("+00:00", "Z") if stamp else None
