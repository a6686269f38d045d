"""The newest commit of each company in each table."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from airflow_provider_bc.sync.columns import TIMESTAMP
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.sql import shape
from airflow_provider_bc.sync.sql.failures import conflict
from airflow_provider_bc.sync.sql.registry import LONGEST_NAME
from airflow_provider_bc.sync.sql.shape import GUID, column
from airflow_provider_bc.sync.sql.transaction import transaction
from airflow_provider_bc.sync.sql.types import column_type, encoded, text

COMMITS = "_bc_commits"


class Commits:
    """The newest commit of one company in one table.

    :param engine: of the database.
    :param name: of the table.
    :param place: the schema it is in, None for the default one.
    :param company_id: GUID of the company.
    """

    def __init__(self, engine: sa.Engine, name: str, place: str | None, company_id: str) -> None:
        self.engine = engine
        self.name = name
        self.place = place
        self.company_id = company_id
        dialect = engine.dialect
        self.table = shape.table(
            COMMITS,
            place,
            column("table_name", text(dialect, LONGEST_NAME), primary_key=True),
            column("company_id", text(dialect, GUID), primary_key=True),
            column("sequence", sa.Integer(), nullable=False),
            column("run", text(dialect, GUID), nullable=False),
            column("details", text(dialect), nullable=False),
            column("updated_at", column_type(TIMESTAMP, dialect), nullable=False),
        )
        self._mine = sa.and_(self.table.c.table_name == name, self.table.c.company_id == company_id)

    def last(self) -> Commit | None:
        """Give the newest commit, None where there is none."""
        if not shape.exists(self.engine, self.table):
            return None
        with self.engine.connect() as connection:
            found = connection.scalar(sa.select(self.table.c.details).where(self._mine))
        return None if found is None else Commit.decoded(found, f"{COMMITS} of {self.name}")

    def prepare(self) -> None:
        """Make the table of commits where it is not there yet; forget those of a dropped table.

        To be called before the table itself is made: a commit that was there when the table was
        not is of one that somebody dropped, to load it again. In this order, and by their runs,
        none is forgotten that another run makes meanwhile: not every database can create a table
        and delete rows in one transaction.
        """
        shape.create(self.engine, self.table)
        ours = self.table.c.table_name == self.name
        with self.engine.connect() as connection:
            runs = connection.scalars(sa.select(self.table.c.run).where(ours)).all()
        if not runs or shape.exists(self.engine, shape.table(self.name, self.place)):
            return
        with transaction(self.engine) as connection:
            for run in runs:
                connection.execute(sa.delete(self.table).where(ours, self.table.c.run == run))

    def check(self, connection: sa.Connection, sequence: int) -> None:
        """Refuse to go on from anything but the newest commit.

        :param connection: in a transaction.
        :param sequence: of the commit to go on from.
        :raises Conflict: when another run has committed meanwhile.
        """
        if connection.scalars(sa.select(self.table.c.sequence).where(self._mine)).one() != sequence:
            raise conflict(self.name)

    def advance(self, connection: sa.Connection, commit: Commit) -> None:
        """Take the turn: from here on no other run can, until this transaction ends.

        :param connection: in the transaction of the merge.
        :param commit: the one to be made.
        :raises Conflict: when it is somebody else's turn.
        """
        run = str(uuid4())
        values = {"sequence": commit.sequence, "run": run, **self._values(commit)}
        if commit.sequence == 1:
            both = {"table_name": self.name, "company_id": self.company_id}
            try:
                connection.execute(sa.insert(self.table).values(both | values))
            except IntegrityError:
                raise conflict(self.name) from None
            return
        before = self.table.c.sequence == commit.sequence - 1
        connection.execute(sa.update(self.table).where(self._mine, before).values(values))
        if connection.scalar(sa.select(self.table.c.run).where(self._mine)) != run:
            raise conflict(self.name)

    def note(self, connection: sa.Connection, commit: Commit) -> None:
        """Write down the commit with its counts.

        :param connection: in the transaction of the merge.
        :param commit: as it was made.
        """
        connection.execute(sa.update(self.table).where(self._mine).values(self._values(commit)))

    def _values(self, commit: Commit) -> dict[str, object]:
        now = encoded(pa.array([datetime.now(UTC)], TIMESTAMP), self.engine.dialect)[0].as_py()
        return {"details": commit.encoded().decode(), "updated_at": now}
