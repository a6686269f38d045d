"""Choosing the next version, and updating to it (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Administrator

MAJOR = "Production/updates/28.0.0.0"
HOUR = 3600
NOW: dict[str, Any] = {"selected": True, "scheduleDetails": {"ignoreUpdateWindow": True}}


def selected(admin: Administrator) -> dict[str, Any]:
    found = admin.at("GET", "Production/updates").json["value"]
    (one,) = [update for update in found if update["selected"]]
    update: dict[str, Any] = one
    return update


def test_what_is_offered(admin: Administrator) -> None:
    minor, major, later = admin.at("GET", "Production/updates").json["value"]
    assert (minor["targetVersion"], major["targetVersion"]) == ("27.1.0.0", "28.0.0.0")
    assert (minor["available"], later["available"]) == (True, False)
    assert later["expectedAvailability"] == {"month": 10, "year": 2026}
    assert major["scheduleDetails"]["latestSelectableDateTime"] == "2026-07-30T08:00:00Z"


def test_it_waits_for_the_window(admin: Administrator) -> None:
    told = admin.at("PATCH", MAJOR, {"selected": True})
    assert (told.status, told.json["updateStatus"]) == (200, "scheduled")
    admin.emulator.clock.advance(14 * HOUR - 1)
    assert admin.at("GET", "Production/operations").json["value"] == []
    admin.emulator.clock.advance(1)
    (one,) = admin.at("GET", "Production/operations").json["value"]
    assert (one["type"], one["parameters"]["targetVersion"]) == ("update", "28.0.0.0")
    admin.wait()
    assert (admin.status("Production"), selected(admin)["updateStatus"]) == ("Upgrading", "running")
    assert admin.data("Production").status == 503
    assert admin.refused(admin.at("PATCH", MAJOR, NOW)) == (400, "EntityValidationFailed")
    admin.wait()
    told = admin.at("GET", "Production").json
    assert (told["status"], told["versionDetails"]["version"]) == ("Active", "28.0.0.0")
    (later,) = admin.at("GET", "Production/updates").json["value"]
    assert later["targetVersion"] == "29.0.0.0"


def test_the_last_choice_counts(admin: Administrator) -> None:
    admin.at(
        "PATCH", MAJOR, NOW | {"scheduleDetails": {"selectedDateTime": "2026-03-10T23:00:00Z"}}
    )
    admin.at("PATCH", "Production/updates/27.1.0.0", {"selected": True})
    details = {"selectedDateTime": "2026-03-05T12:00:00Z"}
    told = admin.at("PATCH", "Production/updates/27.1.0.0", {"scheduleDetails": details})
    assert told.json["scheduleDetails"]["selectedDateTime"] == details["selectedDateTime"]
    admin.emulator.clock.advance(30 * 24 * HOUR)
    admin.emulator.clock.advance(10)
    (one,) = admin.at("GET", "Production/operations").json["value"]
    assert (one["createdOn"], one["status"]) == ("2026-03-05T22:00:00Z", "succeeded")
    assert admin.at("GET", "Production").json["versionDetails"]["version"] == "27.1.0.0"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"selected": False}, "EntityValidationFailed"),
        ({"scheduleDetails": {}}, "EntityValidationFailed"),
        ({"selected": True, "scheduleDetails": []}, "invalidInput"),
        (
            {"selected": True, "scheduleDetails": {"selectedDateTime": "2026-03-01T00:00:00Z"}},
            "EntityValidationFailed",
        ),
        (
            {"selected": True, "scheduleDetails": {"selectedDateTime": "2026-09-01T00:00:00Z"}},
            "EntityValidationFailed",
        ),
        ({"selected": True, "scheduleDetails": {"selectedDateTime": "soon"}}, "invalidInput"),
        (
            {"selected": True, "scheduleDetails": {"selectedDateTime": "2026-03-09T00:00:00"}},
            "invalidInput",
        ),
    ],
)
def test_what_cannot_be_chosen(admin: Administrator, body: Any, code: str) -> None:
    assert admin.refused(admin.at("PATCH", MAJOR, body)) == (400, code)
    assert not any(one["selected"] for one in admin.at("GET", "Production/updates").json["value"])


def test_versions_that_are_not_there(admin: Administrator) -> None:
    told = admin.at("PATCH", "Production/updates/1.0.0.0", NOW)
    assert admin.refused(told) == (404, "ResourceDoesNotExist")
    told = admin.at("PATCH", "Production/updates/29.0.0.0", NOW)
    assert admin.refused(told) == (400, "EntityValidationFailed")


def test_canceling_a_running_update(admin: Administrator) -> None:
    admin.at("PATCH", MAJOR, NOW)
    (one,) = admin.at("GET", "Production/operations").json["value"]
    path = f"Production/operations/{one['id']}"
    assert admin.refused(admin.at("POST", f"{path}/cancel")) == (400, "EntityValidationFailed")
    admin.wait()
    assert admin.at("POST", f"{path}/cancel").status == 202
    told = admin.at("GET", path).json
    assert (told["status"], told["canceledBy"]) == ("canceled", admin.emulator.client_id)
    told = admin.at("GET", "Production").json
    assert (told["status"], told["versionDetails"]["version"]) == ("Active", "27.0.0.0")
    admin.wait(5)
    assert admin.at("GET", path).json["status"] == "canceled"
