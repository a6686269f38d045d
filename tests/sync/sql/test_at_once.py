"""Two runs at the same moment, and what a database refuses."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from airflow_provider_bc.errors import Conflict
from airflow_provider_bc.sync.sql import shape
from airflow_provider_bc.sync.sql.commits import Commits
from airflow_provider_bc.sync.sql.registry import Entry, Registry
from airflow_provider_bc.sync.sql.stagings import Stagings
from tests.sync.conformance_rows import COMPANY, SCHEMA, SOURCE
from tests.sync.sql.stores import NAME, SqlStore

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def test_of_two_attempts_that_begin_at_the_same_moment_one_is_a_conflict(
    psycopg2: SqlStore,
) -> None:
    mine = Stagings(psycopg2.another(), psycopg2.schema)
    theirs = Stagings(psycopg2.another(), psycopg2.schema)
    shape.create(mine.engine, mine.table)
    values = {"name": "s", "owner": mine.owner, "rows": 0, "columns": "", "touched": 0}
    with ThreadPoolExecutor(1) as pool:
        with mine.engine.begin() as connection:
            connection.execute(sa.insert(mine.table).values(values))
            late = pool.submit(theirs.take, "s", "")
            with psycopg2.engine.connect() as looking:
                while not looking.scalar(sa.text(WAITING)):
                    time.sleep(0.01)
                    looking.rollback()
        with pytest.raises(Conflict):
            late.result(10)


def test_a_database_without_a_commit_has_none(sqlite: SqlStore) -> None:
    assert Commits(sqlite.another(), NAME, None, COMPANY).last() is None


class Overtaken(Registry):
    """Others store their columns each time, a moment earlier."""

    def _replace(self, entry: Entry) -> bool:
        del entry
        return False


def test_a_table_whose_columns_others_change_all_the_time_is_a_conflict(sqlite: SqlStore) -> None:
    Registry(sqlite.another(), NAME, None).prepare(SOURCE, SCHEMA, ("id",))
    wider = SCHEMA.append(SCHEMA.field("group").with_name("more"))

    with pytest.raises(Conflict, match="Another run is writing to"):
        Overtaken(sqlite.another(), NAME, None).prepare(SOURCE, wider, ("id",))


class NoType(sa.types.UserDefinedType[str]):
    def get_col_spec(self, **_: object) -> str:
        return ") ("


def test_a_column_that_cannot_be_added_is_told(sqlite: SqlStore) -> None:
    engine = sqlite.another()
    shape.create(engine, shape.table("some", None, shape.column("id", sa.Text())))
    wanted = shape.table(
        "some", None, shape.column("id", sa.Text()), shape.column("more", NoType())
    )

    with pytest.raises(DBAPIError, match="syntax error"):
        shape.add_columns(engine, wanted)
