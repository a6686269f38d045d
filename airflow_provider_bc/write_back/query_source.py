"""The rows of a query, streamed from any database that SQLAlchemy speaks to.

https://docs.sqlalchemy.org/en/20/core/connections.html#using-server-side-cursors-a-k-a-stream-results
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Engine

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.write_back.columns import repeated

_AT_ONCE = 1_000


def rows_of_query(
    engine: Engine, sql: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None
) -> Generator[dict[str, Any], None, None]:
    """Read the rows of a query; the database keeps what was not asked for yet.

    :param engine: of the database.
    :param sql: one statement that returns rows, as its driver takes it.
    :param parameters: in the style of the driver.
    :raises ConfigurationError: for a statement that returns none, or two columns of one name.
    """
    given = tuple(parameters) if isinstance(parameters, list) else parameters
    with engine.connect() as connection:
        streaming = connection.execution_options(
            stream_results=True, yield_per=_AT_ONCE, no_parameters=not given
        )
        with streaming.exec_driver_sql(sql, given or None) as result:
            columns = _columns(result)
            for row in result:
                yield dict(zip(columns, row, strict=True))


def _columns(result: CursorResult[Any]) -> list[str]:
    if not result.returns_rows:
        raise ConfigurationError("The statement returns no rows.", remedy="Give a SELECT.")
    columns = [*result.keys()]
    if twice := repeated(columns):
        raise ConfigurationError(
            f"The query gives {', '.join(twice)} twice.", remedy="Name each column its own: AS."
        )
    return columns
