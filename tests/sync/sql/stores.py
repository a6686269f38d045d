"""Databases as stores of the conformance suite, and what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.types as is_type
import sqlalchemy as sa

from airflow_provider_bc.sync.commit import DELETED_AT
from airflow_provider_bc.sync.sql import SqlTable
from airflow_provider_bc.sync.sql.registry import Registry
from airflow_provider_bc.sync.sql.shape import COMPANY as COMPANY_COLUMN
from airflow_provider_bc.sync.sql.shape import Shape
from airflow_provider_bc.sync.sql.staging import PART_ROWS
from airflow_provider_bc.sync.sql.types import decoded
from tests.sync.conformance_rows import COMPANY, Row

NAME = "order"


class SqlStore:
    """A table in a database, or in a schema of its own there."""

    durable_after = PART_ROWS

    def __init__(self, url: str, schema: str | None = None) -> None:
        self.url = url
        self.schema = schema
        self.engines: list[sa.Engine] = []
        self.engine = self.another()

    def another(self) -> sa.Engine:
        """Give an engine of its own, as another process has one."""
        self.engines.append(sa.create_engine(self.url))
        return self.engines[-1]

    def open(self, company_id: str = COMPANY) -> SqlTable:
        return SqlTable(self.another(), NAME, company_id, self.schema)

    def rows(self, company_id: str = COMPANY) -> list[Row]:
        return list(self._rows(company_id, deleted=False))

    def deleted(self, company_id: str = COMPANY) -> list[Row]:
        return list(self._rows(company_id, deleted=True))

    def leftovers(self) -> list[str]:
        known = {NAME, "_bc_tables", "_bc_commits", "_bc_stagings"}
        tables = set(sa.inspect(self.engine).get_table_names(schema=self.schema))
        if "_bc_stagings" in tables:
            known_stagings = sa.Table("_bc_stagings", sa.MetaData(), sa.Column("name"))
            known_stagings.schema = self.schema
            with self.engine.connect() as connection:
                tables |= set(connection.scalars(sa.select(known_stagings.c.name)))
        return sorted(tables - known)

    def close(self) -> None:
        with ExitStack() as stack:
            for engine in self.engines:
                stack.callback(engine.dispose)

    def _rows(self, company_id: str, *, deleted: bool) -> Iterator[Row]:
        self.engine.connect().close()
        entry = Registry(self.engine, NAME, self.schema).read()
        assert entry is not None
        target = Shape(entry.schema, entry.key, self.engine.dialect).target(NAME, self.schema)
        mark = target.c[DELETED_AT]
        chosen = [
            sa.cast(target.c[field.name], sa.Text)
            if _is_json(field, self.engine)
            else target.c[field.name]
            for field in entry.schema
        ]
        query = sa.select(*chosen).where(
            target.c[COMPANY_COLUMN] == company_id,
            mark.is_not(None) if deleted else mark.is_(None),
        )
        with self.engine.connect() as connection:
            for found in connection.execute(query):
                yield {
                    field.name: _value(value, field.type)
                    for field, value in zip(entry.schema, found, strict=True)
                }


def _is_json(field: pa.Field, engine: sa.Engine) -> bool:
    return bool(is_type.is_nested(field.type)) and engine.name in ("postgresql", "duckdb")


def _value(value: Any, kind: pa.DataType) -> Any:
    if not is_type.is_nested(kind):
        return decoded([value], kind)[0].as_py()
    return None if value is None else _inner(_DECODER.decode(value), kind)


_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def _inner(value: Any, kind: pa.DataType) -> Any:
    """Give what JSON says the type that Arrow had."""
    if value is None:
        return None
    if is_type.is_struct(kind):
        return {field.name: _inner(value[field.name], field.type) for field in kind}
    if is_type.is_list(kind):
        return [_inner(one, kind.value_type) for one in value]
    if is_type.is_timestamp(kind):
        return datetime.fromisoformat(value)
    return Decimal(value) if is_type.is_decimal(kind) else value
