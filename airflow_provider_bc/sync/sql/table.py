"""One table of a database as a destination: it holds the rows of many companies, each its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import pyarrow as pa
import sqlalchemy as sa

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.commit import DELETED_AT, Commit, Source
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.sql.commits import Commits
from airflow_provider_bc.sync.sql.failures import translated
from airflow_provider_bc.sync.sql.reading import batches
from airflow_provider_bc.sync.sql.registry import Registry
from airflow_provider_bc.sync.sql.shape import COMPANY, Shape
from airflow_provider_bc.sync.sql.staging import PART_BYTES, SqlStaging
from airflow_provider_bc.sync.sql.types import encoded

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite", "duckdb", "mssql")
_MANY = 1000


class SqlTable:
    """The rows of one company in a table.

    Beside it stand the tables of `registry`, `commits` and `stagings`, in the same schema.

    :param engine: of the database.
    :param name: of the table.
    :param company_id: GUID of the company.
    :param schema: the schema of the table, None for the default one.
    :param part_bytes: how much is kept in memory before it is written.
    :raises ConfigurationError: for a database whose dialect this package does not speak.
    """

    def __init__(
        self,
        engine: sa.Engine,
        name: str,
        company_id: str,
        schema: str | None = None,
        part_bytes: int = PART_BYTES,
    ) -> None:
        if engine.name not in DIALECTS:
            raise ConfigurationError(
                f"The dialect of the database is {engine.name!r}.",
                remedy=f"Tables are written to {', '.join(DIALECTS)}.",
            )
        self.engine = engine
        self.name = name
        self.company_id = company_id
        self.place = schema
        self.part_bytes = part_bytes

    def __str__(self) -> str:
        return f"{self.place}.{self.name}" if self.place else self.name

    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None:
        """Give the newest commit of the company, None where there is none.

        :param source: where the rows must have come from.
        :param same_query: whether they must have been read by the same query, too.
        :raises ConfigurationError: when the table holds something else.
        """
        with translated(str(self)):
            entry = self._registry.read()
            commit = None if entry is None else self._commits.last()
        if entry is not None:
            entry.check(source, str(self))
        if commit is not None:
            commit.check_source(source, str(self), same_query=same_query)
        return commit

    def schema(self) -> pa.Schema | None:
        """Give the columns as they are stored, None for a table that is not there yet."""
        with translated(str(self)):
            entry = self._registry.read()
        return None if entry is None else entry.schema

    def live_keys(
        self,
        key: tuple[str, ...],
        within: tuple[str, pa.Array] | None = None,
        also: tuple[str, ...] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every row of the company that is there.

        :param key: their names.
        :param within: a column and its values, to give only the rows that have one of them.
        :param also: other columns to give with them.
        """
        with translated(str(self)):
            yield from self._live((*key, *also), within)

    def _live(
        self, key: tuple[str, ...], within: tuple[str, pa.Array] | None
    ) -> Iterator[pa.RecordBatch]:
        entry = self._registry.read()
        if entry is None:
            return
        dialect = self.engine.dialect
        target = Shape(entry.schema, entry.key, dialect).target(self.name, self.place)
        query = sa.select(*(target.c[name] for name in key)).where(
            target.c[COMPANY] == self.company_id, target.c[DELETED_AT].is_(None)
        )
        schema = pa.schema([entry.schema.field(name) for name in key])
        if within is None:
            yield from batches(self.engine, query, schema)
            return
        name, wanted = within
        values = encoded(wanted.unique(), dialect).to_pylist()
        for start in range(0, len(values), _MANY):
            some = query.where(target.c[name].in_(values[start : start + _MANY]))
            yield from batches(self.engine, some, schema)

    @contextmanager
    def staging(self, plan: Plan, schema: pa.Schema) -> Iterator[SqlStaging]:
        """Begin a load, or go on where an earlier attempt of the same task stopped.

        :param plan: of the load.
        :param schema: the columns of the rows.
        """
        with translated(str(self)):
            staging = SqlStaging(self._registry, self._commits, plan, schema, self.part_bytes)
        try:
            staging.begin()
            yield staging
        finally:
            staging.end()

    @cached_property
    def _connected(self) -> sa.Engine:
        """The engine after its first connection, which tells MariaDB from MySQL."""
        self.engine.connect().close()
        return self.engine

    @cached_property
    def _registry(self) -> Registry:
        return Registry(self._connected, self.name, self.place)

    @cached_property
    def _commits(self) -> Commits:
        return Commits(self._connected, self.name, self.place, self.company_id)
