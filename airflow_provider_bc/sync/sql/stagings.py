"""Who writes into a staging table, and up to which position its rows were read.

Rows and position become durable in one transaction. Of two attempts at the same work the later one
becomes the owner, and the earlier one finds that out at its next write.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from airflow_provider_bc.sync.sql import shape
from airflow_provider_bc.sync.sql.failures import conflict
from airflow_provider_bc.sync.sql.registry import LONGEST_NAME
from airflow_provider_bc.sync.sql.shape import GUID, column
from airflow_provider_bc.sync.sql.transaction import transaction
from airflow_provider_bc.sync.sql.types import text

STAGINGS = "_bc_stagings"
STALE = timedelta(days=1)
"""How long rows on their way wait for a retry."""

_NOBODY = ""


class Progress(NamedTuple):
    """How far the rows of a staging table reach.

    :param position: where the read goes on, None where it must begin again.
    :param rows: how many there are.
    :param columns: a text that says which columns they have.
    """

    position: bytes | None
    rows: int
    columns: str


class Stagings:
    """The staging tables of a schema, and this process as the owner of some.

    :param engine: of the database.
    :param place: the schema, None for the default one.
    """

    def __init__(self, engine: sa.Engine, place: str | None) -> None:
        self.engine = engine
        self.place = place
        self.owner = str(uuid4())
        dialect = engine.dialect
        self.table = shape.table(
            STAGINGS,
            place,
            column("name", text(dialect, LONGEST_NAME), primary_key=True),
            column("owner", text(dialect, GUID), nullable=False),
            column("position", sa.LargeBinary()),
            column("rows", sa.BigInteger(), nullable=False),
            column("columns", text(dialect), nullable=False),
            column("touched", sa.BigInteger(), nullable=False),
        )

    def take(self, name: str, columns: str) -> Progress:
        """Become the owner of a staging table that may not be there yet.

        :param name: of the staging table.
        :param columns: those that it is to have.
        :return: how far an earlier attempt came; with other columns, it came nowhere.
        """
        shape.create(self.engine, self.table)
        mine = self.table.c.name == name
        values = {"owner": self.owner, "touched": _now()}
        with transaction(self.engine) as connection:
            connection.execute(sa.update(self.table).where(mine).values(values))
            found = connection.execute(
                sa.select(self.table.c.position, self.table.c.rows, self.table.c.columns).where(
                    mine
                )
            ).one_or_none()
            if found is None:
                new = values | {"name": name, "rows": 0, "columns": columns}
                try:
                    connection.execute(sa.insert(self.table).values(new))
                except IntegrityError:  # another attempt came at the same moment
                    raise conflict(name) from None
                return Progress(None, 0, columns)
        position, rows, stored = found
        return Progress(None if position is None else bytes(position), rows, stored)

    def hold(self, connection: sa.Connection, name: str, progress: Progress) -> None:
        """Note how far the rows reach, in the transaction that writes them.

        :param connection: in that transaction.
        :param name: of the staging table.
        :param progress: with the rows to be written.
        :raises Conflict: when another attempt is the owner by now.
        """
        mine = self.table.c.name == name
        connection.execute(
            sa.update(self.table)
            .where(mine, self.table.c.owner == self.owner)
            .values(touched=_now(), **progress._asdict())
        )
        # Not every driver counts the rows of an update; this one has locked the entry, too.
        if connection.scalar(sa.select(self.table.c.owner).where(mine)) != self.owner:
            raise conflict(name)

    def leave(self, connection: sa.Connection, name: str) -> None:
        """Stop being the owner: the rows are of no use any more.

        :param connection: in a transaction, e.g. the one that merges the rows.
        :param name: of the staging table.
        :raises Conflict: when another attempt is the owner by now.
        """
        self.hold(connection, name, Progress(None, 0, ""))
        connection.execute(
            sa.update(self.table).where(self.table.c.name == name).values(owner=_NOBODY)
        )

    def remove(self, name: str) -> None:
        """Drop a staging table that was left.

        :param name: of the staging table.
        """
        shape.drop(self.engine, shape.table(name, self.place))
        left = sa.and_(self.table.c.name == name, self.table.c.owner == _NOBODY)
        with transaction(self.engine) as connection:
            connection.execute(sa.delete(self.table).where(left))

    def remove_stale(self) -> None:
        """Drop the staging tables that no attempt came back to."""
        if not shape.exists(self.engine, self.table):
            return
        old = self.table.c.touched < _now() - int(STALE.total_seconds())
        with transaction(self.engine) as connection:
            connection.execute(
                sa.update(self.table).where(old).values(owner=_NOBODY, position=None)
            )
            names = connection.scalars(sa.select(self.table.c.name).where(old)).all()
        for name in names:
            self.remove(name)


def _now() -> int:
    return int(time.time())
