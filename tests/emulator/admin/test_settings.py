"""The settings of an environment (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.emulator.admin.window import next_window, wait_for

from .conftest import Administrator

WINDOW = "Production/settings/upgrade"
UTC = {"preferredStartTime": "20:00", "preferredEndTime": "02:00", "timeZoneId": "UTC"}


def test_the_update_window(admin: Administrator) -> None:
    assert admin.at("GET", WINDOW).json == {
        "preferredStartTime": "22:00",
        "preferredEndTime": "06:00",
        "timeZoneId": "UTC",
        "preferredStartTimeUtc": "2026-03-02T22:00:00Z",
        "preferredEndTimeUtc": "2026-03-03T06:00:00Z",
    }
    told = admin.at("PUT", WINDOW, UTC | {"timeZoneId": "Tokyo Standard Time"})
    assert told.json["preferredStartTimeUtc"] == "2026-03-02T11:00:00Z"
    moments = {
        "preferredStartTimeUtc": "2026-03-02T01:00:00Z",
        "preferredEndTimeUtc": "2026-03-02T07:00:00Z",
    }
    told = admin.at("PUT", WINDOW, moments)
    assert (told.json["preferredStartTime"], told.json["timeZoneId"]) == ("01:00", "UTC")
    admin.version = "v2.12"
    assert set(admin.at("GET", WINDOW).json) == set(moments)
    (one, two) = admin.ask("GET", "/environments/operations").json["value"]
    assert (one["type"], two["type"], one["status"]) == ("modify", "modify", "succeeded")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (UTC | {"preferredEndTime": "01:59"}, "ScheduledUpgradeConstraintViolation"),
        (UTC | {"preferredEndTime": "24:00"}, "invalidRange"),
        (UTC | {"timeZoneId": "Mars"}, "invalidInput"),
        (UTC | {"preferredStartTimeUtc": "2026-03-02T01:00:00Z"}, "invalidInput"),
        ({"preferredStartTimeUtc": "x", "preferredEndTimeUtc": "y"}, "invalidRange"),
        ({"preferredStartTime": "20:00"}, "requestBodyRequired"),
    ],
)
def test_what_is_no_window(admin: Administrator, body: Any, code: str) -> None:
    assert admin.refused(admin.at("PUT", WINDOW, body)) == (400, code)


def test_inside_and_outside_a_window() -> None:
    window = ("22:00", "06:00", "UTC")
    midnight = 1_772_496_000.0  # 2026-03-03T00:00:00Z
    assert next_window(window, midnight) == (midnight - 7200, midnight + 6 * 3600)
    assert wait_for(window, midnight) == 0
    assert wait_for(window, midnight + 6 * 3600) == 16 * 3600


def test_the_insights_key_restarts(admin: Administrator) -> None:
    body = {"key": "11111111-2222-3333-4444-555555555555"}
    assert admin.at("POST", "Production/settings/appinsightskey", body).status == 200
    assert (admin.status("Production"), admin.data("Production").status) == ("Restarting", 503)
    again = admin.at("POST", "Production/settings/appinsightskey", body)
    assert admin.refused(again) == (400, "cannotSetAppInsightsKey")
    admin.wait()
    assert admin.at("GET", "Production").json["appInsightsKey"] == body["key"]
    assert (admin.status("Production"), admin.data("Production").status) == ("Active", 200)


def test_the_security_group(admin: Administrator) -> None:
    path = "Production/settings/securitygroupaccess"
    assert (admin.at("GET", path).status, admin.at("GET", path).json) == (204, None)
    (group,) = admin.emulator.tenant.groups
    assert admin.at("POST", path, {"Value": group}).status == 200
    assert admin.at("GET", path).json == {"id": group, "displayName": "Finance"}
    unknown = admin.at("POST", path, {"Value": "0" * 8 + group[8:]})
    assert admin.refused(unknown) == (404, "ResourceDoesNotExist")
    assert admin.refused(admin.at("POST", path, {"Value": "x"})) == (400, "invalidInput")
    assert admin.at("DELETE", path).status == 204
    assert admin.at("GET", path).status == 204


def test_licenses_and_cadence(admin: Administrator) -> None:
    path = "Production/settings/accesswithm365licenses"
    assert admin.at("GET", path).json == {"enabled": False}
    assert admin.at("POST", path, {"enabled": True}).status == 200
    assert admin.at("GET", path).json == {"enabled": True}
    for body in ({}, {"enabled": "yes"}):
        assert admin.refused(admin.at("POST", path, body)) == (400, "invalidInput")
    path = "Production/settings/appSourceAppsUpdateCadence"
    assert admin.at("PUT", path, {"value": "DuringMajorUpgrade"}).status == 200
    told = admin.at("GET", "Production").json
    assert told["AppSourceAppsUpdateCadence"] == "DuringMajorUpgrade"
    assert admin.refused(admin.at("PUT", path, {"value": "Never"})) == (400, "invalidInput")
    zones = admin.ask("GET", "/applications/settings/timezones").json["value"]
    assert "UTC" in [zone["id"] for zone in zones]


def test_apps_do_not_see_partner_access(admin: Administrator) -> None:
    path = "Production/settings/partneraccess"
    assert admin.refused(admin.at("GET", path)) == (403, "Forbidden")
    assert admin.refused(admin.at("PUT", path, {"status": "x"})) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("securitygroupaccess", 8),
        ("accesswithm365licenses", 12),
        ("partneraccess", 22),
    ],
)
def test_versions(admin: Administrator, name: str, since: int) -> None:
    path = f"Production/settings/{name}"
    admin.version = f"v2.{since - 1}"
    assert admin.at("GET", path).status == 404
    admin.version = f"v2.{since}"
    assert admin.at("GET", path).status != 404
