"""Tables of a database as a place to copy to, and a look at them with plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import sqlalchemy as sa

from airflow_provider_bc.sync.sql.registry import Registry
from airflow_provider_bc.transfers.sql_store import SqlStore
from devtools import databases

Rows = list[dict[str, Any]]
_OURS = {"_bc_tables", "_bc_commits", "_bc_stagings"}
_TECHNICAL = ("_company_id", "_deleted_at")


def sql_url(kind: str, folder: Path) -> str:
    """Make room for tables: a schema on a server of tests, or a file.

    :param kind: ``postgresql``, ``mariadb``, ``sqlite`` or ``duckdb``.
    :param folder: for a file.
    :return: a URL of SQLAlchemy, and the schema behind a ``#``.
    """
    if kind in ("sqlite", "duckdb"):
        folder.mkdir(parents=True, exist_ok=True)
        return f"{kind}:///{folder / 'copies'}#"
    driver, database = {
        "postgresql": ("postgresql+psycopg2", "postgres"),
        "mariadb": ("mysql+pymysql", ""),
    }[kind]
    url = f"{driver}://bc@127.0.0.1:{databases.shared(kind)}/{database}"
    schema = f"s_{uuid4().hex}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    return f"{url}#{schema}"


class SqlPlace:
    """Tables of a database.

    :param kind: ``postgresql``, ``mariadb``, ``sqlite`` or ``duckdb``.
    :param url: from `sql_url`.
    """

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url
        self._url, _, schema = url.partition("#")
        self._schema = schema or None
        self._engines: list[sa.Engine] = []

    def store(self, *, part_bytes: int = 2**24, **_: Any) -> SqlStore:
        for engine in self._engines:
            engine.dispose()  # a server has room for some fifty connections
        self._engines.append(sa.create_engine(self._url))
        return SqlStore(self._engines[-1], self._schema, part_bytes=part_bytes)

    def rows(self, entity_set: str) -> Rows | None:
        found = self._select(entity_set, "_deleted_at IS NULL")
        if found is None:
            return None
        rows = [{k: v for k, v in row.items() if k not in _TECHNICAL} for row in found]
        return sorted(rows, key=lambda row: str(row["id"]))

    def gone(self, entity_set: str) -> Rows:
        found = self._select(entity_set, "_deleted_at IS NOT NULL") or []
        return [{name: row[name] for name in ("id", "_deleted_at")} for row in found]

    def traces(self) -> list[str]:
        with self._looking() as engine:
            tables = sa.inspect(engine).get_table_names(schema=self._schema)
        return sorted(name for name in tables if name.startswith("_bc_") and name not in _OURS)

    def close(self) -> None:
        """Close what was opened, and leave no table on a server."""
        for engine in self._engines:
            engine.dispose()
        if self._schema:
            with self._looking() as engine, engine.begin() as connection:
                cascade = self.kind == "postgresql"
                connection.execute(sa.schema.DropSchema(self._schema, cascade=cascade))

    @contextmanager
    def _looking(self) -> Iterator[sa.Engine]:
        engine = sa.create_engine(self._url, poolclass=sa.NullPool)
        engine.connect().close()
        try:
            yield engine
        finally:
            engine.dispose()

    def _select(self, entity_set: str, where: str) -> Rows | None:
        with self._looking() as engine:
            entry = Registry(engine, entity_set, self._schema).read()
            if entry is None or not sa.inspect(engine).has_table("_bc_commits", self._schema):
                return None
            quote = engine.dialect.identifier_preparer.quote_identifier
            schema = f"{quote(self._schema)}." if self._schema else ""
            with engine.connect() as connection:
                committed = f"SELECT table_name FROM {schema}{quote('_bc_commits')}"
                if not connection.exec_driver_sql(committed).all():
                    return None
                query = f"SELECT * FROM {schema}{quote(entity_set)} WHERE {where}"
                found = connection.exec_driver_sql(query).mappings().all()
        return [{name: _value(row[name], name, entry.schema) for name in row} for row in found]


def _value(value: Any, name: str, schema: pa.Schema) -> Any:
    """Give a value the type that SQLite and MariaDB do not have."""
    if value is None:
        return None
    kind = pa.string() if name == "_company_id" else pa.timestamp("us", tz="UTC")
    if name not in _TECHNICAL:
        kind = schema.field(name).type
    if pa.types.is_boolean(kind):
        return bool(value)
    if pa.types.is_timestamp(kind):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if pa.types.is_date(kind) and isinstance(value, str):
        return date.fromisoformat(value)
    return Decimal(value) if pa.types.is_decimal(kind) else value
