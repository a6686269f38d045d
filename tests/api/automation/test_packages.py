"""Configuration packages through all their states."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ApplicationRejected, RequestRejected, Unavailable
from tests.automation_files import package_file
from tests.drivers import Driver

IMPORT, APPLY = "/Microsoft.NAV.import", "/Microsoft.NAV.apply"


def uploaded(driver: Driver, code: str = "US.STD") -> dict[str, Any]:
    packages = driver.client.automation.packages
    row = driver.perform(packages.create(code, "Standard", processingOrder=3))
    content = package_file(code)
    driver.perform(packages.upload(row, lambda: BytesIO(content), len(content)))
    return row


def test_a_package_is_imported_and_applied(business_central: Server, driver: Driver) -> None:
    packages = driver.client.automation.packages
    row = uploaded(driver, "O'NEIL /?&%")
    assert row["processingOrder"] == 3
    assert driver.perform(packages.begin("import", row["id"]))["importStatus"] == "Completed"
    assert driver.perform(packages.begin("apply", row["id"]))["applyStatus"] == "Completed"
    assert [one["code"] for one in driver.perform(packages.all())] == ["O'NEIL /?&%"]
    with pytest.raises(RequestRejected):
        driver.perform(packages.create(row["code"], "Another"))
    own = packages.create("OWN", "Own", package_id="11111111-2222-3333-4444-aaaaaaaaaaaa")
    assert driver.perform(own)["id"] == "11111111-2222-3333-4444-aaaaaaaaaaaa"
    found = driver.perform(packages.find(str(row["code"]).lower()))
    assert found is not None
    assert found["id"] == row["id"]
    assert driver.perform(packages.delete(row["id"]))
    assert not driver.perform(packages.delete(row["id"]))
    assert driver.perform(packages.find("O'NEIL /?&%")) is None


@pytest.mark.parametrize("seconds", [0, 3600])
def test_what_has_begun_is_not_begun_again(
    business_central: Server, driver: Driver, seconds: float
) -> None:
    packages = driver.client.automation.packages
    row = uploaded(driver)
    business_central.emulator.background.seconds = seconds
    business_central.emulator.faults.add("answer_lost", where=IMPORT)
    begun = driver.perform(packages.begin("import", row["id"]))
    assert begun["importStatus"] == ("Scheduled" if seconds else "Completed")
    if seconds:
        driver.perform(packages.begin("import", row["id"]))
    assert business_central.emulator.log.count(path=IMPORT) == 1


def test_what_has_not_begun_is_said(business_central: Server, driver: Driver) -> None:
    packages = driver.client.automation.packages
    row = uploaded(driver)
    with pytest.raises(ApplicationRejected, match="not completed"):
        driver.perform(packages.begin("apply", row["id"]))
    business_central.emulator.faults.add("dropped", where=IMPORT)
    with pytest.raises(Unavailable):
        driver.perform(packages.begin("import", row["id"]))
    business_central.emulator.faults.add("dropped", where=IMPORT)
    business_central.emulator.faults.add("unavailable", after=1, where=f"({row['id']})")
    with pytest.raises(Unavailable, match="import"):
        driver.perform(packages.begin("import", row["id"]))
