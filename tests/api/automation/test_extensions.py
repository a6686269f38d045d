"""Extensions are switched, and uploaded through the only slot."""

from __future__ import annotations

from io import BytesIO

import pytest

from airflow_provider_bc.api.automation.app_file import AppManifest, read_manifest
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ApplicationRejected, ConfigurationError, Unavailable
from tests.automation_files import APP_ID, app_file
from tests.drivers import Driver

APP = AppManifest(APP_ID, "Bonus", "Contoso & Co.", "1.0.0.0")
UPLOAD = "/Microsoft.NAV.upload"


def test_an_extension_is_switched(business_central: Server, driver: Driver) -> None:
    extensions = driver.client.automation.extensions
    row = driver.perform(extensions.find("loyalty"))
    key = str(row["packageId"])
    business_central.emulator.faults.add("server_error", where="/Microsoft.NAV.install")
    with pytest.raises(Unavailable):
        driver.perform(extensions.install(key))
    assert driver.perform(extensions.install(key))
    assert not driver.perform(extensions.install(key))
    with pytest.raises(ApplicationRejected, match="cannot be unpublished"):
        driver.perform(extensions.unpublish(key))
    business_central.emulator.faults.add("answer_lost", where="/Microsoft.NAV.uninstall")
    assert driver.perform(extensions.uninstall(key, delete_data=True))
    assert not driver.perform(extensions.uninstall(key))
    business_central.emulator.faults.add("dropped", where="/Microsoft.NAV.unpublish")
    with pytest.raises(Unavailable):
        driver.perform(extensions.unpublish(key))
    business_central.emulator.faults.add("answer_lost", where="/Microsoft.NAV.unpublish")
    driver.perform(extensions.unpublish(key))
    with pytest.raises(ConfigurationError, match="no extension"):
        driver.perform(extensions.find(str(row["id"])))


def test_the_newest_of_one_app_is_found(business_central: Server, driver: Driver) -> None:
    company = business_central.emulator.companies[0]
    for number, publisher in ((9, "CRONUS"), (10, "CRONUS"), (1, "Other")):
        values = {"displayName": "Many", "publisher": publisher, "versionMajor": number}
        values["id"] = f"00000000-0000-0000-0000-00000000000{len(publisher)}"
        company.create("extensions", values, "microsoft/automation/v2.0")
    find = driver.client.automation.extensions.find
    with pytest.raises(ConfigurationError, match="Several extensions"):
        driver.perform(find("Many"))
    assert driver.perform(find("Many", "CRONUS"))["versionMajor"] == 10


def test_an_extension_is_uploaded(business_central: Server, driver: Driver) -> None:
    extensions, content = driver.client.automation.extensions, app_file()
    assert driver.perform(extensions.deployments(APP)) == []
    driver.perform(extensions.begin_upload(lambda: BytesIO(content), len(content)))
    (row,) = driver.perform(extensions.deployments(APP))
    assert row["status"] == "Completed"
    assert len(driver.perform(extensions.deployments())) == 1
    assert driver.perform(extensions.find("Bonus"))["isInstalled"]


def test_a_lost_answer_uploads_nothing_twice(business_central: Server, driver: Driver) -> None:
    extensions, faults = driver.client.automation.extensions, business_central.emulator.faults
    faults.add("answer_lost", where=UPLOAD)
    driver.perform(extensions.begin_upload(lambda: BytesIO(app_file())))
    assert len(driver.perform(extensions.deployments(APP))) == 1
    faults.add("dropped", where=UPLOAD)
    newer = app_file("2.0.0.0")
    with pytest.raises(Unavailable):
        driver.perform(extensions.begin_upload(lambda: BytesIO(newer)))
    # The slot is taken; it is used again.
    driver.perform(extensions.begin_upload(lambda: BytesIO(newer), schema_sync_mode="Force Sync"))
    assert driver.perform(extensions.find("Bonus"))["versionMajor"] == 2


def test_a_manifest_is_read() -> None:
    assert read_manifest(lambda: BytesIO(app_file())) == APP


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ" * 40,
        b"NAVX" + b"\0" * 60,
        app_file().replace(b"<Package", b"<!DOCTYPE"),
        app_file().replace(b"<App ", b"<Bpp "),
        app_file().replace(b" Version=", b" Virsion="),
    ],
)
def test_what_is_no_extension_is_said(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no extension"):
        read_manifest(lambda: BytesIO(content))
