"""Arrow into a staging table, as fast as each database takes it.

PostgreSQL reads CSV by COPY, where ``,,`` is null and ``,"",`` is a text of no characters; Arrow
writes it, so that no value becomes a Python object. DuckDB reads Arrow itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_type
import sqlalchemy as sa
from pyarrow import csv
from sqlalchemy.exc import DBAPIError

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.sync.sql.types import encoded

_CSV = csv.WriteOptions(include_header=False)
_INCOMING = "_bc_incoming"


def load(connection: sa.Connection, into: sa.Table, batches: Iterable[pa.RecordBatch]) -> None:
    """Write rows.

    :param connection: in a transaction.
    :param into: the staging table.
    :param batches: of rows, all with the same columns.
    :raises UnexpectedAnswer: for a text that the database cannot hold, naming the field.
    """
    ready = [_encoded(batch, connection.dialect) for batch in batches]
    loaders = {"psycopg": _copy, "psycopg2": _copy, "duckdb_engine": _scan}
    loader = loaders.get(connection.dialect.driver, _insert)
    try:
        loader(connection, into, ready)
    except Exception as error:
        _blame_nul(ready)
        dialect = connection.dialect
        base = getattr(dialect.loaded_dbapi, "Error", Exception)
        if isinstance(error, base):  # of the driver itself, with the rows in its text
            raise DBAPIError.instance(
                f"INSERT INTO {into.name}", None, error, base, hide_parameters=True, dialect=dialect
            ) from None
        raise


def _encoded(batch: pa.RecordBatch, dialect: sa.Dialect) -> pa.RecordBatch:
    arrays = [encoded(array, dialect) for array in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _copy(connection: sa.Connection, into: sa.Table, batches: list[pa.RecordBatch]) -> None:
    """Copy CSV into PostgreSQL (https://www.postgresql.org/docs/current/sql-copy.html)."""
    command = f"COPY {_columns(connection, into, batches[0])} FROM STDIN (FORMAT csv)"
    cursor: Any = connection.connection.cursor()
    with cursor:
        if connection.dialect.driver == "psycopg2":
            for batch in batches:
                cursor.copy_expert(command, pa.BufferReader(_csv(batch)), 1 << 20)
            return
        with cursor.copy(command) as copy:
            for batch in batches:
                copy.write(memoryview(_csv(batch)))


def _scan(connection: sa.Connection, into: sa.Table, batches: list[pa.RecordBatch]) -> None:
    """Let DuckDB read Arrow where it lies."""
    duckdb: Any = connection.connection.driver_connection
    duckdb.fetchall()  # it refuses as long as somebody might still want the last result
    duckdb.register(_INCOMING, pa.Table.from_batches(batches))
    columns = _columns(connection, into, batches[0])
    duckdb.execute(f"INSERT INTO {columns} SELECT * FROM {_INCOMING}").fetchall()  # noqa: S608 - quoted names
    duckdb.unregister(_INCOMING)


def _insert(connection: sa.Connection, into: sa.Table, batches: list[pa.RecordBatch]) -> None:
    """Insert rows by the driver's ``executemany``."""
    for batch in batches:
        if batch.num_rows:
            connection.execute(sa.insert(into), batch.to_pylist())


def _columns(connection: sa.Connection, into: sa.Table, batch: pa.RecordBatch) -> str:
    names = connection.dialect.identifier_preparer
    columns = ", ".join(names.quote_identifier(name) for name in batch.schema.names)
    return f"{names.format_table(into)} ({columns})"


def _csv(batch: pa.RecordBatch) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    csv.write_csv(batch, sink, _CSV)
    return sink.getvalue()


def _blame_nul(batches: list[pa.RecordBatch]) -> None:
    """Name the field with a character U+0000, which PostgreSQL has no place for."""
    for batch in batches:
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if is_type.is_string(array.type) and pc.any(_has_nul(array)).as_py():
                raise UnexpectedAnswer(
                    f"A text of {name!r} has a character U+0000, which this database cannot store.",
                    remedy=f"Correct the record in Business Central, or leave {name} out.",
                ) from None


def _has_nul(texts: pa.Array) -> pa.Array:
    return pc.or_(pc.match_substring(texts, "\0"), pc.match_substring(texts, "\\u0000"))
