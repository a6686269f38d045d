"""Users are found, changed and given permission sets."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ApplicationRejected, ConfigurationError, Unavailable
from tests.drivers import Driver

ROLE = "D365 BUS FULL ACCESS"


def held(driver: Driver) -> list[Any]:
    rows = driver.perform(driver.client.automation.users.permissions("mario"))
    return sorted((row["roleId"], row["company"], row["scope"]) for row in rows)


def test_a_permission_set_is_given_and_taken(business_central: Server, driver: Driver) -> None:
    users = driver.client.automation.users
    assert driver.perform(users.grant("mario", ROLE))
    assert not driver.perform(users.grant("MARIO", ROLE.lower()))
    assert driver.perform(users.grant("mario", ROLE, company="CRONUS USA, Inc."))
    assert held(driver) == [(ROLE, "", "System"), (ROLE, "CRONUS USA, Inc.", "System")]
    assert driver.perform(users.revoke("mario", ROLE)) == 1
    assert driver.perform(users.revoke("mario", ROLE)) == 0
    assert held(driver) == [(ROLE, "CRONUS USA, Inc.", "System")]


def test_an_ambiguous_permission_set_needs_its_app(
    business_central: Server, driver: Driver
) -> None:
    users = driver.client.automation.users
    with pytest.raises(ApplicationRejected, match="multiple times"):
        driver.perform(users.grant("mario", "D365 BASIC"))
    with pytest.raises(ApplicationRejected, match="does not exist"):
        driver.perform(users.grant("mario", "NOPE"))
    assert driver.perform(users.grant("mario", "D365 BASIC", scope="Tenant"))
    app = str(driver.perform(driver.client.automation.extensions.find("Loyalty"))["id"])
    assert not driver.perform(users.grant("mario", "D365 BASIC", app_id=app))


def test_a_lost_answer_grants_nothing_twice(business_central: Server, driver: Driver) -> None:
    users, faults = driver.client.automation.users, business_central.emulator.faults
    driver.perform(users.all())
    faults.add("answer_lost", after=1, where="/userPermissions")
    assert driver.perform(users.grant("mario", ROLE))
    faults.add("dropped", after=1, where="/userPermissions")
    with pytest.raises(Unavailable):
        driver.perform(users.grant("mario", "SUPER"))
    assert held(driver) == [(ROLE, "", "System")]


def test_a_look_that_is_refused_does_not_hide_what_is_open(
    business_central: Server, driver: Driver
) -> None:
    users, faults = driver.client.automation.users, business_central.emulator.faults
    driver.perform(users.all())
    faults.add("answer_lost", after=1, where="/userPermissions")
    faults.add("forbidden", after=2, where="/userPermissions")
    with pytest.raises(Unavailable, match="may have been carried out"):
        driver.perform(users.grant("mario", ROLE))
    assert held(driver) == [(ROLE, "", "System")]


def test_an_answer_that_is_none_is_looked_after(business_central: Server, driver: Driver) -> None:
    users = driver.client.automation.users
    driver.perform(users.all())
    business_central.emulator.faults.add("error_in_200", after=1, where="/userPermissions")
    assert driver.perform(users.grant("mario", ROLE))


def test_a_user_is_found_and_changed(business_central: Server, driver: Driver) -> None:
    users = driver.client.automation.users
    row = driver.perform(users.update("ANNETTE", state="Disabled"))
    assert row["state"] == "Disabled"
    assert driver.perform(users.find(str(row["userSecurityId"])))["userName"] == "ANNETTE"
    with pytest.raises(ConfigurationError, match="no user"):
        driver.perform(users.find("nobody"))
    twin = {"displayName": "Annette", "userName": "TWIN"}
    business_central.emulator.companies[0].create("users", twin, "microsoft/automation/v2.0")
    business_central.emulator.companies[0].create(
        "users", twin | {"userName": "THIRD", "displayName": "Twins"}, "microsoft/automation/v2.0"
    )
    company = business_central.emulator.companies[0]
    company.create("users", {"displayName": "Twins"}, "microsoft/automation/v2.0")
    with pytest.raises(ConfigurationError, match="2 users"):
        driver.perform(users.find("twins"))


@pytest.mark.parametrize("nobody", ["", " ", "None"])
def test_a_blank_name_is_nobody_s(business_central: Server, driver: Driver, nobody: str) -> None:
    company = business_central.emulator.companies[0]
    first, *others = company.rows("users", "microsoft/automation/v2.0")
    key = str(first["userSecurityId"])
    company.update("users", key, {"contactEmail": None}, "microsoft/automation/v2.0")
    for number, row in enumerate(others):
        email = {"contactEmail": f"{number}@cronus.example"}
        company.update("users", str(row["userSecurityId"]), email, "microsoft/automation/v2.0")
    users = driver.client.automation.users
    for wrong in (users.grant(nobody, ROLE), users.revoke(nobody, ROLE), users.update(nobody)):
        with pytest.raises(ConfigurationError, match=r"user is blank|no user"):
            driver.perform(wrong)
    for blank in (users.grant("mario", " "), users.revoke("mario", "")):
        with pytest.raises(ConfigurationError, match="role_id is blank"):
            driver.perform(blank)
    assert not company.rows("userPermissions", "microsoft/automation/v2.0")
