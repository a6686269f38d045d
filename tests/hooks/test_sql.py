"""Connections of Airflow, as users write them, and a load through each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from airflow.sdk.exceptions import AirflowOptionalProviderFeatureException

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.sql import sql_engine
from airflow_provider_bc.sync.sql import SqlTable
from tests.sync.conformance_rows import COMPANY, SOURCE, load, plan, row

Connect = Callable[..., sa.Engine]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Make a connection, then an engine from it."""
    engines = []

    def connect(**connection: Any) -> sa.Engine:
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(connection))
        engines.append(sql_engine("warehouse"))
        return engines[-1]

    yield connect
    for engine in engines:
        engine.dispose()


def assert_loads(engine: sa.Engine, schema: str | None = None) -> None:
    assert engine.hide_parameters
    if schema:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema))
    table = SqlTable(engine, "customers", COMPANY, schema)
    load(table, [row("a"), row("b")], plan(table, "snapshot"))
    found = table.last_commit(SOURCE)
    assert found is not None
    assert found.rows == 2


def test_postgresql(postgresql: int, connect: Connect) -> None:
    engine = connect(
        conn_type="postgres", host="127.0.0.1", port=postgresql, login="bc", schema="postgres"
    )

    assert engine.driver in ("psycopg", "psycopg2")
    assert_loads(engine, f"s_{uuid4().hex}")


def test_mariadb(mariadb: int, connect: Connect) -> None:
    client = {"client": "pymysql", "charset": "utf8mb4"}
    engine = connect(conn_type="mysql", host="127.0.0.1", port=mariadb, login="bc", extra=client)

    assert engine.driver == "pymysql"
    assert_loads(engine, f"s_{uuid4().hex}")


def test_sqlite(tmp_path: Path, connect: Connect) -> None:
    engine = connect(conn_type="sqlite", host=str(tmp_path / "bc.sqlite"))

    assert_loads(engine)
    assert (tmp_path / "bc.sqlite").exists()


@pytest.mark.parametrize(("options", "wait"), [({}, 60_000), ({"timeout": "7"}, 7000)])
def test_sqlite_waits_for_other_writers(
    tmp_path: Path, connect: Connect, options: dict[str, str], wait: int
) -> None:
    engine = connect(conn_type="sqlite", host=str(tmp_path / "bc.sqlite"), extra=options)

    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == wait


def test_duckdb(tmp_path: Path, connect: Connect) -> None:
    engine = connect(conn_type="duckdb", host=str(tmp_path / "bc.duckdb"))

    assert_loads(engine)
    assert (tmp_path / "bc.duckdb").exists()


@pytest.mark.parametrize("conn_type", ["sqlite", "duckdb"])
def test_a_database_in_memory_is_refused(connect: Connect, conn_type: str) -> None:
    with pytest.raises(ConfigurationError, match="names no file"):
        connect(conn_type=conn_type)


@pytest.mark.parametrize("conn_type", ["business_central", "nobody_knows_this"])
def test_what_is_no_database_is_refused(connect: Connect, conn_type: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{conn_type}', which is no SQL database"):
        connect(conn_type=conn_type, host="h")


def test_a_provider_that_is_missing_is_named_with_its_extra(connect: Connect) -> None:
    with pytest.raises(AirflowOptionalProviderFeatureException, match=r"provider-bc\[mssql\]"):
        connect(conn_type="mssql", host="h")


def test_a_driver_that_is_missing_is_named_with_its_extra(connect: Connect) -> None:
    with pytest.raises(AirflowOptionalProviderFeatureException, match=r"MySQLdb.*bc\[mysql\]"):
        connect(conn_type="mysql", host="h")
