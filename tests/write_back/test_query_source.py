"""Queries of several databases, row by row."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.write_back.query_source import rows_of_query

GUID = UUID("5d115c9c-44e3-ea11-bb43-000d3a2feca1")


@pytest.fixture
def sqlite(tmp_path: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{tmp_path}/source.sqlite", poolclass=sa.NullPool)


def test_rows_by_column(sqlite: sa.Engine) -> None:
    query = "SELECT 'A' AS number, 1.5 AS price, NULL AS day UNION ALL SELECT 'B%', 2, ':x'"
    assert [*rows_of_query(sqlite, query)] == [
        {"number": "A", "price": 1.5, "day": None},
        {"number": "B%", "price": 2, "day": ":x"},
    ]


@pytest.mark.parametrize(("sql", "given"), [("?", ["A"]), ("?", ("A",)), (":name", {"name": "A"})])
def test_parameters_in_the_style_of_the_driver(
    sqlite: sa.Engine, sql: str, given: list[str] | tuple[str] | dict[str, str]
) -> None:
    assert [*rows_of_query(sqlite, f"SELECT {sql} AS number", given)] == [{"number": "A"}]


def test_two_columns_of_one_name_are_refused(sqlite: sa.Engine) -> None:
    with pytest.raises(ConfigurationError, match="The query gives a twice"):
        next(rows_of_query(sqlite, "SELECT 1 AS a, 2 AS a"))


def test_a_statement_without_rows_is_refused(sqlite: sa.Engine) -> None:
    with pytest.raises(ConfigurationError, match="returns no rows"):
        next(rows_of_query(sqlite, "CREATE TABLE t (a INT)"))


def test_duckdb_gives_exact_values(tmp_path: Path) -> None:
    engine = sa.create_engine(f"duckdb:///{tmp_path}/source.duckdb", poolclass=sa.NullPool)
    query = (
        f"SELECT 0.10::DECIMAL(38, 20) AS price, DATE '2026-03-01' AS day, '{GUID}'::UUID AS id, "
        "TIMESTAMP '2026-03-01 12:00:00' AS at FROM range(2500)"
    )
    rows = [*rows_of_query(engine, query)]
    assert len(rows) == 2500
    assert rows[0] == {
        "price": Decimal("0.1"),
        "day": date(2026, 3, 1),
        "id": GUID,
        "at": datetime(2026, 3, 1, 12),  # noqa: DTZ001 - the database knows no zone
    }


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_postgresql_keeps_what_was_not_asked_for(postgresql: int, driver: str) -> None:
    engine = sa.create_engine(f"postgresql+{driver}://bc@127.0.0.1:{postgresql}/postgres")
    query = "SELECT generate_series(1, 30000000) AS number, 0.10 AS price, '10 %' AS note"
    rows = rows_of_query(engine, query)  # all of them would take gigabytes
    assert [*islice(rows, 2)] == [
        {"number": 1, "price": Decimal("0.10"), "note": "10 %"},
        {"number": 2, "price": Decimal("0.10"), "note": "10 %"},
    ]
    rows.close()
    engine.dispose()
