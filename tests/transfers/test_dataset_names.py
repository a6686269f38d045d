"""Names of datasets, compared with those that the OpenLineage client makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from airflow.sdk import ObjectStoragePath
from openlineage.client.naming import dataset as spec
from upath import UPath

from airflow_provider_bc.assets.business_central import entity_set_asset, to_openlineage
from airflow_provider_bc.transfers.dataset_names import (
    dataset_of_entity_set,
    dataset_of_folder,
    dataset_of_table,
)


def as_specified(naming: spec.DatasetNaming) -> tuple[str, str]:
    return naming.get_namespace(), naming.get_name()


@pytest.mark.parametrize("entity_set", ["customers", "salesInvoices/salesInvoiceLines"])
def test_an_entity_set_is_called_what_its_asset_is(entity_set: str) -> None:
    company = "CRONUS USA, Inc."
    name = dataset_of_entity_set("Production", company, entity_set)
    asset = entity_set_asset(environment="Production", company=company, entity_set=entity_set)
    converted = to_openlineage(asset, lineage_context=None)
    assert [converted.namespace, converted.name] == list(name)
    assert f"{name.namespace}/{name.name}" == asset.uri
    uri = urlsplit(asset.uri)
    assert name.namespace == f"bc://{uri.netloc}" == "bc://production"


def test_a_folder_of_this_machine(tmp_path: Path) -> None:
    folder = ObjectStoragePath(tmp_path.as_uri()) / "customers"
    wanted = spec.LocalFileSystem(str(tmp_path / "customers"))
    assert dataset_of_folder(folder) == as_specified(wanted)


@pytest.mark.parametrize(
    ("url", "options", "wanted"),
    [
        ("s3://bucket/bc/customers", {"anon": True}, spec.S3("bucket", "bc/customers")),
        ("s3a://bucket/bc", {"anon": True}, spec.S3("bucket", "bc")),
        ("s3://bucket", {"anon": True}, spec.S3("bucket", "/")),
    ],
)
def test_a_folder_of_a_store(url: str, options: dict[str, Any], wanted: spec.DatasetNaming) -> None:
    assert dataset_of_folder(UPath(url, **options)) == as_specified(wanted)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql+psycopg://me:secret@host/db", spec.Postgres("host", "5432", "db", "s", "t")),
        ("postgresql+psycopg2://host:6/db", spec.Postgres("host", "6", "db", "s", "t")),
        ("mysql+pymysql://me:secret@host/db", spec.MySQL("host", "3306", "s", "t")),
    ],
)
def test_a_table_of_a_server(url: str, wanted: spec.DatasetNaming) -> None:
    name = dataset_of_table(sa.create_engine(url), "s", "t")
    assert name == as_specified(wanted)
    assert "secret" not in "".join(name)


def test_a_table_without_a_schema_is_in_the_database_s_default_one(
    postgresql: int, mariadb: int, tmp_path: Path
) -> None:
    del mariadb
    engine = sa.create_engine(f"postgresql+psycopg://bc@127.0.0.1:{postgresql}/postgres")
    with engine.connect():
        name = dataset_of_table(engine, None, "t")
    wanted = spec.Postgres("127.0.0.1", str(postgresql), "postgres", "public", "t")
    assert name == as_specified(wanted)
    engine.dispose()
    file = tmp_path / "bc.sqlite"
    lite = dataset_of_table(sa.create_engine(f"sqlite:///{file}"), None, "t")
    assert lite == (f"sqlite://{file}", "t")
    assert dataset_of_table(sa.create_engine("mysql+pymysql://h/db"), None, "t").name == "db.t"
