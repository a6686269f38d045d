"""Rows on their way into a table of files, and the commit that publishes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import Conflict
from airflow_provider_bc.sync.commit import DELETED_AT, Commit, Kind
from airflow_provider_bc.sync.files.formats import format_of
from airflow_provider_bc.sync.files.manifest import DataFile
from airflow_provider_bc.sync.files.path import files_of_one_run, move, remove
from airflow_provider_bc.sync.files.staged_parts import StagedParts
from airflow_provider_bc.sync.files.staged_twice import KeyHashes, older_versions
from airflow_provider_bc.sync.files.versions import newest_versions
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.stored_rows import StoredRows
from airflow_provider_bc.sync.sweep import key_texts

if TYPE_CHECKING:
    from airflow_provider_bc.sync.files.file_table import FileTable

COMMIT = "_commit"
_TECHNICAL = (pa.field(COMMIT, pa.int64()), pa.field(DELETED_AT, pa.timestamp("us", tz="UTC")))


def with_technical(schema: pa.Schema) -> pa.Schema:
    """Add the technical columns to those of the rows.

    :param schema: of the rows.
    """
    return pa.schema([*schema, *_TECHNICAL])


class FileStaging:
    """The rows of one load; a `Staging`.

    :param table: where they go.
    :param plan: of the load.
    :param schema: of the rows.
    :param parts: where they wait.
    :param stored: the rows of the overlap that are stored already.
    """

    def __init__(
        self,
        table: FileTable,
        plan: Plan,
        schema: pa.Schema,
        parts: StagedParts,
        stored: StoredRows,
    ) -> None:
        self._table = table
        self._plan = plan
        self._schema = schema
        self._parts = parts
        self._opened = [parts]
        self._earlier = tuple(parts.parts)
        self._stored = stored
        self._hashes = KeyHashes(plan.key)
        self._committed = False

    @property
    def position(self) -> bytes | None:
        """What an earlier attempt gave; see `Staging`."""
        return self._parts.position

    @property
    def rows(self) -> int:
        """How many rows are staged."""
        return self._parts.rows

    def write(self, batch: pa.RecordBatch, position: bytes | None) -> None:
        """Add rows, but not those that are stored already; see `Staging`."""
        fresh = self._stored.without(batch)
        if self._plan.key:
            self._hashes.add(fresh)
        self._parts.write(self._marked(fresh, None), position)

    def keys(self) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every staged row."""
        return self._parts.batches(self._plan.key)

    def commit(self, commit: Commit, gone: pa.Table) -> Commit:
        """Publish the parts under their final names, then the manifest; see `Staging`.

        :raises Conflict: when another run has committed meanwhile.
        """
        with files_of_one_run(self._table.folder):
            return self._committed_by(commit, gone)

    def _committed_by(self, commit: Commit, gone: pa.Table) -> Commit:
        self._keep_newest()
        self._parts.finish()
        whole = replace(commit, rows=self._parts.rows, deleted=gone.num_rows)
        self._stage_gone(commit.kind, gone)
        before = [] if commit.kind == "snapshot" else self._table.files
        if self._is_to_be_compacted(commit.kind):
            self._compact()
            before, kind = [], "snapshot"
        else:
            kind = commit.kind
        files = self._publish_files(kind, whole)
        try:
            self._table.manifests.publish(whole, [*before, *files], self._schema)
        except Conflict:
            for file in files:
                remove(self._table.folder / file.name)
            raise
        self._committed = True
        with suppress(OSError):  # the rows are published: what is left over goes next time
            self._table.tidy()
        return whole

    def leave(self) -> None:
        """End the load; what an attempt of the same task can go on from stays."""
        self._hashes.close()
        for parts in self._opened:
            if self._committed:
                parts.remove()
            else:
                parts.leave()

    def _keep_newest(self) -> None:
        """Leave one version of each row: pages shift while rows change, and bring some twice."""
        key, stamp = self._plan.key, self._plan.stamp
        if not key:
            return
        for batch in self._parts.batches(key, self._earlier):
            self._hashes.add(batch)
        if twice := self._hashes.twice():
            columns = [*dict.fromkeys([*key, *([stamp] if stamp else [])])]
            self._parts.drop(older_versions(self._parts.batches(columns), key, stamp, twice))

    def _publish_files(self, kind: str, commit: Commit) -> list[DataFile]:
        named: Any = kind
        run = uuid.uuid4().hex[:8]
        files = []
        for number, part in enumerate(self._parts.parts):
            source = self._parts.path(part)
            name = f"{kind}-{commit.sequence:08d}-{number:04d}-{run}{self._table.kind.suffix}"
            move(source, self._table.folder / name)
            files.append(DataFile(name, named, commit.sequence, part.rows, commit.latest))
        return files

    def _stage_gone(self, kind: Kind, gone: pa.Table) -> None:
        """Write tombstones; a snapshot needs none, unless it keeps what is gone."""
        if kind == "changes":
            for batch in gone.to_batches():
                self._parts.write(self._marked(self._keys_only(batch), datetime.now(UTC)), None)
        elif self._plan.policy.deletes == "soft" and self._plan.key:
            texts = key_texts(gone, self._plan.key) if gone.num_rows else pa.array([], pa.string())
            staged = [key_texts(batch, self._plan.key) for batch in self.keys()]
            here = pa.concat_arrays([pa.array([], pa.string()), *staged])
            for batch in self._stored_rows():
                self._keep_gone(batch, texts, here)
        self._parts.finish()

    def _keep_gone(self, batch: pa.RecordBatch, gone: pa.Array, here: pa.Array) -> None:
        """Carry rows into a snapshot that were deleted earlier, or are found to be gone now."""
        texts = key_texts(batch, self._plan.key)
        now = pa.scalar(datetime.now(UTC), batch[DELETED_AT].type)
        place = batch.schema.get_field_index(DELETED_AT)
        at = pc.if_else(pc.is_in(texts, value_set=gone), now, batch[DELETED_AT])
        marked = pc.is_valid(at)
        if not pc.any(marked).as_py():
            return  # to look up keys among so many is dear
        kept = pc.and_not(marked, pc.is_in(texts, value_set=here))
        self._parts.write(batch.set_column(place, DELETED_AT, at).filter(kept), None)

    def _is_to_be_compacted(self, kind: Kind) -> bool:
        if kind == "snapshot" or not self._plan.key:
            return False
        old = sum(file.kind == "changes" for file in self._table.files)
        new = len(self._parts.parts)
        return bool(new) and old + new > self._table.compact_after

    def _compact(self) -> None:
        """Merge what is stored and what is staged into parts of one snapshot."""
        staged = self._parts
        names = with_technical(self._schema).names
        stored = [(file.kind, partial(self._evolved, file)) for file in reversed(self._table.files)]
        merged = StagedParts(
            self._table.folder / "_inprogress", None, self._table.kind, with_technical(self._schema)
        )
        self._opened.append(merged)
        newest: Any = [("changes", partial(staged.batches, names)), *stored]
        for batch in newest_versions(newest, self._plan.key):
            soft = self._plan.policy.deletes == "soft"
            kept = batch if soft else batch.filter(pc.is_null(batch[DELETED_AT]))
            merged.write(kept, None)
        merged.finish()
        self._parts = merged

    def _evolved(self, file: DataFile) -> Iterator[pa.RecordBatch]:
        """Read a stored file with the columns that the table has from now on."""
        path = self._table.folder / file.name
        schema = with_technical(self._schema)
        with path.fs.open(path.path, "rb") as opened:
            yield from format_of(file.name).read(opened, schema, schema.names)

    def _stored_rows(self) -> Iterator[pa.RecordBatch]:
        files: Any = [
            (file.kind, partial(self._evolved, file)) for file in reversed(self._table.files)
        ]
        return newest_versions(files, self._plan.key)

    def _keys_only(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = [
            batch[field.name]
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in self._schema
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _marked(self, batch: pa.RecordBatch, deleted_at: datetime | None) -> pa.RecordBatch:
        """Fill in the technical columns."""
        values: Sequence[Any] = (self._plan.sequence, deleted_at)
        technical = [
            pa.repeat(pa.scalar(value, field.type), batch.num_rows)
            for field, value in zip(_TECHNICAL, values, strict=True)
        ]
        return pa.RecordBatch.from_arrays(
            [*batch.columns, *technical], schema=with_technical(batch.schema)
        )
