"""Features are switched on and off."""

from __future__ import annotations

import pytest

from airflow_provider_bc.api.automation.features import is_enabled
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ApplicationRejected, NotFound, Unavailable
from tests.drivers import Driver


def test_a_feature_is_switched(business_central: Server, driver: Driver) -> None:
    features, faults = driver.client.automation.features, business_central.emulator.faults
    assert not any(is_enabled(row) for row in driver.perform(features.all()))
    faults.add("answer_lost", where="/Microsoft.NAV.activate")
    assert driver.perform(features.activate("PowerBIAutoRefresh", in_background=True))
    assert not driver.perform(features.activate("PowerBIAutoRefresh"))
    assert is_enabled(driver.perform(features.get("PowerBIAutoRefresh")))
    faults.add("dropped", where="/Microsoft.NAV.deactivate")
    with pytest.raises(Unavailable):
        driver.perform(features.deactivate("PowerBIAutoRefresh"))
    assert driver.perform(features.deactivate("PowerBIAutoRefresh"))
    assert not driver.perform(features.deactivate("PowerBIAutoRefresh"))


def test_some_can_only_be_enabled(business_central: Server, driver: Driver) -> None:
    features = driver.client.automation.features
    assert driver.perform(features.activate("SalesPrices"))
    with pytest.raises(ApplicationRejected, match="cannot be disabled"):
        driver.perform(features.deactivate("SalesPrices"))
    with pytest.raises(NotFound):
        driver.perform(features.get("Nope"))
