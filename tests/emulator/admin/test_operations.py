"""Operations: the ways to look at them, how they end, and what else may happen to them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.emulator import Emulator
from airflow_provider_bc.emulator.admin.outcomes import NAMES

from .conftest import Administrator

COPY = {"environmentName": "Copy", "type": "Sandbox"}


def order(admin: Administrator, method: str, what: str, body: Any = None) -> Any:
    told = admin.send(method, f"/_emulator/{what}", body)
    assert told.status == 200, told
    return told.json


def test_four_ways_to_look(admin: Administrator) -> None:
    one = admin.at("POST", "Production/copy", COPY).json
    number = one["id"]
    assert admin.ask("GET", f"/environments/operations/{number.upper()}").json == one
    assert admin.at("GET", f"Copy/operations/{number}").json == one
    assert admin.at("GET", "Copy/operations").json["value"] == [one]
    assert admin.at("GET", "Production/operations").json["value"] == []
    assert admin.at("GET", f"Production/operations/{number}").status == 404
    assert admin.ask("GET", "/environments/operations").json["value"] == [one]
    assert admin.at("GET", "operations").json["value"] == [one]
    told = admin.ask("GET", "/environments/operations/nowhere")
    assert admin.refused(told) == (404, "ResourceDoesNotExist")


@pytest.mark.parametrize(
    ("version", "statuses"),
    [
        (5, (404, 404, 404, 404)),
        (6, (200, 404, 404, 404)),
        (7, (200, 200, 404, 404)),
        (27, (200, 200, 200, 404)),
        (28, (200, 200, 200, 200)),
        (30, (404, 404, 404, 404)),
    ],
)
def test_versions(admin: Administrator, version: int, statuses: tuple[int, ...]) -> None:
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    admin.version = f"v2.{version}"
    found = (
        admin.at("GET", "Copy/operations").status,
        admin.ask("GET", "/environments/operations").status,
        admin.at("GET", f"Copy/operations/{number}").status,
        admin.ask("GET", f"/environments/operations/{number}").status,
    )
    assert found == statuses


def test_newest_first_and_kept_180_days(admin: Administrator) -> None:
    admin.have("Test")
    admin.at("DELETE", "Test")
    admin.wait(2)
    found = admin.ask("GET", "/environments/operations").json["value"]
    assert [one["type"] for one in found] == ["softDelete", "copy"]
    admin.emulator.clock.advance(180 * 86_400)
    assert admin.ask("GET", "/environments/operations").json["value"] == []


@pytest.mark.parametrize("outcome", ["failed", "canceled", "skipped"])
def test_bad_ends(admin: Administrator, outcome: str) -> None:
    plan = order(admin, "POST", "operations/outcomes", {"name": outcome, "message": "Why."})
    assert plan["times"] == 1
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    admin.wait(2)
    ended = admin.operation(number)
    assert (ended["status"], ended["errorMessage"]) == (outcome, "Why.")
    assert (ended["startedOn"] is None) == (outcome == "skipped")
    assert (admin.status("Copy"), admin.data("Copy").status) == ("CreatingFailed", 404)


def test_stuck_until_released(admin: Administrator) -> None:
    order(admin, "POST", "operations/outcomes", {"name": "stuck"})
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    admin.wait(1000)
    assert admin.operation(number)["status"] == "running"
    order(admin, "POST", "operations/release", {})
    admin.wait()
    assert admin.operation(number)["status"] == "succeeded"


def test_waiting_until_released(admin: Administrator) -> None:
    order(admin, "POST", "operations/outcomes", {"name": "waiting", "times": 2, "kind": "copy"})
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    admin.wait(1000)
    assert admin.operation(number)["status"] == "scheduled"
    order(admin, "DELETE", "operations/outcomes")
    order(admin, "POST", "operations/release", {})
    admin.wait(2)
    assert admin.operation(number)["status"] == "succeeded"


def test_a_plan_for_another_type_waits(admin: Administrator) -> None:
    plan = admin.emulator.operations.outcomes.plan("failed", kind="softDelete")
    admin.have("Test")
    assert plan.times == 1
    with pytest.raises(ValueError, match="stuck"):
        admin.emulator.operations.outcomes.plan("nonsense")
    told = admin.send("POST", "/_emulator/operations/outcomes", {"name": "nonsense"})
    assert told.status == 400
    assert set(NAMES) > {"failed", "stuck"}


def test_only_a_running_update_is_canceled(admin: Administrator) -> None:
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    told = admin.at("POST", f"Copy/operations/{number}/cancel")
    assert admin.refused(told) == (400, "EntityValidationFailed")


def test_a_lost_answer_is_an_operation_all_the_same(admin: Administrator) -> None:
    admin.emulator.faults.add("dropped_midway", where="/copy")
    path = "/admin/v2.29/applications/BusinessCentral/environments/Production/copy"
    with pytest.raises(AssertionError):
        admin.send("POST", path, COPY)
    (one,) = admin.ask("GET", "/environments/operations").json["value"]
    assert (one["type"], one["environmentName"]) == ("copy", "Copy")
    told = admin.send("POST", path, COPY)
    assert admin.refused(told) == (400, "tenantAlreadyProvisioning")
    admin.emulator.faults.add("answer_lost", where="admin")
    with pytest.raises(AssertionError):
        admin.at("DELETE", "Production")
    assert admin.status("Production") == "SoftDeleting"
    assert admin.emulator.log.count("admin", path="/copy", method="POST") == 2
    assert admin.emulator.log.entries[-2].fault == "answer_lost"


def test_the_control_door_tells_and_sets(admin: Administrator) -> None:
    told = order(admin, "POST", "admin-center", {"operation_seconds": 10})
    assert told == {"operation_seconds": 10.0, "apps_in_new_environments": False}
    assert order(admin, "POST", "admin-center", {"apps_in_new_environments": True}) == {
        "operation_seconds": 10.0,
        "apps_in_new_environments": True,
    }
    wrong = admin.send("POST", "/_emulator/admin-center", {"nonsense": 1})
    assert wrong.status == 400
    admin.have("Copy")
    first, second = order(admin, "GET", "environments")["environments"]
    assert first["companies"] == second["companies"]
    assert first["app_records"] == second["app_records"]
    assert (first["type"], second["type"]) == ("Production", "Sandbox")
    assert len(order(admin, "GET", "operations")["operations"]) == 1


def test_real_time() -> None:
    admin = Administrator(Emulator(20, limits=False))
    admin.emulator.operation_seconds = 0
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    assert admin.operation(number)["status"] == "succeeded"
    assert admin.status("Copy") == "Active"
