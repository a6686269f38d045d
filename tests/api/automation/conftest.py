"""Both drivers, connected to a company of an emulated Business Central."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Server
from tests.drivers import DRIVERS, Driver
from tests.test_client import connected


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest, business_central: Server) -> Iterator[Driver]:
    settings = connected(business_central, company="CRONUS USA, Inc.")
    with request.param(settings, retries=Retries(attempts=0)) as made:
        yield made
