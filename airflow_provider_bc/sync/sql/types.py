"""Arrow's types in each database, so that every value comes back as it went in.

SQLite has neither exact decimals nor moments: both are text there, decimals without needless zeros
and moments in ISO 8601. Entities within entities are JSON, with decimals as its numbers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_type
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, postgresql
from sqlalchemy.types import TypeEngine, UserDefinedType

from airflow_provider_bc.sync.columns import DECIMAL, TIMESTAMP

MYSQL = ("mysql", "mariadb")
_LONGEST_KEY = 700
"""How many characters all texts of a MySQL key have: 3072 bytes of four each, less a company's."""

_LONGEST_TEXT = 255
_JSON = msgspec.json.Encoder()
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class _DuckDecimal(UserDefinedType[Decimal]):
    """A decimal as DuckDB gives it: its dialect would make a float of it on the way."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the type."""
        return "DECIMAL(38, 20)"


def text(dialect: sa.Dialect, length: int | None = None) -> TypeEngine[str]:
    """Give the type of a text, compared to the last blank and case.

    :param dialect: of the database.
    :param length: how long a key may be, where a database must know that.
    """
    if dialect.name in MYSQL:
        exact = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
        if length is None:
            return mysql.LONGTEXT(charset="utf8mb4", collation=exact)
        return mysql.VARCHAR(length, charset="utf8mb4", collation=exact)
    if dialect.name == "mssql":
        return mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2")
    # keys are looked up, and nobody reads them in the order of a language
    return sa.Text(collation="C") if length and dialect.name == "postgresql" else sa.Text()


def key_length(texts: int) -> int:
    """Say how long each text of a key may be.

    :param texts: how many there are.
    """
    return min(_LONGEST_TEXT, _LONGEST_KEY // max(texts, 1))


def column_type(kind: pa.DataType, dialect: sa.Dialect) -> TypeEngine[Any]:
    """Give the type of a column.

    :param kind: what Arrow calls it.
    :param dialect: of the database.
    """
    if is_type.is_nested(kind):
        return _json(dialect)
    if dialect.name == "sqlite" and kind in _TEXT_IN_SQLITE:
        return sa.Text()
    if dialect.name == "duckdb" and kind == DECIMAL:
        return _DuckDecimal()
    if is_type.is_timestamp(kind):
        return _moment(dialect)
    if is_type.is_string(kind):
        return text(dialect)
    return _SIMPLE[kind]


def _json(dialect: sa.Dialect) -> TypeEngine[Any]:
    """Prefer what can be queried, as long as it keeps every digit: JSON of MySQL would not."""
    if dialect.name == "postgresql":
        return postgresql.JSONB()
    return sa.JSON() if dialect.name == "duckdb" else text(dialect)


def _moment(dialect: sa.Dialect) -> TypeEngine[Any]:
    if dialect.name in MYSQL:
        return mysql.DATETIME(fsp=6)
    if dialect.name == "mssql":
        return mssql.DATETIMEOFFSET(6)  # type: ignore[no-untyped-call]
    return sa.TIMESTAMP(timezone=True)


def encoded(array: pa.Array, dialect: sa.Dialect) -> pa.Array:
    """Turn a column into what its type in the database takes.

    :param array: of one column.
    :param dialect: of the database.
    """
    kind = array.type
    if is_type.is_nested(kind):
        values = array.to_pylist()
        return pa.array([None if v is None else _json_text(v) for v in values], pa.string())
    if dialect.name == "sqlite" and kind in _TEXT_IN_SQLITE:
        return _as_text(array)
    if dialect.name in MYSQL and is_type.is_timestamp(kind):
        return array.cast(pa.timestamp("us"))
    return array


def decoded(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Turn what a database gave back into a column.

    :param values: of one column.
    :param kind: what Arrow calls it.
    """
    if kind in _TEXT_IN_SQLITE and any(isinstance(value, str) for value in values):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)


def _as_text(array: pa.Array) -> pa.Array:
    if is_type.is_timestamp(array.type):
        return pc.strftime(array, _MOMENT)
    if is_type.is_decimal(array.type):
        values = array.to_pylist()
        return pa.array([None if v is None else _numeral(v) for v in values], pa.string())
    return array.cast(pa.string())


def _json_text(value: Any) -> str:
    return _JSON.encode(_ready(value)).decode()


def _ready(value: Any) -> Any:
    if isinstance(value, Decimal):
        return msgspec.Raw(_numeral(value).encode())
    if isinstance(value, dict):
        return {name: _ready(inner) for name, inner in value.items()}
    return [_ready(inner) for inner in value] if isinstance(value, list) else value


def _numeral(value: Decimal) -> str:
    """Write every digit, but not the zeros that a fixed scale appends."""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


_TEXT_IN_SQLITE = (DECIMAL, TIMESTAMP, pa.date32())
_SIMPLE: dict[pa.DataType, TypeEngine[Any]] = {
    pa.bool_(): sa.Boolean(),
    pa.int8(): sa.SmallInteger(),
    pa.int16(): sa.SmallInteger(),
    pa.int32(): sa.Integer(),
    pa.int64(): sa.BigInteger(),
    pa.float32(): sa.Double(),
    pa.float64(): sa.Double(),
    pa.date32(): sa.Date(),
    DECIMAL: sa.Numeric(38, 20),
}
