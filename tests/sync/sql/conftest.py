"""Databases as stores; a schema of its own for each test where a server is behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.sync.sql.stores import SqlStore


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqlStore]:
    yield from _store(f"sqlite:///{tmp_path / 'bc.sqlite'}")


@pytest.fixture
def duckdb(tmp_path: Path) -> Iterator[SqlStore]:
    yield from _store(f"duckdb:///{tmp_path / 'bc.duckdb'}")


@pytest.fixture
def psycopg(postgresql: int) -> Iterator[SqlStore]:
    yield from _in_a_new_schema(f"postgresql+psycopg://bc@127.0.0.1:{postgresql}/postgres")


@pytest.fixture
def psycopg2(postgresql: int) -> Iterator[SqlStore]:
    yield from _in_a_new_schema(f"postgresql+psycopg2://bc@127.0.0.1:{postgresql}/postgres")


@pytest.fixture
def pymysql(mariadb: int) -> Iterator[SqlStore]:
    yield from _in_a_new_schema(f"mysql+pymysql://bc@127.0.0.1:{mariadb}/")


@pytest.fixture(params=["psycopg", "psycopg2", "pymysql", "sqlite", "duckdb"])
def any_store(request: pytest.FixtureRequest) -> SqlStore:
    store: SqlStore = request.getfixturevalue(request.param)
    return store


def _store(url: str, schema: str | None = None) -> Iterator[SqlStore]:
    store = SqlStore(url, schema)
    yield store
    store.close()


def _in_a_new_schema(url: str) -> Iterator[SqlStore]:
    engine = sa.create_engine(url)
    name = f"s_{uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    yield from _store(url, name)
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=engine.name == "postgresql"))
    engine.dispose()
