"""From entity sets of Business Central to tables of a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.transfers.entity_sets_transfer import EntitySetsTransfer

if TYPE_CHECKING:
    from airflow_provider_bc.transfers.sql_store import SqlStore


class BusinessCentralToSqlOperator(EntitySetsTransfer):
    """Read entity sets of one company into tables of a database.

    A table holds the rows of all companies, told apart by ``_company_id``. The rows of a load, the
    deletions and the watermark are one transaction. Decimals are exact, enums decoded, unset dates
    null; a row whose ``_deleted_at`` is filled in is gone.

    :param sql_conn_id: a connection to PostgreSQL, MySQL or MariaDB, SQLite, DuckDB or (untested)
        SQL Server (templated).
    :param schema: of the tables, None for the database's default (templated).
    :param table: the name of a table, with the fields ``environment``, ``api`` and ``entity_set``
        in braces (templated).
    :param kwargs: the arguments of `EntitySetsTransfer`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *EntitySetsTransfer.template_fields,
        "sql_conn_id",
        "schema",
        "table",
    )

    def __init__(
        self,
        *,
        sql_conn_id: str,
        schema: str | None = None,
        table: str = "{entity_set}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql_conn_id = sql_conn_id
        self.schema = schema
        self.table = table

    @contextmanager
    def store(self) -> Iterator[SqlStore]:
        """Connect to the database; see `EntitySetsTransfer.store`."""
        from airflow_provider_bc.hooks.sql import sql_engine  # noqa: PLC0415 - SQL is an extra
        from airflow_provider_bc.transfers.sql_store import SqlStore  # noqa: PLC0415 - the same

        engine = sql_engine(self.sql_conn_id)
        try:
            yield SqlStore(engine, self.schema, self.table)
        finally:
            engine.dispose()
