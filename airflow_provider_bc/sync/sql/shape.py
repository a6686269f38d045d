"""Tables, and how they come to be, gain columns and widen them, even by two runs at once.

Every name is quoted: it comes from ``$metadata`` and may be a word of SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.types as is_type
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from airflow_provider_bc.sync.columns import TIMESTAMP
from airflow_provider_bc.sync.commit import DELETED_AT
from airflow_provider_bc.sync.sql.types import MYSQL, column_type, key_length, text

COMPANY = "_company_id"
NUMBER = "_number"
GONE = "_gone"
GUID = 36


@dataclass(frozen=True, slots=True)
class Shape:
    """What the tables of one entity set look like.

    :param schema: the columns of the entity set.
    :param key: the names of its key columns.
    :param dialect: of the database.
    """

    schema: pa.Schema
    key: tuple[str, ...]
    dialect: sa.Dialect

    def target(self, name: str, place: str | None) -> sa.Table:
        """Describe the table that users read: the rows of every company.

        :param name: of the table.
        :param place: the schema it is in, None for the default one.
        """
        key = [COMPANY, *self.key] if self.key else []
        return table(
            name,
            place,
            column(COMPANY, text(self.dialect, GUID), nullable=False),
            column(DELETED_AT, column_type(TIMESTAMP, self.dialect)),
            *(column(field.name, self._type(field)) for field in self.schema),
            *([sa.PrimaryKeyConstraint(*key)] if key else []),
        )

    def staged(self, name: str, place: str | None) -> sa.Table:
        """Describe the table for rows on their way, numbered as they come.

        MySQL keeps rows in the order of a key, and may be told to refuse a table without one; for
        the others it would be an index that nobody asks.

        :param name: of the table.
        :param place: the schema it is in, None for the default one.
        """
        keyed = self.dialect.name in MYSQL
        return table(
            name,
            place,
            column(NUMBER, sa.BigInteger(), primary_key=keyed, autoincrement=False),
            column(GONE, sa.SmallInteger(), nullable=False, server_default="0"),
            *(column(field.name, self._type(field)) for field in self.schema),
        )

    def _type(self, field: pa.Field) -> TypeEngine[Any]:
        if field.name in self.key and is_type.is_string(field.type):
            texts = sum(is_type.is_string(self.schema.field(name).type) for name in self.key)
            return text(self.dialect, key_length(texts))
        return column_type(field.type, self.dialect)


def table(name: str, place: str | None, *parts: Any) -> sa.Table:
    """Describe a table, its name quoted.

    :param name: of the table.
    :param place: the schema it is in, None for the default one.
    :param parts: columns and constraints.
    """
    return sa.Table(name, sa.MetaData(), *parts, schema=place, quote=True, quote_schema=True)


def column(name: str, kind: TypeEngine[Any], **options: Any) -> sa.Column[Any]:
    """Describe a column, its name quoted.

    :param name: of the column.
    :param kind: its type.
    :param options: for SQLAlchemy.
    """
    return sa.Column(name, kind, quote=True, **options)


def exists(engine: sa.Engine, wanted: sa.Table) -> bool:
    """Say whether a table is there."""
    return sa.inspect(engine).has_table(wanted.name, schema=wanted.schema)


def create(engine: sa.Engine, wanted: sa.Table) -> None:
    """Create a table that may be there already, or be created by another run at this moment."""
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateTable(wanted, if_not_exists=engine.name != "mssql"))
    except DBAPIError:
        if not exists(engine, wanted):
            raise


def drop(engine: sa.Engine, unwanted: sa.Table) -> None:
    """Drop a table that may be gone already."""
    with engine.begin() as connection:
        connection.execute(sa.schema.DropTable(unwanted, if_exists=True))


def columns(engine: sa.Engine, place: sa.Table) -> list[str]:
    """Name the columns that a table has."""
    with engine.connect() as connection:
        everything = sa.select(sa.text("*")).select_from(place).where(sa.false())
        return list(connection.execute(everything).keys())


def add_columns(engine: sa.Engine, wanted: sa.Table) -> None:
    """Add the columns that a table lacks."""
    there = columns(engine, wanted)
    for new in [one for one in wanted.columns if one.name not in there]:
        try:
            _alter(engine, wanted, "ADD", new)
        except DBAPIError:
            if new.name not in columns(engine, wanted):
                raise


def widen_columns(engine: sa.Engine, wanted: sa.Table, names: tuple[str, ...]) -> None:
    """Give columns the types that they have by now.

    SQLite needs nothing: any column there takes any number.
    """
    if engine.name != "sqlite":
        for name in names:
            _alter(engine, wanted, "MODIFY" if engine.name in MYSQL else "ALTER", wanted.c[name])


def _alter(engine: sa.Engine, wanted: sa.Table, verb: str, one: sa.Column[Any]) -> None:
    """Alter one column: SQLAlchemy leaves that to migration tools."""
    names = engine.dialect.identifier_preparer
    kind = one.type.compile(dialect=engine.dialect)
    words = {"ADD": "ADD", "MODIFY": "MODIFY", "ALTER": "ALTER COLUMN"}[verb]
    between = " TYPE" if verb == "ALTER" and engine.name != "mssql" else ""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE {names.format_table(wanted)} {words} {names.format_column(one)}"
            f"{between} {kind}"
        )
