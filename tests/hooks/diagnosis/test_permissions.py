"""Every subset of the roles before every family of APIs, and each door behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from uuid import uuid4

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import PUBLIC_CLIENT_ID, USER
from airflow_provider_bc.emulator.entra.directory import ALL_ROLES
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from tests.hooks.patient import Results, data_can_be_read, examine, secrets_in

SUBSETS = [roles for size in range(5) for roles in combinations(ALL_ROLES, size)]
OPENS = {
    "data_api": "API.ReadWrite.All",
    "automation_api": "Automation.ReadWrite.All",
    "admin_center": "AdminCenter.ReadWrite.All",
}


@pytest.mark.parametrize("roles", SUBSETS, ids=lambda roles: "+".join(roles) or "none")
def test_each_family_wants_its_own_role(business_central: Server, roles: tuple[str, ...]) -> None:
    business_central.emulator.roles = roles
    results = examine(business_central)
    for family, role in OPENS.items():
        told = results[family]
        if role in roles:
            assert told.state == "green"
        else:
            assert told.state == ("red" if family == "data_api" else "note")
            assert f"The token does not carry the role {role}" in told.cause
            assert f"Application permissions > {role}, then Grant admin consent" in told.remedy
    assert data_can_be_read(results) == ("API.ReadWrite.All" in roles)
    assert results["token"].state == "green"


def test_no_role_at_all_means_that_nobody_consented(business_central: Server) -> None:
    business_central.emulator.roles = ()
    told = examine(business_central)["data_api"]
    assert told.cause == (
        "The token does not carry the role API.ReadWrite.All or any other: no application "
        "permission was added, or nobody consented."
    )


def test_a_role_is_the_same_in_any_spelling(business_central: Server) -> None:
    business_central.emulator.roles = ("Automation.readWrite.All", "api.readwrite.all")
    results = examine(business_central)
    for family in ("data_api", "automation_api"):
        assert "does not carry the role" not in results[family].cause
    assert "does not carry the role" in results["admin_center"].cause


def test_app_access_is_reported_and_not_required(business_central: Server) -> None:
    assert "app_access" in examine(business_central)["token"].found
    business_central.emulator.roles = ("API.ReadWrite.All",)
    results = examine(business_central)
    assert "app_access" not in results["token"].found
    assert data_can_be_read(results)


@pytest.mark.parametrize("state", ["missing", "disabled"])
def test_business_central_has_no_enabled_record(business_central: Server, state: str) -> None:
    emulator = business_central.emulator
    if state == "missing":
        emulator.app_records.clear()
    else:
        emulator.app_records[emulator.client_id].enabled = False
    results = examine(business_central)
    assert results["environment"].found == "'Production' is one of 1."
    assert results["data_api"].details["code"] == "Authentication_InvalidCredentials"
    for family, sets in (
        ("data_api", "D365 BUS FULL ACCESS"),
        ("automation_api", "D365 AUTOMATION and, for extensions, EXTEN. MGT. - ADMIN"),
    ):
        told = results[family]
        assert told.state == "red"
        assert told.cause == (
            "The role is granted, but Business Central has no record of the app there, or its "
            "State is not Enabled."
        )
        assert (
            "open the page Microsoft Entra Applications in environment 'Production'" in told.remedy
        )
        assert f"client ID {emulator.client_id} is there with State = Enabled" in told.remedy
        assert sets in told.remedy


def test_the_record_has_no_permission_sets(business_central: Server) -> None:
    emulator = business_central.emulator
    emulator.app_records[emulator.client_id].permitted = False
    results = examine(business_central)
    told = results["automation_api"]
    assert "permission set for it: You do not have the following permissions" in told.cause
    assert "to Disabled, add D365 AUTOMATION" in told.remedy
    assert told.remedy.endswith("set it to Enabled again.")
    assert results["data_api"].details["status"] == "400"


def test_the_admin_center_has_not_authorized_the_app(business_central: Server) -> None:
    business_central.emulator.admin_center_apps.clear()
    results = examine(business_central)
    told = results["admin_center"]
    assert (told.state, told.needed, told.details["status"]) == ("red", False, "403")
    assert told.cause == "The role is granted, but the admin center has not authorized the app."
    assert "page Authorized Microsoft Entra apps" in told.remedy
    assert data_can_be_read(results)


def test_the_admin_center_may_refuse_with_401_as_well(business_central: Server) -> None:
    business_central.emulator.faults.add("unauthorized_xml", times=2, where="admin")
    told = examine(business_central)["admin_center"]
    assert told.details["status"] == "401"
    assert "has not authorized the app" in told.cause


def as_person(server: Server, upn: str) -> Results:
    """Examine a connection that a person signed in for."""
    server.emulator.auto_approve(upn)
    connection = {**server.connection, "login": PUBLIC_CLIENT_ID, "password": None}
    connection["extra"] = {**connection["extra"], "grant_type": "authorization_code"}
    conn_id = f"bc_{uuid4().hex}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        with BusinessCentralHook(conn_id) as hook:
            hook.sign_in_by_device(lambda code: approve(code.verification_uri, code.user_code))
            results = list(hook.diagnose())
    said = json.dumps([one.as_dict() for one in results])
    assert secrets_in(server, said) == []
    return {one.name: one for one in results}


def approve(page: str, code: str) -> None:
    httpx.get(page, params={"user_code": code}, trust_env=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Emulator(limits=False)) as server:
        yield server


def test_a_person_who_may_read_data_only(server: Server) -> None:
    results = as_person(server, USER)
    assert results["sign_in"].found == f"Signed in as {USER}, with a person who signed in."
    assert results["data_api"].state == results["automation_api"].state == "green"
    told = results["admin_center"]
    assert (told.state, told.found) == ("note", "Not granted.")
    assert told.cause == f"{USER} is not an administrator of Business Central."
    assert data_can_be_read(results)


def test_an_administrator(server: Server) -> None:
    assert as_person(server, "megan@cronus.example")["admin_center"].state == "green"


def test_a_person_whom_business_central_does_not_know(server: Server) -> None:
    told = as_person(server, "nestor@cronus.example")["data_api"]
    assert "is no enabled user of this environment, or has no licence" in told.cause
    assert "in a browser" in told.remedy


def test_a_person_without_permission_sets(server: Server) -> None:
    user = server.emulator.directory.user(USER)
    assert user
    user.permitted = False
    told = as_person(server, USER)["data_api"]
    assert told.cause.startswith(f"{USER} has no permission set for it:")
    assert "on the page Users" in told.remedy
