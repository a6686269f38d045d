"""The ways to make one version of a Delta table, each a single commit.

https://delta-io.github.io/delta-rs/usage/writing/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    Schema,
    WriterProperties,
    write_deltalake,
)

from airflow_provider_bc.sync.commit import DELETED_AT
from airflow_provider_bc.sync.delta.thread import read_in_thread

_CHECKPOINTS = {"delta.checkpointInterval": "10"}
"""Opening a table reads at most that many commits one by one; delta-rs waits for 100."""

_SOURCE, _TARGET = "s", "t"
_IS_GONE = f'{_SOURCE}."{DELETED_AT}" IS NOT NULL'
_IS_HERE = f'{_SOURCE}."{DELETED_AT}" IS NULL'


def parquet_properties() -> WriterProperties:
    """Choose row groups of some megabytes, which are all that the writer holds in memory."""
    return WriterProperties(compression="ZSTD", max_row_group_size=20_000)


def create(
    uri: str,
    options: Mapping[str, str],
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch],
    properties: CommitProperties,
) -> None:
    """Make a new table.

    :param uri: where nothing is yet.
    :param options: of the store.
    :param schema: of the rows.
    :param rows: what it shall hold.
    :param properties: of the commit.
    """
    place = {"storage_options": dict(options), "configuration": _CHECKPOINTS}
    _write(uri, schema, rows, properties, mode="error", **place)


def overwrite(
    table: DeltaTable,
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch],
    properties: CommitProperties,
) -> None:
    """Replace all that a table holds, its columns included.

    :param table: at its newest version.
    :param schema: of the rows.
    :param rows: what it shall hold from now on.
    :param properties: of the commit.
    """
    _write(table, schema, rows, properties, mode="overwrite", schema_mode="overwrite")


def append(
    table: DeltaTable,
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch],
    properties: CommitProperties,
) -> None:
    """Add rows, none of which is there.

    :param table: at its newest version.
    :param schema: of the rows, which is that of the table.
    :param rows: to add.
    :param properties: of the commit.
    """
    _write(table, schema, rows, properties, mode="append")


def merge(
    table: DeltaTable,
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch],
    key: tuple[str, ...],
    properties: CommitProperties,
    *,
    keep_gone: bool,
) -> None:
    """Merge rows by their key; one whose ``_deleted_at`` is filled in is gone.

    delta-rs holds every file of the table in memory in which it has found no match yet, so this is
    for small tables. https://delta-io.github.io/delta-rs/usage/merging-tables/

    :param table: at its newest version.
    :param schema: of the rows, which is that of the table.
    :param rows: one for each key.
    :param key: the names of the key columns.
    :param properties: of the commit.
    :param keep_gone: whether rows that are gone are marked, instead of removed.
    """
    same = " AND ".join(f"{_TARGET}.{_quoted(name)} = {_SOURCE}.{_quoted(name)}" for name in key)
    values = {_quoted(name): f"{_SOURCE}.{_quoted(name)}" for name in schema.names}
    merger = table.merge(
        _stream(schema, rows),
        same,
        source_alias=_SOURCE,
        target_alias=_TARGET,
        streamed_exec=False,  # so that files are ruled out by the least and greatest key
        writer_properties=parquet_properties(),
        commit_properties=properties,
    )
    if keep_gone:
        at = {_quoted(DELETED_AT): f"{_SOURCE}.{_quoted(DELETED_AT)}"}
        first = f"{_IS_GONE} AND {_TARGET}.{_quoted(DELETED_AT)} IS NULL"
        merger = merger.when_matched_update(at, predicate=first)
    else:
        merger = merger.when_matched_delete(predicate=_IS_GONE)
    merger = merger.when_matched_update(values, predicate=_IS_HERE)
    merger.when_not_matched_insert(values, predicate=_IS_HERE).execute()


def only_commit(table: DeltaTable, schema: pa.Schema, properties: CommitProperties) -> None:
    """Make a version that adds a watermark or columns, and no rows.

    :param table: at its newest version.
    :param schema: the columns of the table and perhaps new ones.
    :param properties: of the commit.
    """
    stored = {field.name for field in table.schema().fields}
    new = [field for field in Schema.from_arrow(schema).fields if field.name not in stored]
    if new:
        table.alter.add_columns(new, commit_properties=properties)
    else:
        table.create_write_transaction([], "append", table.schema(), commit_properties=properties)


def _write(
    place: str | DeltaTable,
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch],
    properties: CommitProperties,
    **how: Any,
) -> None:
    write_deltalake(
        place,
        _stream(schema, rows),
        writer_properties=parquet_properties(),
        commit_properties=properties,
        **how,
    )


def _stream(schema: pa.Schema, rows: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    filled = (batch for batch in rows if batch.num_rows)
    return pa.RecordBatchReader.from_batches(schema, read_in_thread(lambda: filled))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
