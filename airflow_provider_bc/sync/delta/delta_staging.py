"""Rows on their way into a Delta table, and the commit that publishes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from airflow_provider_bc.errors import ConfigurationError, Conflict
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.delta.changes import Changes, apply
from airflow_provider_bc.sync.delta.history import newest_commit, newest_sequence, properties
from airflow_provider_bc.sync.delta.rows import (
    DELETED_AT_TYPE,
    gone_rows,
    is_there,
    only_live,
    rows_deleted_before,
    scan,
    texts_of,
    with_deleted_at,
)
from airflow_provider_bc.sync.delta.writing import create, overwrite
from airflow_provider_bc.sync.files.staged_parts import StagedParts
from airflow_provider_bc.sync.newest import superseded, without
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.stored_rows import StoredRows
from airflow_provider_bc.sync.sweep import key_texts

if TYPE_CHECKING:
    from airflow_provider_bc.sync.delta.delta_table import DeltaLakeTable

_ATTEMPTS = 5


class DeltaStaging:
    """The rows of one load; a `Staging`.

    :param table: where they go.
    :param plan: of the load.
    :param schema: of the rows.
    :param parts: where they wait.
    :param stored: the rows of the overlap that are stored already.
    """

    def __init__(
        self,
        table: DeltaLakeTable,
        plan: Plan,
        schema: pa.Schema,
        parts: StagedParts,
        stored: StoredRows,
    ) -> None:
        self._table = table
        self._plan = plan
        self._schema = with_deleted_at(schema)
        self._parts = parts
        self._stored = stored
        self._run = uuid.uuid4().hex
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
        there = pa.nulls(fresh.num_rows, DELETED_AT_TYPE)
        marked = pa.RecordBatch.from_arrays([*fresh.columns, there], schema=self._schema)
        self._parts.write(marked, position)

    def keys(self) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every staged row."""
        return self._parts.batches(self._plan.key)

    def commit(self, commit: Commit, gone: pa.Table) -> Commit:
        """Make one version of the table; see `Staging`.

        :raises Conflict: when another run has committed meanwhile.
        """
        self._parts.finish()
        with self._table.guarded():
            made = self._published(commit, gone)
        self._committed = True
        # it is published: what is left over goes next time
        with suppress(OSError, DeltaError, ConfigurationError):
            self._table.tidy()
        return made

    def leave(self) -> None:
        """End the load; what an attempt of the same task can go on from stays."""
        if self._committed:
            self._parts.remove()
        else:
            self._parts.leave()

    def _published(self, commit: Commit, gone: pa.Table) -> Commit:
        """Commit on top of the newest version, again when somebody else was a moment faster.

        Others may tidy a table at any time. Another load of ours is a conflict.
        """
        old = self._superseded()
        for _ in range(_ATTEMPTS):
            table = self._newest()
            ended = only_live(table, self._plan.key, gone) if table else gone.slice(0, 0)
            rows = self._parts.rows - len(old)
            made = replace(commit, rows=rows, deleted=ended.num_rows)
            try:
                self._write(table, made, ended, old)
            except (DeltaError, OSError) as error:
                if self._is_ours():  # the answer was lost, or what follows a commit failed
                    return made
                made_meanwhile = table is None and self._table.opened() is not None
                if not (made_meanwhile or isinstance(error, CommitFailedError)):
                    raise
            else:
                return made
        raise self._conflict("Others change it all the time")

    def _newest(self) -> DeltaTable | None:
        """Open the table, unless another load has committed since this one was planned."""
        table = self._table.opened()
        there = newest_sequence(table, self._table.uri) if table else None
        last = self._plan.last.sequence if self._plan.last else None
        if there != last or (table and there is None):
            raise self._conflict("Another run has committed to it meanwhile")
        return table

    def _is_ours(self) -> bool:
        table = self._table.opened()
        made = newest_commit(table, self._table.uri) if table else None
        return made is not None and made.run == self._run

    def _write(
        self, table: DeltaTable | None, commit: Commit, gone: pa.Table, old: pa.Array
    ) -> None:
        made = properties(commit, self._run)
        if table is None:
            options = self._table.options()
            create(self._table.uri, options, self._schema, self._newest_rows(old), made)
        elif commit.kind == "snapshot":
            overwrite(table, self._schema, self._whole(table, gone, old), made)
        else:
            rows = partial(self._newest_rows, old)
            changes = Changes(
                self._schema,
                self._plan.key,
                rows,
                commit.rows,
                gone,
                datetime.now(UTC),
                self._keeps_gone,
            )
            apply(changes, table, made, self._table.merge_up_to)

    def _whole(self, table: DeltaTable, gone: pa.Table, old: pa.Array) -> Iterator[pa.RecordBatch]:
        """Give the rows of a snapshot; those that are gone stand behind them, if they are kept."""
        kept: list[Iterator[pa.RecordBatch]] = []
        if self._keeps_gone:
            key, now = self._plan.key, datetime.now(UTC)
            kept.append(gone_rows(table, self._schema, key, gone, now))
            kept.append(rows_deleted_before(table, self._schema, key, self._came_back(table)))
        return chain(self._newest_rows(old), *kept)

    def _came_back(self, table: DeltaTable) -> pa.Array:
        """Find the rows that were gone and are there again."""
        key = self._plan.key
        deleted = texts_of(scan(table, key, ~is_there()), key)
        found = [pa.array([], pa.string())]
        for batch in self.keys() if len(deleted) else ():
            texts = key_texts(batch, key)
            found.append(texts.filter(pc.is_in(texts, value_set=deleted)))
        return pa.concat_arrays(found)

    @property
    def _keeps_gone(self) -> bool:
        return self._plan.policy.deletes == "soft" and bool(self._plan.key)

    def _superseded(self) -> pa.Array:
        key, stamp = self._plan.key, self._plan.stamp
        if not key:
            return pa.array([], pa.uint64())
        columns = [*dict.fromkeys([*key, *([stamp] if stamp else [])])]
        return superseded(self._parts.batches(columns), key, stamp)

    def _newest_rows(self, old: pa.Array) -> Iterator[pa.RecordBatch]:
        return without(self._parts.batches(), old)

    def _conflict(self, what: str) -> Conflict:
        return Conflict(
            f"{self._table.uri}: {what}.",
            remedy="Nothing was changed. Let one run at a time write a table: "
            "max_active_tis_per_dag=1.",
        )
