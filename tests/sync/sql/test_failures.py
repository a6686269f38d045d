"""What databases say when something goes wrong, and what the task's log gets to see of it."""

from __future__ import annotations

import sqlite3
import traceback
from contextlib import closing

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from airflow_provider_bc.errors import (
    BusinessCentralError,
    ConfigurationError,
    Conflict,
    Unavailable,
    UnexpectedAnswer,
)
from airflow_provider_bc.sync.sql import SqlTable
from airflow_provider_bc.sync.sql.failures import retried, translated
from airflow_provider_bc.sync.sql.shape import table
from tests.sync.conformance_rows import (
    COMPANY,
    SCHEMA,
    SOURCE,
    batch,
    by_id,
    commit_of,
    keys_of,
    keys_table,
    load,
    plan,
    row,
)
from tests.sync.sql.stores import NAME, SqlStore

_VALUE = "nobody's business"


def test_errors_of_a_database_tell_no_value(any_store: SqlStore) -> None:
    destination = any_store.open()
    load(destination, [row("a")], plan(destination, "snapshot"))

    with pytest.raises((UnexpectedAnswer, Unavailable)) as caught:  # a key of null
        load(destination, [row("a", group=_VALUE) | {"id": None}])

    told = _told(caught.value)
    assert "The database says of " in told
    assert _VALUE not in told
    assert any_store.rows() == [row("a")]


def test_a_table_that_is_dropped_while_rows_come_is_no_final_failure(any_store: SqlStore) -> None:
    destination = any_store.open()
    load(destination, [row("a")], plan(destination, "snapshot"))

    with destination.staging(plan(destination), SCHEMA) as staging:
        with any_store.engine.begin() as connection:
            for name in any_store.leftovers():
                connection.execute(sa.schema.DropTable(table(name, any_store.schema)))
        staging.write(batch([row("b", group=_VALUE)]), None)
        with pytest.raises(Unavailable) as caught:
            staging.keys()

    assert _VALUE not in _told(caught.value)
    assert any_store.rows() == [row("a")]


def test_a_database_that_is_down_is_unavailable() -> None:
    down = SqlTable(sa.create_engine("postgresql+psycopg://bc@127.0.0.1:1/x"), NAME, COMPANY)

    with pytest.raises(Unavailable, match=r"The database says of order: .*refused.*try again"):
        down.last_commit(SOURCE)


def test_a_place_that_cannot_be_written_is_to_be_corrected(sqlite: SqlStore) -> None:
    load(sqlite.open(), [row("a")], plan(sqlite.open(), "snapshot"))
    engine = sa.create_engine(f"{sqlite.url.replace('///', '///file:')}?mode=ro&uri=true")

    with pytest.raises(ConfigurationError, match=r"readonly database.*grant"):
        load(SqlTable(engine, NAME, COMPANY), [row("b")])

    engine.dispose()


def test_a_schema_that_is_not_there_is_to_be_created(psycopg: SqlStore) -> None:
    nowhere = SqlTable(psycopg.another(), NAME, COMPANY, "nowhere")

    with pytest.raises(ConfigurationError, match=r"nowhere.* does not exist"):
        load(nowhere, [row("a")], plan(nowhere, "snapshot"))


def test_a_load_waits_for_another_writer(sqlite: SqlStore) -> None:
    """Of SQLite, which has one at a time; the engine itself waits for a tenth of a second."""
    engine = sa.create_engine(sqlite.url + "?timeout=0.1")
    destination = SqlTable(engine, NAME, COMPANY)
    load(destination, [row("a")], plan(destination, "snapshot"))
    work = plan(destination)
    other = sqlite3.connect(sqlite.url.removeprefix("sqlite:///"))
    refusals = []

    @sa.event.listens_for(engine, "handle_error")
    def make_way(context: sa.engine.ExceptionContext) -> None:
        refusals.append(str(context.original_exception))
        other.rollback()

    with closing(other), destination.staging(work, SCHEMA) as staging:
        staging.write(batch([row("b")]), None)
        other.execute("BEGIN IMMEDIATE")
        assert keys_of(staging.keys()) == [{"id": "b"}]
        staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

    assert refusals == ["database is locked"]
    assert by_id(sqlite.rows()) == [row("a"), row("b")]
    engine.dispose()


@pytest.mark.parametrize("code", [("sqlstate", "40001"), ("pgcode", "40P01"), ("args", (1213,))])
def test_what_databases_call_a_collision_is_a_conflict(code: tuple[str, object]) -> None:
    original = type("Original", (Exception,), {})()
    setattr(original, *code)

    with pytest.raises(Conflict, match="Another run is writing to here"), translated("here"):
        raise DBAPIError("UPDATE", {}, original)


@pytest.mark.parametrize(
    ("kind", "said", "becomes", "told"),
    [
        (OperationalError, ("disk is full",), Unavailable, "ValueError: disk is full See"),
        (OperationalError, (2006, "gone\nDETAIL: no"), Unavailable, "ValueError 2006: gone See"),
        (OperationalError, (1045, "no"), ConfigurationError, "ValueError 1045: no Correct"),
        (ProgrammingError, ("permission denied",), ConfigurationError, "permission denied Cor"),
        (ProgrammingError, (1146, "no table"), Unavailable, "ValueError 1146: no table See"),
        (ProgrammingError, (1064, "a value"), UnexpectedAnswer, "ValueError 1064[.] See"),
        (DataError, ("a value",), UnexpectedAnswer, "ValueError[.] See"),
        (OperationalError, (), Unavailable, "ValueError[.] See"),
    ],
)
def test_what_a_database_says_becomes_an_error_of_ours(
    kind: type[DBAPIError],
    said: tuple[object, ...],
    becomes: type[BusinessCentralError],
    told: str,
) -> None:
    with pytest.raises(becomes, match=f"of here: {told}|of here: .*{told}") as caught:
        _raise(kind("UPDATE", {"a": "a value"}, ValueError(*said)))

    assert "a value" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_no_connection_in_time_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="No connection for here"):
        _raise(PoolTimeout())


def test_a_collision_that_does_not_end_is_a_conflict() -> None:
    attempts = []

    def work() -> None:
        attempts.append(1)
        raise OperationalError("UPDATE", {}, ValueError("database is locked"))

    with pytest.raises(Conflict) as caught:
        retried("here", work)

    assert (type(caught.value), len(attempts)) == (Conflict, 5)


def _raise(error: Exception) -> None:
    with translated("here"):
        raise error


def _told(error: BaseException) -> str:
    """Give what the log of a task shows."""
    return "".join(traceback.format_exception(error))
