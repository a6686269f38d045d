"""Rows on their way into a table: durable together with the position of the read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.drift import follow
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.sql import shape
from airflow_provider_bc.sync.sql.commits import Commits
from airflow_provider_bc.sync.sql.failures import retried, translated
from airflow_provider_bc.sync.sql.intake import load
from airflow_provider_bc.sync.sql.merge import Merge
from airflow_provider_bc.sync.sql.reading import batches
from airflow_provider_bc.sync.sql.registry import Registry
from airflow_provider_bc.sync.sql.shape import GONE, NUMBER, Shape
from airflow_provider_bc.sync.sql.stagings import Progress, Stagings
from airflow_provider_bc.sync.sql.transaction import transaction

PART_ROWS = 20_000
PART_BYTES = 16 * 2**20
"""How much is kept in memory before it is written."""


class SqlStaging:
    """Rows on their way, in a table of their own.

    :param registry: of the table.
    :param commits: of the company in the table.
    :param plan: of the load.
    :param schema: the columns of the rows.
    :param part_bytes: how much is kept in memory before it is written.
    """

    def __init__(
        self,
        registry: Registry,
        commits: Commits,
        plan: Plan,
        schema: pa.Schema,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._registry = registry
        self._commits = commits
        self._plan = plan
        self._schema = schema
        self._part_bytes = part_bytes
        self._engine = registry.engine
        self._place = str(registry)
        self._stagings = Stagings(registry.engine, registry.place)
        name = f"_bc_staging_{_digest(registry.name, plan.token or uuid4().hex)}"
        self._table = Shape(schema, plan.key, registry.engine.dialect).staged(name, registry.place)
        self._columns = b64encode(schema.serialize().to_pybytes()).decode()
        self._buffer: list[pa.RecordBatch] = []
        self._waiting = 0
        self._size = 0
        self._stored = 0
        self._next = 0
        self._begun: bytes | None = None  # the position of the earlier attempt
        self._reached: bytes | None = None  # that of the rows in memory
        self._durable: bytes | None = None  # that of the rows in the database
        self._done = False

    @property
    def position(self) -> bytes | None:
        """What an earlier attempt gave with its last durable rows; None to read from the start."""
        return self._begun

    @property
    def rows(self) -> int:
        """How many rows are staged, but of changes only those that are not stored already."""
        if self._plan.kind == "changes" and self._plan.last is not None:
            self._flush()
            self._stored = retried(self._place, self._reduce)
        return self._stored + self._waiting

    def begin(self) -> None:
        """Go on with the staging table of an earlier attempt, or make one."""
        retried(self._place, self._begin)

    def _begin(self) -> None:
        self._stagings.remove_stale()
        found = self._stagings.take(self._table.name, self._columns)
        if (
            found.position is not None
            and found.columns == self._columns
            and shape.exists(self._engine, self._table)
        ):
            self._begun = self._durable = found.position
            self._stored = found.rows
            self._next = self._first_free_number()
            return
        shape.drop(self._engine, self._table)
        shape.create(self._engine, self._table)
        with transaction(self._engine) as connection:
            self._hold(connection, None, 0)

    def write(self, batch: pa.RecordBatch, position: bytes | None) -> None:
        """Add rows; they become durable with the position after them, some thousand at a time.

        :param batch: of the schema that the staging was given.
        :param position: where the read stands after these rows.
        :raises Conflict: when a later attempt at the same work has taken over.
        """
        self._buffer.append(batch)
        self._waiting += batch.num_rows
        self._size += batch.nbytes
        self._reached = position
        if self._waiting >= PART_ROWS or self._size >= self._part_bytes:
            self._flush()

    def keys(self) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every staged row."""
        self._flush()
        return self._keys()

    def _keys(self) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([self._schema.field(name) for name in self._plan.key])
        columns = [self._table.c[name] for name in schema.names]
        with translated(self._place):
            yield from batches(self._engine, sa.select(*columns), schema)

    def commit(self, commit: Commit, gone: pa.Table) -> Commit:
        """Merge the rows, remove those that are gone, and note the commit, in one transaction.

        :param commit: what shall be known of the table from now on.
        :param gone: the key columns of the rows that are no longer there.
        :return: the commit with its counts.
        :raises Conflict: when another run has committed meanwhile.
        """
        self._flush()
        target = retried(self._place, self._prepare)
        made = retried(self._place, lambda: self._merge(target, commit, gone))
        self._done = True
        retried(self._place, lambda: self._stagings.remove(self._table.name))
        return made

    def _prepare(self) -> sa.Table:
        self._commits.prepare()
        return self._registry.prepare(self._plan.source, self._schema, self._plan.key)

    def _merging(self, target: sa.Table) -> Merge:
        plan = self._plan
        stamp = plan.stamp if plan.stamp in self._schema.names else None
        company, dialect = plan.source.company_id, self._engine.dialect
        return Merge(target, self._table, company, plan.key, stamp, dialect)

    def _merge(self, target: sa.Table, commit: Commit, gone: pa.Table) -> Commit:
        merge, plan = self._merging(target), self._plan
        with transaction(self._engine) as connection:
            self._commits.advance(connection, commit)
            self._stagings.leave(connection, self._table.name)
            if gone.num_rows:
                load(connection, self._table, self._marked(gone))
            self._look_at(connection)
            deleted = 0
            if gone.num_rows:
                deleted = merge.remove(connection, plan.policy.deletes, datetime.now(UTC))
            rows = merge.apply(connection)
            if plan.kind == "snapshot" and plan.policy.deletes == "hard":
                merge.forget_gone(connection)
            made = replace(commit, rows=rows, deleted=deleted)
            self._commits.note(connection, made)
        return made

    def end(self) -> None:
        """Keep what a next attempt can go on from, and nothing else."""
        resumable = self._plan.token is not None and self._durable is not None
        if self._done or resumable:
            return
        # No error of this may hide the one that led here; what remains is removed after a day.
        with suppress(SQLAlchemyError, BusinessCentralError):
            with transaction(self._engine) as connection:
                self._stagings.leave(connection, self._table.name)
            self._stagings.remove(self._table.name)

    def _flush(self) -> None:
        """Make the rows durable, together with the position after them."""
        if not self._buffer:
            return
        retried(self._place, self._store)
        self._durable = self._reached
        self._stored += self._waiting
        self._next += self._waiting
        self._buffer, self._waiting, self._size = [], 0, 0

    def _store(self) -> None:
        with transaction(self._engine) as connection:
            self._hold(connection, self._reached, self._stored + self._waiting)
            load(connection, self._table, self._numbered())

    def _reduce(self) -> int:
        """Take out what is stored already; that is for good, since no other run may commit."""
        entry = self._registry.read()
        if not self._stored or entry is None or follow(entry.schema, self._schema)[1]:
            return self._stored
        stored = Shape(entry.schema, entry.key, self._engine.dialect)
        target = stored.target(self._registry.name, self._registry.place)
        with transaction(self._engine) as connection:
            self._hold(connection, self._durable, self._stored)
            self._commits.check(connection, self._plan.sequence - 1)
            self._look_at(connection)
            left = self._merging(target).reduce(connection, empty=False)
            self._hold(connection, self._durable, left)
        return left

    def _first_free_number(self) -> int:
        with self._engine.connect() as connection:
            highest = sa.select(sa.func.max(self._table.c[NUMBER]))
            found: int | None = connection.scalars(highest).one()
        return 0 if found is None else found + 1

    def _hold(self, connection: sa.Connection, position: bytes | None, rows: int) -> None:
        progress = Progress(position, rows, self._columns)
        self._stagings.hold(connection, self._table.name, progress)

    def _numbered(self) -> Iterator[pa.RecordBatch]:
        first = self._next
        for batch in self._buffer:
            yield batch.append_column(NUMBER, _numbers(first, batch.num_rows))
            first += batch.num_rows

    def _marked(self, gone: pa.Table) -> list[pa.RecordBatch]:
        """Give the keys of rows that are gone as rows of the staging table."""
        marked = gone.append_column(NUMBER, _numbers(self._next, gone.num_rows))
        marks = pa.repeat(pa.scalar(1, pa.int16()), gone.num_rows)
        batches: list[pa.RecordBatch] = marked.append_column(GONE, marks).to_batches()
        return batches

    def _look_at(self, connection: sa.Connection) -> None:
        """Let PostgreSQL look at the table before it plans: it takes a new one to be small."""
        if self._engine.name == "postgresql":
            names = self._engine.dialect.identifier_preparer
            columns = ", ".join(names.quote_identifier(name) for name in (GONE, *self._plan.key))
            connection.exec_driver_sql(f"ANALYZE {names.format_table(self._table)} ({columns})")


def _numbers(first: int, count: int) -> pa.Array:
    return pa.array(range(first, first + count), pa.int64())


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:20]
