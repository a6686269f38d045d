"""What OpenLineage calls the places that transfers lead from and to.

https://openlineage.io/docs/spec/naming/
"""

from __future__ import annotations

from pathlib import Path as LocalPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from airflow_provider_bc.assets.uri import entity_set_uri
from airflow_provider_bc.sync.files.path import Path

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LOCAL = frozenset({"file", "local", ""})
_ONE_NAME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "abfss", "adl": "abfss", "az": "abfss"}
_DATABASES = {
    "postgresql": ("postgres", 5432),
    "mysql": ("mysql", 3306),
    "mariadb": ("mysql", 3306),
    "mssql": ("mssql", 1433),
}


class DatasetName(NamedTuple):
    """The name of a dataset, the same for every job that reads or writes it.

    :param namespace: the source of data that it is in.
    :param name: its name there.
    """

    namespace: str
    name: str


def dataset_of_entity_set(environment: str, company: str, entity_set: str) -> DatasetName:
    """Name an entity set; both parts together are the URI of its asset.

    :param environment: e.g. ``Production``.
    :param company: its name.
    :param entity_set: e.g. ``customers``.
    """
    uri = urlsplit(entity_set_uri(environment, company, entity_set))
    return DatasetName(f"{uri.scheme}://{uri.netloc}", uri.path.lstrip("/"))


def dataset_of_folder(folder: Path) -> DatasetName:
    """Name a table that is a folder of any store.

    :param folder: of the table.
    """
    protocol = str(folder.protocol)
    if protocol in _LOCAL:
        return DatasetName("file", str(LocalPath(folder.path).absolute()))
    scheme = _ONE_NAME.get(protocol, protocol)
    container, _, name = folder.path.lstrip("/").partition("/")
    account = getattr(folder.fs, "account_name", None) if scheme == "abfss" else None
    host = f"{container}@{account}.dfs.core.windows.net" if account else container
    return DatasetName(f"{scheme}://{host}", name or "/")


def dataset_of_table(engine: Engine, schema: str | None, table: str) -> DatasetName:
    """Name a table of a database.

    :param engine: of the database, once connected: only then it knows its default schema.
    :param schema: of the table; None for the database's default.
    :param table: its name.
    """
    url = engine.url
    if engine.name not in _DATABASES:
        file = LocalPath((url.database or "").partition("?")[0]).absolute()
        place = f"/{str(file).lstrip('/')}"
        return DatasetName(f"{engine.name}://{place}", f"{schema}.{table}" if schema else table)
    scheme, port = _DATABASES[engine.name]
    namespace = f"{scheme}://{url.host or 'localhost'}:{url.port or port}"
    if scheme == "mysql":
        return DatasetName(namespace, f"{schema or url.database}.{table}")
    shown = schema or engine.dialect.default_schema_name
    return DatasetName(namespace, f"{url.database}.{shown}.{table}")
