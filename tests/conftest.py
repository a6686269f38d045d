"""What every test may use: an Airflow of its own, and an emulated Business Central."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests import airflow_environment

AIRFLOW_HOME = airflow_environment.choose()

pytest_plugins = ["airflow_provider_bc.emulator.pytest_plugin"]

# A busy machine, or the first look at the Unicode tables, is slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

CONNECTION = "AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT"


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Airflow's own database, migrated once."""
    from airflow.utils.db import initdb  # noqa: PLC0415 - Airflow reads its settings on import

    initdb()
