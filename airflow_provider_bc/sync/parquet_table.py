"""One table as Parquet files that are complete or absent.

A file is written under ``_inprogress/`` and renamed when it is whole; its footer holds the
watermark, so rows and watermark become visible together, and there is no other state.

``snapshot.parquet``
    every row, replaced by the next full read.
``changes-00000002.parquet`` …
    the rows changed since, newest version last.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from upath import UPath
from upath.extensions import ProxyUPath

from airflow_provider_bc.errors import ConfigurationError, Conflict, UnexpectedAnswer
from airflow_provider_bc.sync.commit import FOOTER_KEY, Commit, Source

Path = UPath | ProxyUPath
"""A path of any store that fsspec knows, Airflow's ObjectStoragePath among them."""

_CHANGES = re.compile(r"changes-(\d{8})\.parquet")
_SNAPSHOT = "snapshot.parquet"
_IN_PROGRESS = "_inprogress"
_ABANDONED_AFTER = timedelta(days=1)
_ROW_GROUP_BYTES = 16 * 2**20


class ParquetTable:
    """The files of one entity set of one company.

    :param folder: where they are; any store that fsspec knows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None:
        """Give the newest commit, None for an empty folder.

        :param source: where the rows must have come from.
        :param same_query: whether they must have been read by the same query, too.
        :raises ConfigurationError: when the folder holds something else.
        :raises UnexpectedAnswer: when the folder holds Parquet files of somebody else.
        """
        files = self._files()
        if not files:
            return None
        last = self._commit(files[max(files)])
        if same_query:
            self._check_gaps(files)
        differing = [
            f"{name} was {getattr(last.source, name)!r}, is {getattr(source, name)!r}"
            for name in Source.__slots__
            if getattr(last.source, name) != getattr(source, name)
            and (same_query or name != "query")
        ]
        if differing:
            raise ConfigurationError(
                f"{self._folder} holds something else: {'; '.join(differing)}.",
                remedy="Use another path; where only the query differs, run once with "
                'mode="full", which replaces what is there.',
            )
        return last

    def stored_since(self, stamp: str, since: datetime) -> Iterator[pa.RecordBatch]:
        """Give the stored rows that are not older than a moment.

        Files are read from the newest on, and only as far as they can hold such rows.

        :param stamp: the field that tells when a row was last changed.
        :param since: the moment.
        """
        for path in reversed(self._files().values()):
            latest = self._commit(path).latest
            if latest is None or latest < since:
                return
            with self._open(path) as file:
                yield from _rows_since(pq.ParquetFile(file), stamp, since)

    def schema(self) -> pa.Schema | None:
        """Give the columns of the newest file, None for an empty folder."""
        files = list(self._files().values())
        if not files:
            return None
        with self._open(files[-1]) as file:
            return pq.read_schema(file).remove_metadata()

    @contextmanager
    def writing(self, schema: pa.Schema) -> Iterator[ParquetPart]:
        """Open a part; it vanishes unless it is published before the block ends.

        :param schema: of the record batches to be written.
        """
        self._tidy()
        folder = self._folder / _IN_PROGRESS
        folder.mkdir(parents=True, exist_ok=True)
        part = ParquetPart(self, folder / f"{uuid.uuid4()}.part", schema)
        try:
            yield part
        finally:
            part.discard()

    def publish(self, part: Path, commit: Commit) -> Path:
        """Make a whole part visible in one step, then remove what it supersedes.

        :raises Conflict: when another run has committed meanwhile.
        """
        target = self._folder / self._name(commit)
        newest = max(self._files(), default=0)
        if newest >= commit.sequence:
            raise Conflict(
                f"Another run has committed number {newest} to {self._folder} meanwhile.",
                remedy="Let one run at a time write a table: max_active_tis_per_dag=1.",
            )
        part.fs.mv(part.path, target.path)
        with suppress(OSError):  # the rows are published: what is left over goes next time
            self._tidy()
        return target

    def _tidy(self) -> None:
        """Remove what a crash left: changes older than the snapshot, and parts of dead runs."""
        kept = {path.name for path in self._files().values()}
        for path in self._listed(self._folder):
            if _CHANGES.fullmatch(path.name) and path.name not in kept:
                path.unlink(missing_ok=True)
        with suppress(NotImplementedError, FileNotFoundError):  # not every store knows ages
            for part in self._listed(self._folder / _IN_PROGRESS):
                if datetime.now(UTC) - part.fs.modified(part.path) > _ABANDONED_AFTER:
                    part.unlink(missing_ok=True)

    def _check_gaps(self, files: dict[int, Path]) -> None:
        there = {path.name for path in files.values()}
        following = range(min(files) + 1, max(files))
        missing = [name for name in (_SNAPSHOT, *map(_changes, following)) if name not in there]
        if missing:
            raise ConfigurationError(
                f"{self._folder} lacks {missing[0]}: its rows would stay away.",
                remedy='Restore the file, or load once with mode="full".',
            )

    def _name(self, commit: Commit) -> str:
        return _SNAPSHOT if commit.kind == "snapshot" else _changes(commit.sequence)

    def _files(self) -> dict[int, Path]:
        """Give the files that count by their sequence, oldest first."""
        files: dict[int, Path] = {}
        first = 0
        for path in self._listed(self._folder):
            if path.name == _SNAPSHOT:
                first = self._commit(path).sequence
                files[first] = path
            elif found := _CHANGES.fullmatch(path.name):
                files[int(found.group(1))] = path
        return {sequence: files[sequence] for sequence in sorted(files) if sequence >= first}

    def _commit(self, path: Path) -> Commit:
        with self._open(path) as file:
            try:
                metadata = pq.read_metadata(file).metadata or {}
            except (pa.ArrowException, OSError):
                metadata = {}
        return Commit.read(metadata.get(FOOTER_KEY), str(path))

    def _listed(self, folder: Path) -> list[Path]:
        return sorted(folder.iterdir()) if folder.exists() else []

    def _open(self, path: Path) -> Any:
        return path.fs.open(path.path, "rb")


def _changes(sequence: int) -> str:
    return f"changes-{sequence:08d}.parquet"


def _rows_since(file: pq.ParquetFile, stamp: str, since: datetime) -> Iterator[pa.RecordBatch]:
    """Read the row groups that can hold such rows, one at a time."""
    leaves = [file.schema.column(index).path for index in range(len(file.schema))]
    for number in range(file.num_row_groups):
        statistics = file.metadata.row_group(number).column(leaves.index(stamp)).statistics
        if statistics is None or not statistics.has_min_max or statistics.max >= since:
            group = file.read_row_group(number)
            yield from group.filter(pc.greater_equal(group[stamp], pa.scalar(since))).to_batches()


class ParquetPart:
    """A file that is being written.

    :param table: that it will belong to.
    :param path: where it is written.
    :param schema: of its record batches.
    """

    def __init__(self, table: ParquetTable, path: Path, schema: pa.Schema) -> None:
        self._table = table
        self._path = path
        self._schema = schema
        self._file = path.fs.open(path.path, "wb")
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")
        self._pending: list[pa.RecordBatch] = []
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; they reach the disk in row groups of some megabytes."""
        self.rows += batch.num_rows
        self._pending.append(batch)
        if sum(one.nbytes for one in self._pending) >= _ROW_GROUP_BYTES:
            self._flush()

    def publish(self, commit: Commit) -> Path:
        """Finish the file, check it, and make it visible.

        :param commit: what the footer shall say; its rows are counted here.
        :return: where the file is.
        :raises UnexpectedAnswer: when the store does not hold the rows that were written.
        """
        self._flush()
        whole = replace(commit, rows=self.rows)
        self._writer.add_key_value_metadata({FOOTER_KEY: whole.footer()})
        self._writer.close()
        self._file.close()
        with self._path.fs.open(self._path.path, "rb") as file:
            stored = pq.read_metadata(file).num_rows
        if stored != self.rows:
            raise UnexpectedAnswer(
                f"{self._path} holds {stored} rows, but {self.rows} were written.",
                remedy="Nothing was published. Check the store, and run the task again.",
            )
        return self._table.publish(self._path, whole)

    def discard(self) -> None:
        """Remove the file, if it was not published."""
        with suppress(OSError, ValueError):  # a full disk, say, must not hide the first error
            self._writer.close()
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._pending:
            self._writer.write_table(pa.Table.from_batches(self._pending, self._schema))
            self._pending = []
