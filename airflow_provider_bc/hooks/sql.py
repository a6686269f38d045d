"""Any SQL connection of Airflow as an engine of SQLAlchemy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowException, AirflowOptionalProviderFeatureException
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import NoSuchModuleError

from airflow_provider_bc.errors import ConfigurationError

EXTRAS = {
    "postgres": "postgres",
    "mysql": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "mssql": "mssql",
}
"""Which extra of this package brings what a type of connection needs."""

_OPTIONS: dict[str, Any] = {"hide_parameters": True}
"""The values of rows have no place in a log."""

_PATIENCE = timedelta(seconds=60)


def sql_engine(conn_id: str) -> Engine:
    """Make an engine from a connection; whoever asked for it disposes of it.

    :param conn_id: of a connection whose type is a database.
    :raises ConfigurationError: when it is none, or keeps nothing.
    :raises AirflowOptionalProviderFeatureException: when its provider or driver is not installed.
    """
    connection = BaseHook.get_connection(conn_id)
    kind = connection.conn_type
    try:
        engine = _engine(connection)
    except (ImportError, NoSuchModuleError) as error:
        raise AirflowOptionalProviderFeatureException(
            f"The connection {conn_id!r} is of type {kind!r}: {error}. Install what it needs with: "
            f"pip install 'airflow-provider-bc[{EXTRAS.get(kind or '', 'sql')}]'"
        ) from error
    if engine.name in ("sqlite", "duckdb") and engine.url.database in (None, "", ":memory:"):
        raise ConfigurationError(
            f"The connection {conn_id!r} names no file: what is written would be gone at once.",
            remedy="Give the path of the database as its host.",
        )
    if engine.name == "sqlite" and "timeout" not in engine.url.query:
        event.listen(engine, "connect", _wait_for_others)
    return engine


def _wait_for_others(connection: Any, _: Any) -> None:
    """Let SQLite wait for another writer longer than five seconds: there is one at a time."""
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE.total_seconds() * 1000:.0f}")


def _engine(connection: Connection) -> Engine:
    kind = connection.conn_type
    try:
        hook = connection.get_hook()
    except AirflowException as error:  # Airflow knows no such type
        if kind == "duckdb":  # its provider is younger than Airflow 3.2, and optional
            return create_engine(URL.create("duckdb", database=connection.host), **_OPTIONS)
        if kind in EXTRAS:
            raise ImportError(f"its provider is not installed ({error})") from error
        hook = None
    if not isinstance(hook, DbApiHook):
        raise ConfigurationError(
            f"The connection {connection.conn_id!r} is of type {kind!r}, which is no SQL database.",
            remedy=f"Name a connection of type {', '.join(EXTRAS)}.",
        )
    return hook.get_sqlalchemy_engine(engine_kwargs=dict(_OPTIONS))
