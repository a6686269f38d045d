"""Per-tenant extensions, uploaded as .app files (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from airflow_provider_bc.emulator.admin.app import BASE
from airflow_provider_bc.emulator.store.shared import AUTOMATION
from tests.automation_files import app_file

from .conftest import Administrator, Told

APP = "9d1f3c52-7c0b-4f55-9b1e-2f6a7d8c9e01"
HOUR = 3600
PATH = "/admin/v2.29/applications/BusinessCentral/environments/Production/apps/pteInstall"


def package(version: str = "1.0.0.0", app: str = APP) -> bytes:
    return app_file(version, "Loyal Extras", "CRONUS", app)


def upload(
    admin: Administrator,
    content: bytes | None = None,
    name: str = "extras.app",
    fields: dict[str, str] | None = None,
) -> Told:
    form = {"acceptIsvEula": "true"} | (fields or {})
    files = {"extensionFile": (name, package() if content is None else content)}
    made = httpx.Request("POST", "https://api.test", data=form, files=files)
    kind = made.headers["content-type"]
    return admin.send("POST", PATH, content=made.read(), kind=kind)


def versions(admin: Administrator) -> dict[str, Any]:
    found = admin.at("GET", "Production/apps").json["value"]
    return {one["appId"]: (one["version"], one["appType"]) for one in found}


def test_at_once(admin: Administrator) -> None:
    told = upload(admin)
    assert (told.status, told.json["status"], told.json["type"]) == (200, "running", "install")
    assert (told.json["appId"], told.json["targetAppVersion"]) == (APP, "1.0.0.0")
    assert told.json["scheduleKind"] == "Immediate"
    assert admin.refused(upload(admin)) == (400, "EntityValidationFailed")
    admin.wait()
    assert versions(admin)[APP] == ("1.0.0.0", "tenant")
    operation = admin.operation(told.json["id"])
    assert operation["status"] == "succeeded"
    assert operation["parameters"]["name"] == "Loyal Extras"
    rows = admin.emulator.companies[1].rows("extensions", AUTOMATION)
    (row,) = [row for row in rows if row["id"] == APP]
    assert (row["displayName"], row["publishedAs"], row["isInstalled"]) == (
        "Loyal Extras",
        "PTE",
        True,
    )
    told = upload(admin, package("1.2.0.0"))
    assert told.json["sourceAppVersion"] == "1.0.0.0"
    admin.wait()
    assert versions(admin)[APP] == ("1.2.0.0", "tenant")
    told = admin.at("POST", f"Production/apps/{APP}/update", {"targetVersion": "2.0.0.0"})
    assert admin.refused(told) == (400, "EntityValidationFailed")


def test_an_older_version_fails(admin: Administrator) -> None:
    upload(admin, package("1.2.0.0"))
    admin.wait()
    number = upload(admin, package("1.2.0.0")).json["id"]
    admin.wait()
    ended = admin.operation(number)
    assert (ended["status"], "already installed" in ended["errorMessage"]) == ("failed", True)


def test_in_the_window(admin: Administrator) -> None:
    told = upload(admin, fields={"deploymentSchedule": "UpdateWindow", "syncMode": "ForceSync"})
    assert (told.json["status"], told.json["startedOn"]) == ("scheduled", None)
    (waiting,) = admin.at("GET", "Production/apps/scheduledPteOperations").json["value"]
    assert waiting["parameters"]["syncMode"] == "ForceSync"
    admin.emulator.clock.advance(14 * HOUR)
    admin.wait(2)
    assert versions(admin)[APP] == ("1.0.0.0", "tenant")
    assert admin.at("GET", "Production/apps/scheduledPteOperations").json["value"] == []


@pytest.mark.parametrize(
    ("schedule", "release", "target"),
    [("NextMinorUpdate", "27.1.0.0", "27.1.0.0"), ("NextMajorUpdate", "28.0.0.0", "28.0.0.0")],
)
def test_with_the_next_update(
    admin: Administrator, schedule: str, release: str, target: str
) -> None:
    new = upload(admin, fields={"deploymentSchedule": schedule})
    assert admin.refused(new) == (400, "EntityValidationFailed")
    upload(admin)
    admin.wait()
    upload(admin, package("2.0.0.0"), fields={"deploymentSchedule": schedule})
    (waiting,) = admin.at("GET", "Production/apps/scheduledPteOperations").json["value"]
    assert waiting["parameters"]["targetRelease"] == release
    admin.emulator.clock.advance(100 * HOUR)
    assert versions(admin)[APP] == ("1.0.0.0", "tenant")
    body = {"selected": True, "scheduleDetails": {"ignoreUpdateWindow": True}}
    admin.at("PATCH", f"Production/updates/{target}", body)
    admin.wait(3)
    assert admin.at("GET", "Production").json["versionDetails"]["version"] == target
    assert versions(admin)[APP] == ("2.0.0.0", "tenant")


def test_off_the_schedule(admin: Administrator) -> None:
    upload(admin)
    admin.wait()
    upload(admin, package("2.0.0.0"), fields={"deploymentSchedule": "NextMajorUpdate"})
    path = f"Production/apps/{APP}/removeScheduledPteVersion"
    body = {"targetVersion": "2.0.0.0", "scheduleKind": "NextMajorUpdate"}
    for wrong in ({"targetVersion": "3.0.0.0"}, {"scheduleKind": "UpdateWindow"}):
        told = admin.at("POST", path, body | wrong)
        assert admin.refused(told) == (404, "ResourceDoesNotExist")
    assert admin.at("POST", f"Production/apps/{APP}/uninstall", {}).status == 400
    told = admin.at("POST", path, body)
    assert (told.status, told.json["status"]) == (200, "canceled")
    assert told.json["errorMessage"] == f"Removed by user '{admin.emulator.client_id}'"
    assert versions(admin)[APP] == ("1.0.0.0", "tenant")


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"content": b""}, "extensionFile"),
        ({"content": b"PK\x03\x04 no header"}, "extensionFile"),
        ({"content": package()[:60]}, "extensionFile"),
        ({"content": b"NAVX" + bytes(51 * 1024 * 1024)}, "extensionFile"),
        ({"name": "extras.zip"}, "extensionFile"),
        ({"fields": {"acceptIsvEula": "false"}}, "acceptIsvEula"),
        ({"fields": {"acceptIsvEula": "perhaps"}}, "acceptIsvEula"),
        ({"fields": {"deploymentSchedule": "Never"}}, "deploymentSchedule"),
        ({"fields": {"syncMode": "Clean"}}, "syncMode"),
    ],
)
def test_what_is_refused(admin: Administrator, change: dict[str, Any], target: str) -> None:
    told = upload(admin, **change)
    assert (*admin.refused(told), told.json["target"]) == (400, "invalidInput", target)
    assert not admin.emulator.operations.all()


def test_no_upload_at_all(admin: Administrator) -> None:
    assert admin.refused(admin.send("POST", PATH, {})) == (400, "invalidInput")
    told = upload(admin, package(app=BASE))
    assert admin.refused(told) == (400, "EntityValidationFailed")
    admin.version = "v2.28"
    assert admin.at("POST", "Production/apps/pteInstall").status == 404
