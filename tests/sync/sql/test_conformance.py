from __future__ import annotations

import pytest

from tests.sync.destination_conformance import DestinationConformance
from tests.sync.sql.stores import SqlStore


class TestPsycopg(DestinationConformance):
    @pytest.fixture
    def store(self, psycopg: SqlStore) -> SqlStore:
        return psycopg


class TestPsycopg2(DestinationConformance):
    @pytest.fixture
    def store(self, psycopg2: SqlStore) -> SqlStore:
        return psycopg2


class TestMariaDB(DestinationConformance):
    @pytest.fixture
    def store(self, pymysql: SqlStore) -> SqlStore:
        return pymysql


class TestSqlite(DestinationConformance):
    @pytest.fixture
    def store(self, sqlite: SqlStore) -> SqlStore:
        return sqlite


class TestDuckDB(DestinationConformance):
    @pytest.fixture
    def store(self, duckdb: SqlStore) -> SqlStore:
        return duckdb
