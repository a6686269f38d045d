"""SQL for a server that no test can start here: what would be sent to SQL Server."""

from __future__ import annotations

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql

from airflow_provider_bc.sync.sql.merge import Merge
from airflow_provider_bc.sync.sql.shape import Shape
from airflow_provider_bc.sync.sql.types import column_type
from tests.sync.conformance_rows import WIDE

SERVER = mssql.dialect()  # type: ignore[no-untyped-call]


def sent(statement: sa.Executable | sa.schema.ExecutableDDLElement) -> str:
    compiled = statement.compile(dialect=SERVER)  # type: ignore[union-attr]
    return " ".join(str(compiled).split())


def test_a_table_of_sql_server() -> None:
    target = Shape(WIDE, ("id",), SERVER).target("order", "bc")

    words = sent(sa.schema.CreateTable(target))

    assert words.startswith("CREATE TABLE [bc].[order] ( [_company_id] NVARCHAR(36)")
    assert "[id] NVARCHAR(255) COLLATE Latin1_General_100_BIN2" in words
    assert "[moment] DATETIMEOFFSET(6) NULL" in words
    assert "[decimal] NUMERIC(38, 20) NULL" in words
    assert "[struct] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL" in words
    assert words.endswith("PRIMARY KEY ([_company_id], [id]) )")


def test_a_merge_of_sql_server() -> None:
    shape = Shape(WIDE, ("id",), SERVER)
    merge = Merge(
        shape.target("order", None), shape.staged("new", None), "c", ("id",), None, SERVER
    )

    delete, insert = (sent(one) for one in merge.put(empty=False))

    assert delete.startswith("DELETE FROM [order] FROM [order], [new] WHERE")
    assert insert.startswith("INSERT INTO [order] ([_company_id], [_deleted_at], [id]")


@pytest.mark.parametrize(
    ("maria", "collation"), [(True, "utf8mb4_nopad_bin"), (False, "utf8mb4_0900_bin")]
)
def test_texts_of_mariadb_and_mysql_are_compared_exactly(*, maria: bool, collation: str) -> None:
    dialect = mysql.dialect(is_mariadb=maria)

    kind = column_type(pa.string(), dialect).compile(dialect=dialect)

    assert kind == f"LONGTEXT CHARACTER SET utf8mb4 COLLATE {collation}"
