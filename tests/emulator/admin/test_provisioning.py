"""Creating, copying and restoring environments (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Administrator

COPY = {"environmentName": "Copy", "type": "Sandbox"}


def test_the_life_of_a_create(admin: Administrator) -> None:
    told = admin.create("New")
    assert told.status == 202
    number = told.json["id"]
    assert (told.json["type"], told.json["status"]) == ("create", "scheduled")
    assert told.json["parameters"]["destinationEnvironmentName"] == "New"
    assert told.json["environmentType"] == "Sandbox"
    assert (told.json["createdBy"], told.json["creatorPrincipalType"]) == (
        admin.emulator.client_id,
        "App",
    )
    assert (admin.status("New"), admin.data("New").status) == ("Preparing", 404)
    admin.wait()
    running = admin.operation(number)
    assert (running["status"], running["completedOn"]) == ("running", None)
    assert running["startedOn"] == "2026-03-02T08:00:02Z"
    admin.wait()
    done = admin.operation(number)
    assert (done["status"], done["completedOn"]) == ("succeeded", "2026-03-02T08:00:04Z")
    assert admin.status("New") == "Preparing"
    admin.wait()
    assert admin.status("New") == "Active"
    assert admin.data("New").status == 401, "nobody entered the app there"


def test_apps_in_new_environments(admin: Administrator) -> None:
    admin.emulator.apps_in_new_environments = True
    admin.create("New", "Production", countryCode="DE", applicationVersion="27.1.0.0")
    admin.wait(3)
    (company,) = admin.data("nEW").json["value"]
    assert company["name"] == "Company 001"
    new = admin.at("GET", "NEW").json
    assert (new["countryCode"], new["versionDetails"]["version"]) == ("DE", "27.1.0.0")


def test_a_copy_holds_the_same_and_lives_on_its_own(admin: Administrator) -> None:
    production = admin.emulator.companies[0]
    told = admin.at("POST", "Production/copy", COPY)
    assert told.json["environmentName"] == "Copy"
    assert told.json["parameters"] == {
        "sourceEnvironmentName": "Production",
        "sourceEnvironmentType": "Production",
        "destinationEnvironmentName": "Copy",
        "destinationEnvironmentType": "Sandbox",
        "applicationVersion": "27.0.0.0",
        "countryCode": "US",
    }
    admin.wait(3)
    copy = admin.emulator.environments[1]
    assert [one.id for one in copy.companies] == [one.id for one in admin.emulator.companies]
    mine, theirs = copy.companies[0], production
    for entity_set in ("customers", "generalLedgerEntries", "salesInvoices"):
        assert mine.rows(entity_set) == theirs.rows(entity_set)
    before = theirs.rows("customers")
    key = str(before[0]["id"])
    mine.update("customers", key, {"displayName": "Changed"})
    mine.create("customers", {"displayName": "Only here"})
    entry = mine.rows("generalLedgerEntries")[3]
    mine.update("generalLedgerEntries", str(entry["id"]), {"description": "Changed"})
    assert theirs.rows("customers") == before
    assert theirs.rows("generalLedgerEntries")[3]["description"] == entry["description"]
    told = admin.data("Copy", f"companies({mine.id})/customers({key})")
    assert told.json["displayName"] == "Changed"
    names = [one["name"] for one in admin.send("GET", "/environments/v1.2").json["value"]]
    assert names == ["Production", "Copy"]


def test_one_at_a_time(admin: Administrator) -> None:
    admin.create("One")
    body = {"environmentType": "Sandbox", "countryCode": "US"}
    for told in (admin.at("PUT", "Two", body), admin.at("POST", "Production/copy", COPY)):
        assert admin.refused(told) == (400, "tenantAlreadyProvisioning")
    admin.wait(2)
    assert admin.create("Two").status == 202


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("1abc", "environmentNameNotValid"),
        ("a" * 30, "environmentNameNotValid"),
        ("with.dot", "environmentNameNotValid"),
        ("Admin", "environmentNameNotValid"),
        ("PRODUCTION", "resourceExists"),
    ],
)
def test_names(admin: Administrator, name: str, code: str) -> None:
    assert admin.refused(admin.create(name)) == (400, code)
    copy = admin.at("POST", "Production/copy", {"environmentName": name, "type": "Sandbox"})
    assert admin.refused(copy) == (400, code)
    assert len(admin.emulator.environments) == 1
    assert not admin.emulator.operations.all()


@pytest.mark.parametrize(
    ("change", "code", "target"),
    [
        ({"environmentType": "Test"}, "invalidInput", "environmentType"),
        ({"countryCode": " "}, "invalidInput", "countryCode"),
        ({"countryCode": "XX"}, "destinationApplicationServiceNotFound", "XX"),
        ({"ringName": "Gold"}, "resourceDoesNotExist", "ringName"),
        ({"environmentType": "Production", "ringName": "PREVIEW"}, "invalidInput", "ringName"),
        ({"applicationVersion": "27"}, "invalidInput", "applicationVersion"),
        ({"applicationVersion": "9.9.9.9"}, "destinationApplicationServiceNotFound", "9.9.9.9"),
    ],
)
def test_what_a_create_needs(
    admin: Administrator, change: dict[str, Any], code: str, target: str
) -> None:
    told = admin.create("New", **change)
    assert (*admin.refused(told), told.json["target"]) == (400, code, target)


def test_bodies(admin: Administrator) -> None:
    path = "/admin/v2.29/applications/BusinessCentral/environments/New"
    assert admin.refused(admin.send("PUT", path)) == (400, "requestBodyRequired")
    for content in (b"{", b"[]"):
        assert admin.refused(admin.send("PUT", path, content=content)) == (400, "invalidInput")
    missing = admin.at("POST", "Nowhere/copy", COPY)
    assert admin.refused(missing) == (404, "environmentNotFound")
    assert missing.json["target"] == "BusinessCentral/Nowhere"


def test_quotas(admin: Administrator) -> None:
    told = admin.ask("GET", "/environments/quotas").json
    assert told["environmentsCount"] == {"production": 3, "sandbox": 9}
    assert told["storageInKilobytes"]["total"] == 83_886_080
    used = admin.at("GET", "Production/usedstorage").json
    assert used["databaseStorageInKilobytes"] > 512_000
    assert admin.ask("GET", "/environments/usedstorage").json["value"] == [used]
    admin.emulator.tenant.quotas["Sandbox"] = 1
    admin.have("First")
    code = "maximumNumberOfEnvironmentsAllowedReached"
    assert admin.refused(admin.create("Second")) == (400, code)
    admin.emulator.tenant.quotas["Sandbox"] = 2
    admin.emulator.tenant.storage["default"] = 600_000
    code = "maximumStorageCapacityUsageReached"
    assert admin.refused(admin.create("Second")) == (400, code)


def test_old_versions(admin: Administrator) -> None:
    admin.version = "v2.8"
    told = admin.create("Old")
    assert (told.status, told.json["name"], told.json["status"]) == (201, "Old", "Preparing")
    admin.wait(3)
    assert admin.at("POST", "Production/copy", COPY).status == 404
    told = admin.at("POST", "Production", COPY)
    assert (told.status, told.json["name"]) == (201, "Copy")


def test_restore(admin: Administrator) -> None:
    admin.emulator.clock.advance(86_400 * 40)
    (period,) = admin.at("GET", "Production/availableRestorePeriods").json["value"]
    assert period == {
        "from": "2026-03-14T08:00:00Z",
        "to": "2026-04-11T08:00:00Z",
        "correspondingApplicationPackageVersion": "27.0.0.0",
    }
    body = {
        "EnvironmentName": "Back",
        "EnvironmentType": "Production",
        "PointInTime": "2026-04-01T00:00:00Z",
        "SkipInstallingThirdPartyGlobalApps": True,
    }
    for moment in ("2026-03-14T07:59:59Z", "2027-01-01T00:00:00Z"):
        told = admin.at("POST", "Production/restore", body | {"PointInTime": moment})
        assert admin.refused(told) == (400, "PitRestoreFailed")
    for wrong in ({"PointInTime": "x"}, {"PointInTime": "2026-04-01T00:00:00"}):
        told = admin.at("POST", "Production/restore", body | wrong)
        assert admin.refused(told) == (400, "invalidInput")
    told = admin.at("POST", "Production/restore", body)
    assert (told.status, told.json["status"], told.json["type"]) == (202, "queued", "pitRestore")
    assert told.json["parameters"]["restorePointInTime"] == body["PointInTime"]
    admin.wait(3)
    back = admin.emulator.environments[1]
    assert (back.name, back.status, len(back.companies)) == ("Back", "Active", 2)
    assert [app.name for app in back.apps.values()] == ["Base Application"]
    for name in ("Production", "Back"):
        found = admin.at("GET", f"{name}/operations/{told.json['id']}").json
        assert found["status"] == "succeeded"


def test_ten_restores_a_month(admin: Administrator) -> None:
    admin.emulator.tenant.quotas["Sandbox"] = 20
    for turn in range(11):
        body = {
            "EnvironmentName": f"Back{turn}",
            "EnvironmentType": "Sandbox",
            "PointInTime": "2026-03-02T08:00:00Z",
        }
        told = admin.at("POST", "Production/restore", body)
        assert told.status == (202 if turn < 10 else 400)
        admin.wait(3)
