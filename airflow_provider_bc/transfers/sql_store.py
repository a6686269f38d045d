"""Where the tables of a database stand."""

from __future__ import annotations

import re
from string import Formatter

from sqlalchemy import URL, Engine

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.sql import SqlTable
from airflow_provider_bc.sync.sql.staging import PART_BYTES
from airflow_provider_bc.transfers.dataset_names import DatasetName, dataset_of_table
from airflow_provider_bc.transfers.entity_set_load import TableName
from airflow_provider_bc.transfers.file_store import folder_name

_LONGEST = {"postgresql": 63, "mysql": 64, "mariadb": 64}
"""How long a name is at most, in bytes for PostgreSQL, which cuts off the rest without a word.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html
"""

_FIELDS = ("environment", "api", "entity_set")


class SqlStore:
    """A schema of a database, with one table for each entity set; a `Store`.

    A table holds the rows of every company, so a company is no part of its name.

    :param engine: of the database.
    :param schema: where the tables stand, None for the default one.
    :param layout: the name of a table, e.g. ``bc_{entity_set}``.
    :param part_bytes: how much of a load is kept in memory before it is written.
    :raises ConfigurationError: for a layout with an unknown field.
    """

    def __init__(
        self,
        engine: Engine,
        schema: str | None = None,
        layout: str = "{entity_set}",
        part_bytes: int = PART_BYTES,
    ) -> None:
        fields = [field for _, field, _, _ in Formatter().parse(layout) if field is not None]
        if "entity_set" not in fields or not set(fields) <= set(_FIELDS):
            raise ConfigurationError(
                f"The name of a table is {layout!r}.",
                remedy=f"Make it of {', '.join('{' + field + '}' for field in _FIELDS)}; "
                "{entity_set} must be among them.",
            )
        self._engine = engine
        self._schema = schema
        self._layout = layout
        self._part_bytes = part_bytes

    def table(self, name: TableName) -> tuple[Destination, str]:
        """Find the table for an entity set; see `Store`."""
        filled = self._filled(name)
        _check_length(filled, self._engine.name)
        table = SqlTable(self._engine, filled, name.company.id, self._schema, self._part_bytes)
        where = f"{self._schema}.{filled}" if self._schema else filled
        return table, f"{where} ({_database(self._engine.url)})"

    def dataset(self, name: TableName) -> DatasetName:
        """Say what OpenLineage calls the table; see `Store`."""
        return dataset_of_table(self._engine, self._schema, self._filled(name))

    def _filled(self, name: TableName) -> str:
        return self._layout.format(
            environment=name.environment,
            api=folder_name(name.api),
            entity_set=folder_name(name.entity_set),
        )


def _check_length(name: str, dialect: str) -> None:
    length = len(name.encode() if dialect == "postgresql" else name)
    most = _LONGEST.get(dialect, length)
    if length > most:
        raise ConfigurationError(
            f"The name of a table is {name!r}, which is longer than the {most} that {dialect} "
            "takes.",
            remedy="Give a shorter one in table; lines of one document are read through their "
            "parents, e.g. salesOrders/salesOrderLines where id eq <GUID>.",
        )


def _database(url: URL) -> str:
    """Name a database, without what may be a secret: user, password and options.

    DuckDB's options may stand in the name of the database.
    """
    host = f"{url.host or ''}:{url.port}" if url.port else url.host or ""
    return f"{url.drivername}://{host}/{re.split('[?;]', url.database or '')[0]}"
