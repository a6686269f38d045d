"""From the rows of a query into an entity set of Business Central."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_bc.transfers.dataset_names import DatasetName
from airflow_provider_bc.transfers.write_back_transfer import Rows, WriteBackTransfer

if TYPE_CHECKING:
    from sqlalchemy import Engine


class SqlToBusinessCentralOperator(WriteBackTransfer):
    """Write the rows of a query into an entity set.

    The rows are streamed: memory holds a few batches, whatever the query returns.
    https://airflow.apache.org/docs/apache-airflow-providers-common-sql/stable/index.html

    :param sql: one statement that returns rows, or the name of a ``.sql`` file (templated).
    :param source_conn_id: a connection to any database whose hook is a `DbApiHook` and whose
        SQLAlchemy dialect is installed, or to DuckDB (templated).
    :param parameters: of the statement, in the style of its driver (templated).
    :param kwargs: the arguments of `WriteBackTransfer`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *WriteBackTransfer.template_fields,
        "sql",
        "source_conn_id",
        "parameters",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **WriteBackTransfer.template_fields_renderers,
        "sql": "sql",
        "parameters": "json",
    }

    def __init__(
        self,
        *,
        sql: str,
        source_conn_id: str,
        parameters: Mapping[str, Any] | Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.source_conn_id = source_conn_id
        self.parameters = parameters
        self._engine: Engine | None = None

    @contextmanager
    def source(self) -> Iterator[Rows]:
        """Connect to the database; see `WriteBackTransfer.source`."""
        from airflow_provider_bc.hooks.sql import sql_engine  # noqa: PLC0415 - SQL is an extra
        from airflow_provider_bc.write_back.query_source import rows_of_query  # noqa: PLC0415 - the same

        self._engine = engine = sql_engine(self.source_conn_id)
        try:
            with closing(rows_of_query(engine, self.sql, self.parameters)) as rows:
                yield rows
        finally:
            engine.dispose()

    def source_datasets(self) -> list[DatasetName]:
        """Name the tables that the query reads; see `WriteBackTransfer.source_datasets`."""
        from airflow_provider_bc.transfers.lineage import tables_of_query  # noqa: PLC0415 - OpenLineage is an extra

        return tables_of_query(self._engine, self.sql) if self._engine else []
