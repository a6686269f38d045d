"""Every kind of place to copy to: how to open it, and how to read it by a reader that is not ours.

A test that takes ``kind`` from `DESTINATIONS` holds for each of them; a script in another process
opens the same place by its kind and its URL.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from upath import UPath

from airflow_provider_bc.sync.files.formats import Compression, FormatName, file_format
from airflow_provider_bc.transfers.entity_set_load import Store
from airflow_provider_bc.transfers.file_store import FileStore
from tests.delta_place import DeltaPlace
from tests.sql_place import SqlPlace, sql_url

Rows = list[dict[str, Any]]
_TECHNICAL = ("_commit", "_deleted_at")


class Place(Protocol):
    """Somewhere to copy to.

    :ivar kind: its name in `DESTINATIONS`.
    :ivar url: what opens it again, in another process too.
    """

    kind: str
    url: str

    def store(self, **options: Any) -> Store:
        """Open it as production does."""
        ...

    def rows(self, entity_set: str) -> Rows | None:
        """Read every live row, ordered by id; None where no table was ever committed."""
        ...

    def gone(self, entity_set: str) -> Rows:
        """Read the id and ``_deleted_at`` of every row that is kept though it is gone."""
        ...

    def traces(self) -> list[str]:
        """Name what is there beside committed rows: what dead loads left."""
        ...

    def close(self) -> None:
        """Close what was opened."""
        ...


class Files:
    """A folder of tables as files, read by DuckDB along the newest manifest.

    :param kind: e.g. ``parquet``, or ``csv-gzip``.
    :param url: the folder of all tables.
    """

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url
        name, _, compression = kind.partition("-")
        self._format: FormatName = name  # type: ignore[assignment]
        self._compression: Compression = compression or "zstd"  # type: ignore[assignment]

    @property
    def root(self) -> UPath:
        return UPath(self.url)

    def close(self) -> None:
        """Nothing is open."""

    def store(self, **options: Any) -> FileStore:
        kind = file_format(self._format, self._compression)
        return FileStore(self.root, kind, **options)

    def rows(self, entity_set: str) -> Rows | None:
        columns = "* EXCLUDE (_commit, _deleted_at)"
        found = self.select(entity_set, columns, "_deleted_at IS NULL")
        return None if found is None else sorted(found, key=lambda row: str(row["id"]))

    def gone(self, entity_set: str) -> Rows:
        return self.select(entity_set, "id, _deleted_at", "_deleted_at IS NOT NULL") or []

    def versions(self, entity_set: str) -> Rows:
        """Read every version of every row that stands in a file that counts."""
        return self.select(entity_set, "*", newest_only=False) or []

    def select(
        self, entity_set: str, columns: str, where: str = "true", *, newest_only: bool = True
    ) -> Rows | None:
        """Query a table as its manifest says: the version with the highest ``_commit`` counts."""
        manifest = self.manifest(entity_set)
        if manifest is None:
            return None
        folder = self.folder(entity_set)
        assert folder is not None
        newest = "QUALIFY row_number() OVER (PARTITION BY id ORDER BY _commit DESC) = 1"
        with brought(self._format, folder, manifest) as (files, kinds):
            there = scan(self._format, files, kinds)
            inner = f"SELECT * FROM {there} {newest if newest_only else ''}"
            return query(f"SELECT {columns} FROM ({inner}) WHERE {where}")

    def manifest(self, entity_set: str) -> dict[str, Any] | None:
        """Read the newest manifest of a table, None where there is none."""
        folder = self.folder(entity_set)
        if folder is None:
            return None
        newest = max((path.name for path in (folder / "_commits").glob("*.json")), default=None)
        if newest is None:
            return None
        manifest: dict[str, Any] = json.loads((folder / "_commits" / newest).read_bytes())
        return manifest

    def folder(self, entity_set: str) -> UPath | None:
        """Find the folder of a table that has a commit."""
        root = self.root
        root.fs.invalidate_cache()
        found = [
            path.parent.parent
            for path in root.glob("**/_commits/*.json")
            if path.parent.parent.name == entity_set
        ]
        assert len(set(found)) <= 1, f"{entity_set} stands in several folders"
        return found[0] if found else None

    def published(self) -> list[str]:
        """Name every file of rows that a reader can see, and any that was left half-written."""
        return sorted(name for name in self.names() if not name.endswith(".json"))

    def traces(self) -> list[str]:
        counted: set[str] = set()
        for path in self.root.glob("**/_commits/*.json"):
            counted |= {one["name"] for one in json.loads(path.read_bytes())["files"]}
        return sorted(name for name in self.published() if name not in counted)

    def names(self) -> list[str]:
        """Name every file below the root."""
        root = self.root
        root.fs.invalidate_cache()
        found = root.fs.find(root.path) if root.exists() else []
        return [str(path).rpartition("/")[2] for path in found]


def scan(name: FormatName, files: list[str], kinds: dict[str, str]) -> str:
    """Say to DuckDB how to read files with all their columns.

    :param name: of the format.
    :param files: on this machine.
    :param kinds: the type of each column.
    """
    if not files:
        nothing = ", ".join(f'NULL::{kind} AS "{column}"' for column, kind in kinds.items())
        return f"(SELECT {nothing} WHERE false)"
    if name == "parquet":
        return f"read_parquet({files}, union_by_name = true)"
    columns = ", ".join(f"'{column}': '{kind}'" for column, kind in kinds.items())
    if name == "jsonl":
        return f"read_json({files}, format = 'nd', columns = {{{columns}}})"
    return (  # of one thread, for values may hold line breaks
        f"read_csv({files}, header = true, union_by_name = true, types = {{{columns}}}, "
        "nullstr = '', allow_quoted_nulls = false, parallel = false)"
    )


@contextmanager
def brought(
    name: FormatName, folder: UPath, manifest: dict[str, Any]
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Bring the files of a manifest to this machine, and give the types of their columns."""
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(manifest["arrow_schema"])))
    kinds = {field.name: sql_type(field.type) for field in schema}
    kinds |= {"_commit": "BIGINT", "_deleted_at": "TIMESTAMPTZ"}
    with tempfile.TemporaryDirectory() as home:
        files = []
        for one in manifest["files"]:
            here = Path(home, one["name"].removesuffix(".zst") if name == "jsonl" else one["name"])
            content = (folder / one["name"]).read_bytes()
            here.write_bytes(quoted(content) if name == "jsonl" else content)
            files.append(str(here))
        yield files, kinds


