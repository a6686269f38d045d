"""Staged rows into the table: each statement small, all of them one transaction.

Rows that are stored already, value for value, are taken out of the staging table first. What is
left is what changed: it is counted, and put into the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from airflow_provider_bc.sync.columns import TIMESTAMP
from airflow_provider_bc.sync.commit import DELETED_AT
from airflow_provider_bc.sync.policy import Deletes
from airflow_provider_bc.sync.sql.shape import COMPANY, GONE, NUMBER
from airflow_provider_bc.sync.sql.types import encoded

_MANY = 1000
"""How many values one statement names: SQL Server takes no more than 2100."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The statements of one merge.

    :param target: the table.
    :param staged: the rows, and the keys of those that are gone.
    :param company_id: whose rows they are.
    :param key: the names of the key columns; none for a table that is replaced.
    :param stamp: the column that says which of two versions is newer.
    :param dialect: of the database.
    """

    target: sa.Table
    staged: sa.Table
    company_id: str
    key: tuple[str, ...]
    stamp: str | None
    dialect: sa.Dialect

    def apply(self, connection: sa.Connection) -> int:
        """Put the staged rows into the table.

        :param connection: in a transaction.
        :return: how many rows were new or had changed.
        """
        there = sa.select(sa.literal(1)).select_from(self.target).where(self._ours)
        empty = connection.scalar(there.limit(1)) is None
        if self.key:
            rows = self.reduce(connection, empty=empty)
        else:
            connection.execute(sa.delete(self.target).where(self._ours))
            rows = self._count(connection, sa.select(sa.func.count()).select_from(self.staged))
        if rows:
            for statement in self.put(empty=empty or not self.key):
                connection.execute(statement)
        return rows

    def reduce(self, connection: sa.Connection, *, empty: bool) -> int:
        """Leave one version of each staged row, and none of those that are stored already.

        :param connection: in a transaction.
        :param empty: whether the table has no row of this company.
        :return: how many rows are left.
        """
        self._keep_newest(connection)
        if not empty:
            connection.execute(self._delete_stored())
        return self._count(connection, sa.select(sa.func.count()).select_from(self.staged))

    def remove(self, connection: sa.Connection, deletes: Deletes, now: datetime) -> int:
        """Remove the rows whose keys are staged as gone.

        :param connection: in a transaction.
        :param deletes: whether a row is deleted, or marked.
        :param now: the mark.
        :return: how many rows were there.
        """
        gone = sa.and_(
            self._same_key, self.staged.c[GONE] == 1, self.target.c[DELETED_AT].is_(None)
        )
        number = self._count(
            connection,
            sa.select(sa.func.count()).select_from(self.staged.join(self.target, gone)),
        )
        if number and deletes == "hard":
            connection.execute(self._delete_target(gone))
        elif number:
            mark = encoded(pa.array([now], TIMESTAMP), self.dialect)[0].as_py()
            change = sa.update(self.target).where(gone).values({DELETED_AT: mark})
            connection.execute(change)
        connection.execute(sa.delete(self.staged).where(self.staged.c[GONE] == 1))
        return number

    def forget_gone(self, connection: sa.Connection) -> None:
        """Delete the rows that earlier loads have marked as gone, and this one has not met.

        :param connection: in a transaction.
        """
        marked = self.target.c[DELETED_AT].is_not(None)
        connection.execute(sa.delete(self.target).where(self._ours, marked))

    def put(self, *, empty: bool) -> Iterable[sa.Executable]:
        """Say how to insert rows, or to replace those that are there.

        :param empty: whether none is there.
        """
        names = [COMPANY, DELETED_AT, *self._columns]
        company = sa.literal(self.company_id, self.target.c[COMPANY].type).label(COMPANY)
        present = sa.null().label(DELETED_AT)
        rows = sa.select(company, present, *(self.staged.c[name] for name in self._columns))
        plain = sa.insert(self.target).from_select(names, rows)
        if empty:
            return [plain]
        others = [name for name in names if name not in (COMPANY, *self.key)]
        if self.dialect.name in ("postgresql", "duckdb", "sqlite"):
            insert = sqlite.insert if self.dialect.name == "sqlite" else postgresql.insert
            # SQLite takes ON for a join unless there is a WHERE
            upsert = insert(self.target).from_select(names, rows.where(sa.true()))
            return [
                upsert.on_conflict_do_update(
                    index_elements=[self.target.c[name] for name in (COMPANY, *self.key)],
                    set_={name: upsert.excluded[name] for name in others},
                )
            ]
        # MySQL's ON DUPLICATE KEY would lock gaps between keys, and meet that of other companies.
        return [self._delete_target(self._same_key), plain]

    @property
    def _columns(self) -> list[str]:
        return [one.name for one in self.staged.columns if one.name not in (NUMBER, GONE)]

    @property
    def _ours(self) -> sa.ColumnElement[bool]:
        return self.target.c[COMPANY] == self.company_id

    @property
    def _same_key(self) -> sa.ColumnElement[bool]:
        same = [self.staged.c[name] == self.target.c[name] for name in self.key]
        return sa.and_(self._ours, *same)

    def _count(self, connection: sa.Connection, query: sa.Select[Any]) -> int:
        return connection.scalar(query) or 0

    def _keep_newest(self, connection: sa.Connection) -> None:
        """Leave one version of each row: pages shift while rows change, and bring some twice."""
        keys = [self.staged.c[name] for name in self.key]
        twice = sa.select(sa.literal(1)).select_from(self.staged).group_by(*keys)
        if not connection.scalars(twice.having(sa.func.count() > 1).limit(1)).all():
            return
        order: list[sa.ColumnElement[Any]] = [self.staged.c[NUMBER].desc()]
        if self.stamp is not None:
            stamp = self.staged.c[self.stamp]
            order = [sa.case((stamp.is_(None), 1), else_=0), stamp.desc(), *order]
        rank = sa.func.row_number().over(partition_by=keys, order_by=order).label("version")
        ranked = sa.select(self.staged.c[NUMBER], rank).subquery()
        older = sa.select(ranked.c[NUMBER]).where(ranked.c.version > 1)
        for some in _chunks(list(connection.scalars(older))):
            connection.execute(sa.delete(self.staged).where(self.staged.c[NUMBER].in_(some)))

    def _delete_stored(self) -> sa.Delete:
        same = [
            self.staged.c[name].is_not_distinct_from(self.target.c[name])
            for name in self._columns
            if name not in self.key
        ]
        live = self.target.c[DELETED_AT].is_(None)
        stored = sa.select(sa.literal(1)).select_from(self.target)
        return sa.delete(self.staged).where(stored.where(self._same_key, live, *same).exists())

    def _delete_target(self, condition: sa.ColumnElement[bool]) -> sa.Delete:
        """Delete what the staging table leads to."""
        if self.dialect.name != "sqlite":
            return sa.delete(self.target).where(condition)
        keys = sa.tuple_(*(self.target.c[name] for name in self.key))
        found = sa.select(*(self.target.c[name] for name in self.key))
        found = found.select_from(self.staged.join(self.target, condition))
        return sa.delete(self.target).where(self._ours, keys.in_(found))


def _chunks(values: list[Any]) -> Iterable[list[Any]]:
    return (values[start : start + _MANY] for start in range(0, len(values), _MANY))
