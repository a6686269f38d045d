"""One row for each key, where a load met a row more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.sync.sweep import key_texts

_COLUMNS = ["key", "stamped", "stamp"]
_COMPARED_AT_ONCE = 50_000


def superseded(
    batches: Iterable[pa.RecordBatch], key: Sequence[str], stamp: str | None
) -> pa.Array:
    """Find the rows of which a newer version follows or precedes.

    :param batches: with at least the key columns and the stamp.
    :param key: the names of the key columns.
    :param stamp: the column that tells when a row was last changed; None where there is none. Of
        two rows with the same stamp, or without one, the later one counts.
    :return: their places, counted over all batches.
    """
    parts = []
    for batch in batches:
        stamps = batch[stamp] if stamp else pa.nulls(batch.num_rows, pa.int64())
        columns = [key_texts(batch, key), stamps.is_valid(), stamps]
        parts.append(pa.RecordBatch.from_arrays(columns, _COLUMNS))
    if not parts:
        return pa.array([], pa.uint64())
    rows = pa.Table.from_batches(parts)
    order = pc.sort_indices(rows, [(name, "ascending") for name in _COLUMNS])  # stable
    places = pa.concat_arrays(_followed_by_the_same(rows["key"], order))
    del rows, order, parts
    pa.default_memory_pool().release_unused()  # what follows needs it: delta-rs has its own
    return places


def _followed_by_the_same(keys: pa.ChunkedArray, order: pa.Array) -> Iterator[pa.Array]:
    """Compare neighbours, some at a time: the keys of a large table are not copied at once."""
    for begin in range(0, len(order), _COMPARED_AT_ONCE):
        places = order.slice(begin, _COMPARED_AT_ONCE + 1)
        some = keys.take(places).combine_chunks()
        again = pc.equal(some.slice(0, len(some) - 1), some.slice(1))
        yield places.slice(0, len(again)).filter(again)


def without(batches: Iterable[pa.RecordBatch], places: pa.Array) -> Iterator[pa.RecordBatch]:
    """Leave rows out.

    :param batches: all rows.
    :param places: which to leave out, counted over all batches.
    """
    begin = 0
    for batch in batches:
        end = begin + batch.num_rows
        if len(places):
            mine = pa.array(range(begin, end), pa.uint64())
            yield batch.filter(pc.invert(pc.is_in(mine, value_set=places)))
        else:
            yield batch
        begin = end
