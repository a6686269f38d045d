"""Reading what a Delta table holds, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyarrow.dataset import ParquetFragmentScanOptions

from airflow_provider_bc.sync.commit import DELETED_AT
from airflow_provider_bc.sync.drift import conform
from airflow_provider_bc.sync.sweep import key_texts

DELETED_AT_TYPE = pa.timestamp("us", tz="UTC")
_ROWS_AT_ONCE = 5_000
_NO_TEXTS = pa.array([], pa.string())


def with_deleted_at(schema: pa.Schema) -> pa.Schema:
    """Add the technical column to those of the rows.

    :param schema: of the rows.
    """
    return pa.schema([*schema, pa.field(DELETED_AT, DELETED_AT_TYPE)])


def stored_schema(table: DeltaTable) -> pa.Schema:
    """Give the columns of the rows, the technical one left out.

    :param table: that has them.
    """
    return pa.schema([field for field in _arrow_schema(table) if field.name != DELETED_AT])


def scan(
    table: DeltaTable, columns: Sequence[str], where: pc.Expression | None = None
) -> Iterator[pa.RecordBatch]:
    """Read rows, without reading far ahead.

    :param table: at the version that is wanted.
    :param columns: their names.
    :param where: a condition; files whose statistics rule it out are not opened.
    """
    scanner = table.to_pyarrow_dataset().scanner(
        columns=list(columns),
        filter=where,
        batch_size=_ROWS_AT_ONCE,
        batch_readahead=1,
        fragment_readahead=1,
        use_threads=False,
        # read ahead, it would hold whole files in memory
        fragment_scan_options=ParquetFragmentScanOptions(pre_buffer=False),
    )
    for batch in scanner.to_batches():
        if batch.num_rows:
            yield batch


def is_there() -> pc.Expression:
    """Write the condition that a row is not deleted."""
    return pc.field(DELETED_AT).is_null()


def texts_of(batches: Iterable[pa.RecordBatch], key: Sequence[str]) -> pa.Array:
    """Write the key of each row as one text.

    :param batches: with at least the key columns.
    :param key: their names.
    """
    return pa.concat_arrays([_NO_TEXTS, *(key_texts(batch, key) for batch in batches)])


def only_live(table: DeltaTable, key: Sequence[str], wanted: pa.Table) -> pa.Table:
    """Leave out the keys of rows that are not there.

    :param table: that holds the rows.
    :param key: the names of the key columns.
    :param wanted: the keys.
    """
    if not wanted.num_rows:
        return wanted
    texts = texts_of(wanted.to_batches(), key)
    found = [_NO_TEXTS]
    for batch in scan(table, key, is_there()):
        stored = key_texts(batch, key)
        found.append(stored.filter(pc.is_in(stored, value_set=texts)))
    return wanted.filter(pc.is_in(texts, value_set=pa.concat_arrays(found)))


def gone_rows(
    table: DeltaTable, schema: pa.Schema, key: Sequence[str], gone: pa.Table, at: datetime
) -> Iterator[pa.RecordBatch]:
    """Give rows that are gone with their last values, and when they were found to be gone.

    :param table: that holds them.
    :param schema: what the rows shall look like, the technical column included.
    :param key: the names of the key columns.
    :param gone: their keys.
    :param at: that moment; a row that was gone before keeps its own.
    """
    if gone.num_rows:
        texts = texts_of(gone.to_batches(), key)
        for batch in _matching(table, key, texts):
            yield marked(conform(batch, schema), at)


def kept_rows(
    table: DeltaTable, schema: pa.Schema, key: Sequence[str], leaving: pa.Array
) -> Iterator[pa.RecordBatch]:
    """Give every row except some.

    :param table: that holds them.
    :param schema: what the rows shall look like, the technical column included.
    :param key: the names of the key columns.
    :param leaving: the keys of the others, as texts.
    """
    yield from _others(table, schema, key, leaving)


def rows_deleted_before(
    table: DeltaTable, schema: pa.Schema, key: Sequence[str], leaving: pa.Array
) -> Iterator[pa.RecordBatch]:
    """Give every row that was found to be gone by an earlier load, except some.

    :param table: that holds them.
    :param schema: what the rows shall look like, the technical column included.
    :param key: the names of the key columns.
    :param leaving: the keys of the others, as texts.
    """
    yield from _others(table, schema, key, leaving, ~is_there())


def marked(batch: pa.RecordBatch, at: datetime) -> pa.RecordBatch:
    """Fill in when rows were found to be gone, where that is not known yet.

    :param batch: with the technical column.
    :param at: the moment.
    """
    place = batch.schema.get_field_index(DELETED_AT)
    moments = pc.coalesce(batch[DELETED_AT], pa.scalar(at, DELETED_AT_TYPE))
    return batch.set_column(place, batch.schema.field(place), moments)


def _others(
    table: DeltaTable,
    schema: pa.Schema,
    key: Sequence[str],
    leaving: pa.Array,
    condition: pc.Expression | None = None,
) -> Iterator[pa.RecordBatch]:
    for batch in scan(table, _arrow_schema(table).names, condition):
        others = pc.invert(pc.is_in(key_texts(batch, key), value_set=leaving))
        yield conform(batch.filter(others), schema)


def _matching(table: DeltaTable, key: Sequence[str], texts: pa.Array) -> Iterator[pa.RecordBatch]:
    for batch in scan(table, _arrow_schema(table).names):
        found = pc.is_in(key_texts(batch, key), value_set=texts)
        if pc.any(found).as_py():
            yield batch.filter(found)


def _arrow_schema(table: DeltaTable) -> pa.Schema:
    return pa.schema(table.schema().to_arrow())
