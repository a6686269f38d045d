"""A folder of files as a store of the conformance suite, and what a reader finds in it."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from upath import UPath

from airflow_provider_bc.sync.files.file_table import IN_PROGRESS, FileTable
from airflow_provider_bc.sync.files.formats import FormatName, file_format
from tests.destinations import brought, query, scan
from tests.sync.conformance_rows import COMPANY, Row

KEYS = (("id",), ("order", "No", "day"))


class Folder:
    """A table of files for each company; read by DuckDB, merged by hand.

    :param root: of any store.
    :param name: of the format.
    :param options: of the tables.
    """

    durable_after = 4_000

    def __init__(self, root: UPath, name: FormatName, **options: Any) -> None:
        self.root = root
        self.name = name
        self.options = options

    def folder(self, company_id: str = COMPANY) -> UPath:
        return self.root / company_id

    def open(self, company_id: str = COMPANY) -> FileTable:
        return FileTable(self.folder(company_id), file_format(self.name), **self.options)

    def rows(self, company_id: str = COMPANY) -> list[Row]:
        return [plain(row) for row in self._newest(company_id) if row["_deleted_at"] is None]

    def deleted(self, company_id: str = COMPANY) -> list[Row]:
        return [plain(row) for row in self._newest(company_id) if row["_deleted_at"] is not None]

    def leftovers(self) -> list[str]:
        found = self.root.fs.find(str(self.folder().path)) if self.folder().exists() else []
        manifest = self.manifest(COMPANY)
        known = {one["name"] for one in manifest["files"]} if manifest else set()
        names = [str(path).rpartition("/")[2] for path in found if "/_commits/" not in str(path)]
        return sorted(name for name in names if name not in known)

    def in_progress(self, company_id: str = COMPANY) -> list[str]:
        place = self.folder(company_id) / IN_PROGRESS
        found = place.fs.find(place.path) if place.exists() else []
        return sorted(str(path).rpartition("/")[2] for path in found)

    def manifest(self, company_id: str) -> dict[str, Any] | None:
        commits = self.folder(company_id) / "_commits"
        if not commits.exists():
            return None
        newest = max(path.name for path in commits.iterdir())
        manifest: dict[str, Any] = json.loads((commits / newest).read_bytes())
        return manifest

    def _newest(self, company_id: str) -> list[Row]:
        manifest = self.manifest(company_id)
        if manifest is None:
            return []
        rows: dict[tuple[Any, ...], list[Row]] = {}
        with brought(self.name, self.folder(company_id), manifest) as (files, kinds):
            for one, file in zip(manifest["files"], files, strict=True):
                found = query(f"SELECT * FROM {scan(self.name, [file], kinds)}")
                for row in found:
                    same = rows.setdefault(key_of(row), [])
                    if one["kind"] == "changes":
                        same[:] = [buried(same, row)]
                    else:
                        same.append(row)
        return [dict.fromkeys(kinds) | row for same in rows.values() for row in same]


def key_of(row: Row) -> tuple[Any, ...]:
    names = next(names for names in KEYS if set(names) <= row.keys())
    return tuple(row[name] for name in names)


def buried(same: list[Row], row: Row) -> Row:
    """Let a tombstone keep the last values of its row."""
    if same and row["_deleted_at"] is not None:
        return same[-1] | {"_deleted_at": row["_deleted_at"]}
    return row


def plain(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("_commit", "_deleted_at")}


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; the system says "File too large"."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
