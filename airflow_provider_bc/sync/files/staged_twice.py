"""Finding the rows that a load met more than once, without holding their keys in memory.

Of every key 8 bytes are remembered while rows arrive, most of them in a temporary file. Where two
are alike, and only there, rows are read back and compared in full.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.sync.newest import superseded
from airflow_provider_bc.sync.sweep import key_texts

_BUCKETS = 64
_IN_MEMORY = 2048
"""Hashes of a bucket that wait for their place in the file."""


class KeyHashes:
    """A hash of every key that was staged.

    :param key: the names of the key columns.
    """

    def __init__(self, key: Sequence[str]) -> None:
        self._key = key
        self._buckets = [_Bucket() for _ in range(_BUCKETS)]
        self._file: IO[bytes] = TemporaryFile(prefix="bc-keys-")  # noqa: SIM115 - closed by close

    def add(self, batch: pa.RecordBatch) -> None:
        """Remember the keys of some rows.

        :param batch: with at least the key columns.
        """
        waiting = [bucket.waiting for bucket in self._buckets]
        for number in _hashes(batch, self._key):
            waiting[number % _BUCKETS].append(number)
        for bucket in self._buckets:
            if len(bucket.waiting) > _IN_MEMORY:
                bucket.store(self._file)

    def twice(self) -> frozenset[int]:
        """Give the hashes that more than one row has."""
        found: set[int] = set()
        for bucket in self._buckets:
            numbers = bucket.numbers(self._file)
            if len(pc.unique(numbers)) < len(numbers):
                counts = pc.value_counts(numbers)
                again = pc.greater(counts.field("counts"), 1)
                found.update(counts.field("values").filter(again).to_pylist())
        return frozenset(found)

    def close(self) -> None:
        """Forget them all; a full disk must not hide the error that it has caused before."""
        with suppress(OSError):
            self._file.close()


class _Bucket:
    """The hashes that are alike in their last bits: what waits, and the blocks that are stored."""

    def __init__(self) -> None:
        self.waiting = array("q")
        self._blocks: list[tuple[int, int]] = []

    def store(self, file: IO[bytes]) -> None:
        self._blocks.append((file.seek(0, os.SEEK_END), len(self.waiting)))
        file.write(self.waiting)
        del self.waiting[:]

    def numbers(self, file: IO[bytes]) -> pa.Array:
        numbers = array("q")
        for place, length in self._blocks:
            file.seek(place)
            numbers.fromfile(file, length)
        numbers.extend(self.waiting)
        return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def older_versions(
    batches: Iterable[pa.RecordBatch], key: Sequence[str], stamp: str | None, twice: frozenset[int]
) -> list[int]:
    """Find the rows of which a newer version is staged; see `superseded`.

    :param batches: every staged row, with at least the key columns and the stamp.
    :param key: the names of the key columns.
    :param stamp: the column that tells when a row was last changed, None where there is none.
    :param twice: the hashes of the keys that are worth a look.
    :return: their places, counted over all batches, in order.
    """
    places: list[int] = []
    suspects = []
    begin = 0
    for batch in batches:
        hashes = _hashes(batch, key)
        mine = [place for place, number in enumerate(hashes) if number in twice]
        if mine:
            suspects.append(batch.take(pa.array(mine, pa.int64())))
            places.extend(begin + place for place in mine)
        begin += batch.num_rows
    return sorted(places[place] for place in superseded(suspects, key, stamp).to_pylist())


def _hashes(batch: pa.RecordBatch, key: Sequence[str]) -> Iterable[int]:
    """Hash keys to 64 bits, the same ones as long as this process lives."""
    return map(hash, key_texts(batch, key).to_pylist())
