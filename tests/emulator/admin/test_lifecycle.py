"""Deleting, recovering and renaming environments (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

import pytest

from .conftest import Administrator

DAY = 86_400


def test_delete_and_recover(admin: Administrator) -> None:
    admin.have("Test")
    told = admin.at("DELETE", "test")
    assert (told.status, told.json["type"]) == (202, "softDelete")
    assert told.json["parameters"]["deleteReason"] == "requestedByAdmin"
    assert admin.data("Test").status == 503
    assert admin.refused(admin.at("DELETE", "Test")) == (400, "tenantDeletionInProgress")
    admin.wait(2)
    assert admin.at("GET", "Test").status == 404
    assert admin.data("Test").status == 404
    assert admin.operation(told.json["id"])["status"] == "succeeded"
    deleted = admin.emulator.environments[1]
    assert deleted.name == "Test-26030208001000"
    shown = admin.at("GET", deleted.name).json
    assert (shown["status"], shown["SoftDeletedOn"]) == ("SoftDeleted", "2026-03-02T08:00:10Z")
    assert shown["HardDeletePendingOn"] == "2026-03-16T08:00:10Z"
    admin.have("Test")
    told = admin.at("POST", f"{deleted.name}/recover")
    assert (told.status, told.json["type"]) == (202, "recover")
    code = "deletedEnvironmentRecoveryInProgress"
    assert admin.refused(admin.at("POST", f"{deleted.name}/recover")) == (400, code)
    admin.wait(2)
    assert (admin.status(deleted.name), admin.data(deleted.name).status) == ("Active", 200)
    code = "invalidStatusCannotRecoverDeletedEnvironment"
    assert admin.refused(admin.at("POST", "Production/recover")) == (400, code)
    admin.emulator.clock.advance(20 * DAY)
    assert admin.status(deleted.name) == "Active", "what was recovered is not purged"


def test_purged_after_fourteen_days(admin: Administrator) -> None:
    admin.have("Test")
    admin.at("DELETE", "Test")
    admin.wait(2)
    name = admin.emulator.environments[1].name
    admin.emulator.clock.advance(14 * DAY - 1)
    assert admin.status(name) == "SoftDeleted"
    admin.emulator.clock.advance(1)
    assert admin.at("GET", name).status == 404
    assert len(admin.emulator.environments) == 1


def test_what_failed_is_deleted_for_good(admin: Administrator) -> None:
    admin.emulator.operations.outcomes.plan("failed", "No capacity.")
    made = admin.create("Broken").json
    admin.wait(2)
    ended = admin.operation(made["id"])
    assert (ended["status"], ended["errorMessage"]) == ("failed", "No capacity.")
    assert admin.status("Broken") == "CreatingFailed"
    assert admin.refused(admin.create("Broken")) == (400, "environmentReservationFailed")
    told = admin.at("DELETE", "Broken")
    assert (told.status, told.json["type"]) == (202, "delete")
    admin.wait(2)
    assert admin.at("GET", "Broken").status == 404


def test_older_versions_delete_for_good(admin: Administrator) -> None:
    admin.have("Test")
    admin.have("Other")
    admin.version = "v2.17"
    assert admin.at("DELETE", "Test").json["type"] == "delete"
    assert admin.at("POST", "Test/recover").status == 404
    admin.version = "v2.8"
    told = admin.at("DELETE", "Other")
    assert (told.status, told.json) == (202, None)
    admin.wait(2)
    assert [one.name for one in admin.emulator.environments] == ["Production"]


def test_the_link_to_power_platform_forbids_it(admin: Administrator) -> None:
    admin.emulator.environments[0].linked = True
    told = admin.at("DELETE", "Production")
    assert admin.refused(told) == (400, "invalidStatusCannotDeleteTenant")


def test_rename(admin: Administrator) -> None:
    admin.have("Test")
    told = admin.at("POST", "Test/rename", {"NewEnvironmentName": "Renamed"})
    assert (told.status, told.json["type"]) == (202, "environmentRename")
    assert told.json["parameters"] == {
        "oldEnvironmentName": "Test",
        "newEnvironmentName": "Renamed",
    }
    assert admin.at("GET", "Test").status == 404, "the old name is dead at once"
    assert (admin.status("Renamed"), admin.data("Renamed").status) == ("Restarting", 503)
    admin.wait(2)
    assert admin.operation(told.json["id"])["status"] == "succeeded"
    admin.wait()
    assert (admin.status("Renamed"), admin.data("renamed").status) == ("Active", 200)
    told = admin.at("POST", "Renamed/rename", {"NewEnvironmentName": "production"})
    assert admin.refused(told) == (400, "resourceExists")
    told = admin.at("POST", "Renamed/rename", {"NewEnvironmentName": "RENAMED"})
    assert told.status == 202


@pytest.mark.parametrize("outcome", ["failed", "canceled", "skipped"])
def test_what_ends_badly_leaves_things_as_they_were(admin: Administrator, outcome: str) -> None:
    admin.have("Test")
    outcomes = admin.emulator.operations.outcomes
    outcomes.plan(outcome, kind="environmentRename")
    number = admin.at("POST", "Test/rename", {"NewEnvironmentName": "Other"}).json["id"]
    admin.wait(2)
    assert (admin.operation(number)["status"], admin.status("Test")) == (outcome, "Active")
    outcomes.plan(outcome, kind="softDelete")
    admin.at("DELETE", "Test")
    admin.wait(2)
    assert admin.status("Test") == "SoftDeletingFailed"
    admin.at("DELETE", "Test")
    admin.wait(2)
    name = admin.emulator.environments[1].name
    outcomes.plan(outcome, kind="recover")
    admin.at("POST", f"{name}/recover")
    admin.wait(2)
    assert admin.status(name) == "RecoveringFailed"