def query(text: str) -> Rows:
    """Ask DuckDB, in UTC."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows: Rows = connection.sql(text).to_arrow_table().to_pylist()
        return rows


def quoted(lines: bytes) -> bytes:
    """Write numbers with a fraction as texts: DuckDB would read them as floats on their way."""
    packed = {b"\x28\xb5": "zstd", b"\x1f\x8b": "gzip"}.get(lines[:2])
    if packed:
        lines = pa.CompressedInputStream(pa.BufferReader(lines), packed).read()
    rows = [json.loads(line, parse_float=str) for line in lines.splitlines()]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def sql_type(kind: pa.DataType) -> str:
    """Name a type of Arrow as DuckDB does."""
    if pa.types.is_struct(kind):
        fields = [f'"{one.name}" {sql_type(one.type)}' for one in kind]
        return f"STRUCT({', '.join(fields)})"
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _SQL_TYPES[kind]


_SQL_TYPES = {
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
}

DESTINATIONS: dict[str, Callable[[str, str], Place]] = {
    "parquet": Files,
    "jsonl": Files,
    "csv": Files,
    "delta": DeltaPlace,
    "postgresql": SqlPlace,
    "mariadb": SqlPlace,
    "sqlite": SqlPlace,
    "duckdb": SqlPlace,
}
"""How to open each kind of place: its name and its URL."""


def place(kind: str, folder: Path) -> Place:
    """Make a place of a kind; whatever it needs is kept in a folder.

    :param kind: a name of `DESTINATIONS`.
    :param folder: on this machine.
    """
    is_sql = DESTINATIONS[kind] is SqlPlace
    return DESTINATIONS[kind](kind, sql_url(kind, folder) if is_sql else str(folder))
