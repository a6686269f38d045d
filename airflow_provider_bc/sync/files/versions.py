"""Telling the newest version of every row from its older ones.

A table of files holds a row once for each time it was written; the newest version counts. Files
are read from the newest to the oldest, and only the keys of changes are remembered, never those of
a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.sync.commit import DELETED_AT, Kind
from airflow_provider_bc.sync.sweep import key_texts

Rows = Callable[[], Iterator[pa.RecordBatch]]
"""Opens one file and gives its batches."""


def newest_versions(
    files: Iterable[tuple[Kind, Rows]], key: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Give the newest version of every row; a row that is gone has its ``_deleted_at`` filled in.

    What a tombstone does not say, its last values, is taken from the version before it.

    :param files: the newest first.
    :param key: the names of the key columns.
    """
    seen = _Seen()
    tombstones = _Tombstones(key)
    for kind, rows in files:
        keys = []
        for batch in rows():
            texts = key_texts(batch, key)
            fresh = seen.without(texts)
            yield from tombstones.buried(batch, texts)
            if kind == "snapshot":
                yield batch.filter(fresh)
                continue
            gone = pc.and_(fresh, pc.is_valid(batch[DELETED_AT]))
            tombstones.add(batch.filter(gone))
            yield batch.filter(pc.and_not(fresh, gone))
            keys.append(texts)
        seen.add(keys)
    yield from tombstones.rest()


class _Seen:
    """The keys of which a newer version has been given.

    Arrow would build the set of them anew for every batch that is looked up in it.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def add(self, keys: list[pa.Array]) -> None:
        for some in keys:
            self._keys.update(some.to_pylist())

    def without(self, keys: pa.Array) -> pa.Array:
        if not self._keys:
            return pa.repeat(pa.scalar(value=True), len(keys))
        return pa.array([text not in self._keys for text in keys.to_pylist()], pa.bool_())


class _Tombstones:
    """Rows that are gone, until a version with their last values is found."""

    def __init__(self, key: Sequence[str]) -> None:
        self._key = key
        self._pending: dict[str, pa.RecordBatch] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        for place, text in enumerate(key_texts(batch, self._key).to_pylist()):
            self._pending[text] = batch.slice(place, 1)

    def buried(self, batch: pa.RecordBatch, texts: pa.Array) -> Iterator[pa.RecordBatch]:
        if not self._pending:
            return
        for place, text in enumerate(texts.to_pylist()):
            stone = self._pending.pop(text, None)
            if stone is not None:
                yield _with_values(stone, batch.slice(place, 1))

    def rest(self) -> Iterator[pa.RecordBatch]:
        yield from self._pending.values()


def _with_values(stone: pa.RecordBatch, version: pa.RecordBatch) -> pa.RecordBatch:
    """Fill in what a tombstone leaves open."""
    arrays = [
        mine if mine.is_valid().to_pylist()[0] else last
        for mine, last in zip(stone.columns, version.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=stone.schema)
