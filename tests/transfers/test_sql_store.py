from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.transfers.entity_set_load import TableName
from airflow_provider_bc.transfers.sql_store import SqlStore

NAME = TableName("Production", Company("id", "CRONUS"), "v2.0", "customers")


@pytest.mark.parametrize(
    ("schema", "layout", "table"),
    [
        (None, "{entity_set}", "customers"),
        ("bc", "{entity_set}", "bc.customers"),
        (None, "{environment}_{entity_set}", "Production_customers"),
    ],
)
def test_a_table_is_named_after_its_entity_set(
    tmp_path: Path, schema: str | None, layout: str, table: str
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/bc.sqlite")

    destination, place = SqlStore(engine, schema, layout).table(NAME)

    assert str(destination) == table
    assert place == f"{table} (sqlite:///{tmp_path}/bc.sqlite)"
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql+psycopg://me:secret@host:5/db", "postgresql+psycopg://host:5/db"),
        ("postgresql+psycopg://host/db?password=secret", "postgresql+psycopg://host/db"),
        ("mysql+pymysql://host/db?ssl_key_password=secret", "mysql+pymysql://host/db"),
        ("duckdb:///md:db?motherduck_token=secret", "duckdb:///md:db"),
        (sa.URL.create("duckdb", database="md:db?motherduck_token=secret"), "duckdb:///md:db"),
    ],
)
def test_the_place_does_not_tell_a_secret(url: str | sa.URL, place: str) -> None:
    assert SqlStore(sa.create_engine(url)).table(NAME)[1] == f"customers ({place})"


@pytest.mark.parametrize(
    ("driver", "fits", "too_long"),
    [
        ("postgresql+psycopg", "x" * 63, "x" * 64),
        ("postgresql+psycopg", "ä" * 31, "ä" * 32),
        ("mysql+pymysql", "ä" * 64, "x" * 65),
        ("sqlite", "x" * 200, None),
    ],
)
def test_a_name_is_not_longer_than_the_database_takes(
    driver: str, fits: str, too_long: str | None
) -> None:
    store = SqlStore(sa.create_engine(f"{driver}://"))
    store.table(replace(NAME, entity_set=fits))

    if too_long:
        with pytest.raises(ConfigurationError, match="is longer than the"):
            store.table(replace(NAME, entity_set=too_long))


@pytest.mark.parametrize("layout", ["table", "{company}_{entity_set}", "{entity_set}_{typo}"])
def test_a_name_that_cannot_be_filled_in_is_refused(layout: str) -> None:
    with pytest.raises(ConfigurationError, match="name of a table"):
        SqlStore(sa.create_engine("sqlite://"), layout=layout)
