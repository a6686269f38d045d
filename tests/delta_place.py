"""A folder of Delta tables as a place to copy to, read by delta-rs as anybody would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from airflow_provider_bc.transfers.entity_set_load import Store

Rows = list[dict[str, Any]]


class DeltaPlace:
    """Delta tables below a folder.

    :param kind: ``delta``.
    :param url: the folder of all tables.
    """

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url

    def store(self, *, part_bytes: int = 2**24, **_: Any) -> Store:
        # Airflow reads its settings on import, and tests have not chosen them yet
        from airflow.sdk import ObjectStoragePath  # noqa: PLC0415

        from airflow_provider_bc.transfers.delta_store import DeltaStore  # noqa: PLC0415

        return DeltaStore(ObjectStoragePath(Path(self.url).as_uri()), part_bytes=part_bytes)

    def rows(self, entity_set: str) -> Rows | None:
        found = self._read(entity_set)
        if found is None:
            return None
        there = [row for row in found if row.pop("_deleted_at") is None]
        return sorted(there, key=lambda row: str(row["id"]))

    def gone(self, entity_set: str) -> Rows:
        return [
            {name: row[name] for name in ("id", "_deleted_at")}
            for row in self._read(entity_set) or []
            if row["_deleted_at"] is not None
        ]

    def traces(self) -> list[str]:
        staged = Path(self.url).glob("*/*/*/_bc_inprogress/*")
        return sorted(str(path) for path in staged)

    def close(self) -> None:
        """Nothing is left open."""

    def _read(self, entity_set: str) -> Rows | None:
        found = list(Path(self.url).glob(f"*/*/{entity_set}"))
        if not found or not DeltaTable.is_deltatable(found[0].as_uri()):
            return None
        rows: Rows = DeltaTable(found[0].as_uri()).to_pyarrow_table().to_pylist()
        return rows
