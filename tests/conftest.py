"""What every test may use: an Airflow of its own, and an emulated Business Central."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from airflow_provider_bc.emulator import Server
from devtools import databases
from tests import airflow_environment
from tests.world import World

AIRFLOW_HOME = airflow_environment.choose()

pytest.register_assert_rewrite(
    "tests.sync.destination_conformance", "tests.sync.conformance_columns"
)
pytest_plugins = ["airflow_provider_bc.emulator.pytest_plugin"]

# A busy machine, or the first look at the Unicode tables, is slow, not wrong.
# The suite tries the same examples each time: what it finds is there for everybody who runs it.
settings.register_profile(
    "patient",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("patient")

CONNECTION = "AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT"


@pytest.fixture
def world(business_central: Server, tmp_path: Path) -> Iterator[World]:
    """An emulated Business Central and a folder for copies of it."""
    world = World(business_central, tmp_path)
    yield world
    world.close()


@pytest.fixture
def connection(business_central: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An emulated Business Central behind the default connection."""
    monkeypatch.setenv(CONNECTION, business_central.connection_json)
    return business_central


@pytest.fixture
def impatient(connection: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The default connection, which repeats no request."""
    settings = json.loads(os.environ[CONNECTION])
    settings["extra"]["max_retries"] = 0
    monkeypatch.setenv(CONNECTION, json.dumps(settings))
    return connection


@pytest.fixture(scope="session")
def postgresql() -> int:
    """The port of a PostgreSQL server, started when the first test wants it."""
    return databases.shared("postgresql")


@pytest.fixture(scope="session")
def mariadb() -> int:
    """The port of a MariaDB server, started when the first test wants it."""
    return databases.shared("mariadb")


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Airflow's own database, migrated once."""
    from airflow.utils.db import initdb  # noqa: PLC0415 - Airflow reads its settings on import

    initdb()
