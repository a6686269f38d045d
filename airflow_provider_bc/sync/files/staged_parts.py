"""Rows on their way: part files in a folder that no reader looks into, and how far they go.

A load that dies leaves its finished parts and its position behind; the next attempt of the same
task goes on from there. Everything else that is found there after a day is removed.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pyarrow as pa

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.sync.files.formats import FileFormat
from airflow_provider_bc.sync.files.path import (
    Path,
    listed,
    make_folder,
    read,
    remove,
    replace,
    settle,
)
from airflow_provider_bc.sync.newest import without

PART_BYTES = 64 * 2**20
_ABANDONED_AFTER = timedelta(days=1)
_POSITION = "position.json"


class Part(msgspec.Struct, frozen=True):
    """One finished file.

    :param name: of the file.
    :param rows: that it holds.
    """

    name: str
    rows: int


class _Saved(msgspec.Struct):
    """What an attempt leaves to the next one, which must want rows with the same columns."""

    position: str
    parts: list[Part]
    columns: str


class StagedParts:
    """The part files of one load.

    :param folder: where all loads of a table are staged; made when it is needed.
    :param token: what the attempts at this load have in common; None for the only attempt.
    :param kind: the format of the parts.
    :param schema: of the rows.
    :param part_bytes: how large a part grows, as columns in memory, before it becomes durable.
    """

    def __init__(
        self,
        folder: Path,
        token: str | None,
        kind: FileFormat,
        schema: pa.Schema,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._all = folder
        self._folder = folder / (token or f"once-{uuid.uuid4().hex}")
        self._resumable = token is not None
        self._kind = kind
        self._schema = schema
        self._columns = sha256(schema.serialize().to_pybytes()).hexdigest()
        self._part_bytes = part_bytes
        self._open: _OpenPart | None = None
        saved = self._saved() if self._resumable else None
        self.parts: list[Part] = saved.parts if saved else []
        self._mine: list[Part] = []
        self.position: bytes | None = saved.position.encode() if saved else None

    @property
    def rows(self) -> int:
        """How many rows are staged."""
        return sum(part.rows for part in self.parts) + (self._open.rows if self._open else 0)

    def write(self, batch: pa.RecordBatch, position: bytes | None) -> None:
        """Add rows; when a part is full, it and the position become durable.

        :param batch: of the schema.
        :param position: where the read stands after these rows; None where it cannot be resumed.
        """
        if batch.num_rows:
            if self._open is None:
                make_folder(self._folder)
                self._open = _OpenPart(self._folder, self._kind, self._schema)
            self._open.write(batch)
        if position is not None and self._open and self._open.size >= self._part_bytes:
            self.finish()
            self._save(position)

    def finish(self) -> None:
        """Close the part at hand and check that the store holds it.

        :raises UnexpectedAnswer: when the store does not hold the bytes that were written.
        """
        part, self._open = self._open, None
        if part is None:
            return
        try:
            self.parts.append(part.finished())
        except BaseException:
            part.discard()
            raise
        self._mine.append(self.parts[-1])

    def path(self, part: Part) -> Path:
        """Say where a part is."""
        return self._folder / part.name

    def batches(
        self, columns: Sequence[str] | None = None, parts: Sequence[Part] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read back every staged row, one batch at a time.

        :param columns: their names; None for all.
        :param parts: from which; None for all.
        """
        self.finish()
        for part in self.parts if parts is None else parts:
            path = self.path(part)
            with path.fs.open(path.path, "rb") as file:
                yield from self._kind.read(file, self._schema, columns or self._schema.names)

    def drop(self, places: Sequence[int]) -> None:
        """Leave rows out: the parts that hold them are written anew.

        The old ones stay, for another attempt may go on from them.

        :param places: of the rows, counted over all parts, in order.
        """
        self.finish()
        before, begin = self.parts, 0
        self.parts = []
        for part in before:
            first, end = bisect_left(places, begin), bisect_left(places, begin + part.rows)
            mine = pa.array([place - begin for place in places[first:end]], pa.uint64())
            if not len(mine):
                self.parts.append(part)
            for batch in without(self.batches(parts=[part]), mine) if len(mine) else ():
                self.write(batch, None)
            self.finish()
            begin += part.rows

    def leave(self) -> None:
        """End an attempt that did not commit: keep what the next one can go on from.

        What another attempt at the same load has staged, which was taken for dead, is left alone.
        """
        part, self._open = self._open, None
        if part is not None:
            part.discard()
        if self.position is None:
            for one in self._mine:
                remove(self.path(one))
            if not listed(self._folder):
                remove(self._folder)

    def remove(self) -> None:
        """Remove every trace of this load, which has committed: nothing may make it fail now."""
        with suppress(OSError):  # another attempt, taken for dead, may still be writing
            remove(self._folder)

    def tidy(self) -> None:
        """Remove the traces of loads that nobody will go on with."""
        with suppress(NotImplementedError, OSError):  # not every store knows ages
            for folder in listed(self._all):
                if folder.name != self._folder.name and _is_abandoned(folder):
                    remove(folder)

    def _saved(self) -> _Saved | None:
        with suppress(FileNotFoundError, msgspec.DecodeError):
            saved = msgspec.json.decode(read(self._folder / _POSITION), type=_Saved)
            there = {path.name for path in listed(self._folder)}
            names = [part.name for part in saved.parts]
            whole = all(name in there and name.endswith(self._kind.suffix) for name in names)
            # those of another format or with other columns are left alone: this one begins anew
            if whole and saved.columns == self._columns:
                return saved
        return None

    def _save(self, position: bytes) -> None:
        if self._resumable:
            saved = _Saved(position.decode(), self.parts, self._columns)
            replace(self._folder / _POSITION, msgspec.json.encode(saved))
            self.position = position


class _OpenPart:
    """The part that is being written."""

    def __init__(self, folder: Path, kind: FileFormat, schema: pa.Schema) -> None:
        self._path = folder / f"part-{uuid.uuid4().hex}{kind.suffix}"
        self._file: Any = self._path.fs.open(self._path.path, "wb")
        self._writer = kind.writer(self._file, schema)
        self.rows = 0
        self.size = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self.size += batch.nbytes
        self._writer.write(batch)

    def finished(self) -> Part:
        self._writer.close()
        written = self._file.tell() if not self._file.closed else None
        self._file.close()
        settle(self._path)
        stored = self._path.fs.info(self._path.path)["size"]
        if not stored or written not in (None, stored):
            raise UnexpectedAnswer(
                f"{self._path} holds {stored} bytes, but {written} were written.",
                remedy="Nothing was published. Check the store, and run the task again.",
            )
        return Part(self._path.name, self.rows)

    def discard(self) -> None:
        with suppress(Exception):  # a full disk, say, must not hide the first error
            self._writer.close()
        with suppress(Exception):
            self._file.close()
        with suppress(Exception):
            remove(self._path)


def _is_abandoned(folder: Path) -> bool:
    ages = [path.fs.modified(path.path) for path in listed(folder)]
    moments = [at if at.tzinfo else at.replace(tzinfo=UTC) for at in ages]
    return bool(moments) and datetime.now(UTC) - max(moments) > _ABANDONED_AFTER
