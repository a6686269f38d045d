"""Changed rows and deletions become one version of a Delta table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable

from airflow_provider_bc.sync.delta.rows import (
    gone_rows,
    kept_rows,
    marked,
    scan,
    stored_schema,
    texts_of,
    with_deleted_at,
)
from airflow_provider_bc.sync.delta.writing import append, merge, only_commit, overwrite
from airflow_provider_bc.sync.drift import conform
from airflow_provider_bc.sync.sweep import key_texts


@dataclass(frozen=True, slots=True)
class Changes:
    """What a load found to be different.

    :param schema: of the rows, the technical column included.
    :param key: the names of the key columns.
    :param rows: opens the rows, one for each key.
    :param count: how many they are.
    :param gone: the keys of stored rows that are no longer there.
    :param at: when they were found to be gone.
    :param keep_gone: whether they are marked, instead of removed.
    """

    schema: pa.Schema
    key: tuple[str, ...]
    rows: Callable[[], Iterator[pa.RecordBatch]]
    count: int
    gone: pa.Table
    at: datetime
    keep_gone: bool


def apply(
    changes: Changes, table: DeltaTable, properties: CommitProperties, merge_up_to: int
) -> None:
    """Make one version, in the cheapest way that keeps memory small.

    :param changes: of the load.
    :param table: at its newest version.
    :param properties: of the commit.
    :param merge_up_to: how many bytes the files of the table may have to be merged by delta-rs.
    """
    stored = stored_schema(table)
    nothing = not changes.count and not changes.gone.num_rows
    if nothing and not _is_widened(changes, stored):
        only_commit(table, changes.schema, properties)
    elif with_deleted_at(stored) != changes.schema:
        # delta-rs cannot widen a column in place, and adds new ones in any order
        _rewrite(changes, table, properties)
    elif _size(table) <= merge_up_to:
        _merge(changes, table, properties)
    elif not changes.gone.num_rows and not _is_any_stored(changes, table):
        append(table, changes.schema, changes.rows(), properties)
    else:
        _rewrite(changes, table, properties)


def _is_widened(changes: Changes, stored: pa.Schema) -> bool:
    return any(field.type != changes.schema.field(field.name).type for field in stored)


def _size(table: DeltaTable) -> int:
    sizes = pa.table(table.get_add_actions(flatten=True))["size_bytes"]
    return pc.sum(sizes).as_py() or 0


def _merge(changes: Changes, table: DeltaTable, properties: CommitProperties) -> None:
    rows = chain(changes.rows(), _tombstones(changes))
    merge(table, changes.schema, rows, changes.key, properties, keep_gone=changes.keep_gone)


def _rewrite(changes: Changes, table: DeltaTable, properties: CommitProperties) -> None:
    """Write the whole table anew, a few rows at a time."""
    gone = texts_of(changes.gone.to_batches(), changes.key)
    leaving = pa.concat_arrays([texts_of(changes.rows(), changes.key), gone])
    parts = [kept_rows(table, changes.schema, changes.key, leaving), changes.rows()]
    if changes.keep_gone:
        parts.append(gone_rows(table, changes.schema, changes.key, changes.gone, changes.at))
    overwrite(table, changes.schema, chain.from_iterable(parts), properties)


def _is_any_stored(changes: Changes, table: DeltaTable) -> bool:
    texts = texts_of(changes.rows(), changes.key)
    stored = scan(table, changes.key)
    return any(
        pc.any(pc.is_in(key_texts(one, changes.key), value_set=texts)).as_py() for one in stored
    )


def _tombstones(changes: Changes) -> Iterator[pa.RecordBatch]:
    """Give rows that say nothing but that they are gone."""
    for batch in changes.gone.to_batches():
        yield marked(conform(batch, changes.schema), changes.at)
