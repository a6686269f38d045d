"""Apps from AppSource: installed, updated, uninstalled (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.emulator.admin.app import ADATUM, BASE, CONTOSO, FABRIKAM
from airflow_provider_bc.emulator.store.shared import AUTOMATION

from .conftest import Administrator, Told

APPS = "Production/apps"
INSTALL: dict[str, Any] = {"acceptIsvEula": True}
HOUR = 3600


def install(admin: Administrator, app: str = FABRIKAM, **more: Any) -> Told:
    return admin.at("POST", f"{APPS}/{app}/install", INSTALL | more)


def apps(admin: Administrator) -> dict[str, dict[str, Any]]:
    return {one["appId"]: one for one in admin.at("GET", APPS).json["value"]}


def test_install(admin: Administrator) -> None:
    told = install(admin, targetVersion="1.0.0.0")
    assert told.status == 200
    number = told.json["id"]
    assert (told.json["type"], told.json["status"]) == ("install", "scheduled")
    assert (told.json["sourceAppVersion"], told.json["targetAppVersion"]) == ("", "1.0.0.0")
    assert FABRIKAM not in apps(admin)
    assert admin.refused(install(admin)) == (400, "EntityValidationFailed")
    admin.wait(2)
    app = apps(admin)[FABRIKAM]
    assert (app["version"], app["state"], app["appType"]) == ("1.0.0.0", "Installed", "global")
    one = admin.at("GET", f"{APPS}/{FABRIKAM}/operations/{number}").json
    assert (one["status"], one["targetVersion"]) == ("succeeded", "1.0.0.0")
    assert admin.at("GET", f"{APPS}/{FABRIKAM}/operations").json["value"] == [one]
    assert admin.at("GET", f"{APPS}/{BASE}/operations/{number}").status == 404
    general = admin.operation(number)
    assert general["type"] == "environmentAppInstall"
    assert general["parameters"]["targetAppVersion"] == "1.0.0.0"
    assert admin.refused(install(admin)) == (400, "EntityValidationFailed")
    for company in admin.emulator.companies:
        rows = company.rows("extensions", AUTOMATION)
        (row,) = [row for row in rows if row["id"] == FABRIKAM]
        assert (row["versionMajor"], row["publishedAs"]) == (1, "Global")


@pytest.mark.parametrize(
    ("app", "change", "expected"),
    [
        (FABRIKAM, {"acceptIsvEula": False}, (400, "invalidInput")),
        (FABRIKAM, {"targetVersion": "9.0.0.0"}, (404, "ResourceDoesNotExist")),
        (FABRIKAM, {"allowPreviewVersion": True}, (400, "invalidInput")),
        (CONTOSO, {"targetVersion": "3.0.0.0"}, (404, "ResourceDoesNotExist")),
        ("0" * 8 + FABRIKAM[8:], {}, (404, "ResourceDoesNotExist")),
        (ADATUM, {}, (400, "EntityValidationFailed")),
    ],
)
def test_what_cannot_be_installed(
    admin: Administrator, app: str, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert admin.refused(install(admin, app, **change)) == expected
    assert not admin.emulator.operations.all()


def test_dependencies(admin: Administrator) -> None:
    told = install(admin, CONTOSO)
    assert admin.refused(told) == (400, "EntityValidationFailed")
    (needed,) = told.json["data"]["requirements"]
    assert (needed["appId"], needed["type"]) == (FABRIKAM, "Install")
    more = {"installOrUpdateNeededDependencies": True, "allowPreviewVersion": True}
    assert install(admin, CONTOSO, targetVersion="3.0.0.0", **more).status == 200
    admin.wait(2)
    assert {FABRIKAM, CONTOSO} <= set(apps(admin))
    assert apps(admin)[CONTOSO]["version"] == "3.0.0.0"
    path = f"{APPS}/{FABRIKAM}"
    (dependent,) = admin.at("GET", f"{path}/uninstallRequirements").json["value"]
    assert (dependent["appId"], dependent["type"]) == (CONTOSO, "Global")
    told = admin.at("POST", f"{path}/uninstall", {"deleteData": True})
    assert admin.refused(told) == (400, "EntityValidationFailed")
    assert told.json["data"]["requirements"][0]["appId"] == CONTOSO
    told = admin.at("POST", f"{path}/uninstall", {"uninstallDependents": True})
    assert (told.status, told.json["type"]) == (200, "uninstall")
    assert apps(admin)[FABRIKAM]["lastUninstallOperationId"] == told.json["id"]
    admin.wait(2)
    assert set(apps(admin)) == {BASE, ADATUM}
    rows = admin.emulator.companies[0].rows("extensions", AUTOMATION)
    assert FABRIKAM not in [row["id"] for row in rows]


def test_update(admin: Administrator) -> None:
    (offer,) = admin.at("GET", f"{APPS}/availableUpdates").json["value"]
    assert (offer["appId"], offer["version"], offer["requirements"]) == (ADATUM, "4.1.0.0", [])
    path = f"{APPS}/{ADATUM}/update"
    assert admin.refused(admin.at("POST", path, {})) == (400, "invalidInput")
    old = admin.at("POST", path, {"targetVersion": "4.0.0.0"})
    assert admin.refused(old) == (400, "EntityValidationFailed")
    told = admin.at("POST", path, {"targetVersion": "4.1.0.0"})
    assert (told.json["sourceAppVersion"], told.json["type"]) == ("4.0.0.0", "update")
    assert apps(admin)[ADATUM]["state"] == "UpdatePending"
    again = admin.at("POST", path, {"targetVersion": "4.1.0.0"})
    assert admin.refused(again) == (400, "EntityValidationFailed")
    assert "already been scheduled" in again.json["message"]
    admin.wait()
    assert apps(admin)[ADATUM]["state"] == "Updating"
    admin.wait()
    app = apps(admin)[ADATUM]
    assert (app["state"], app["version"]) == ("Installed", "4.1.0.0")
    assert (app["lastOperationId"], app["lastUpdateAttemptResult"]) == (
        told.json["id"],
        "Succeeded",
    )
    assert admin.at("GET", f"{APPS}/availableUpdates").json["value"] == []


def test_an_update_in_the_window_can_be_canceled(admin: Administrator) -> None:
    body = {"targetVersion": "4.1.0.0", "useEnvironmentUpdateWindow": True}
    path = f"{APPS}/{ADATUM}/update"
    number = admin.at("POST", path, body).json["id"]
    admin.emulator.clock.advance(13 * HOUR)
    assert admin.operation(number)["status"] == "scheduled"
    other = admin.at("POST", f"{APPS}/{BASE}/update/cancel", {"ScheduledOperationId": number})
    assert admin.refused(other) == (404, "ResourceDoesNotExist")
    told = admin.at("POST", f"{path}/cancel", {"ScheduledOperationId": number})
    assert (told.status, told.json["status"]) == (200, "canceled")
    assert told.json["canceledBy"] == admin.emulator.client_id
    told = admin.at("POST", f"{path}/cancel", {"ScheduledOperationId": number})
    assert admin.refused(told) == (400, "EntityValidationFailed")
    assert apps(admin)[ADATUM]["state"] == "Installed"
    number = admin.at("POST", path, body).json["id"]
    admin.emulator.clock.advance(HOUR)
    admin.wait(2)
    assert admin.operation(number)["status"] == "succeeded"


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_what_fails_changes_nothing(admin: Administrator, outcome: str) -> None:
    admin.emulator.operations.outcomes.plan(outcome, times=2)
    admin.at("POST", f"{APPS}/{ADATUM}/update", {"targetVersion": "4.1.0.0"})
    admin.wait(2)
    app = apps(admin)[ADATUM]
    assert (app["version"], app["state"]) == ("4.0.0.0", "Installed")
    assert app["lastUpdateAttemptResult"] == outcome.title()
    admin.at("POST", f"{APPS}/{ADATUM}/uninstall", {"deleteData": False})
    admin.wait(2)
    assert apps(admin)[ADATUM]["lastUninstallAttemptResult"] == outcome.title()


def test_what_cannot_be_uninstalled(admin: Administrator) -> None:
    told = admin.at("POST", f"{APPS}/{BASE}/uninstall", {})
    assert admin.refused(told) == (400, "EntityValidationFailed")
    told = admin.at("POST", f"{APPS}/{FABRIKAM}/uninstall", {})
    assert admin.refused(told) == (404, "ResourceDoesNotExist")
