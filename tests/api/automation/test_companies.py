"""Companies come, are renamed, and go."""

from __future__ import annotations

import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ConfigurationError, RequestRejected, Unavailable
from tests.drivers import Driver

LONG = "A company whose name is longer than thirty characters"


def names(server: Server) -> list[tuple[str, str]]:
    return [(one.name, one.display_name) for one in server.emulator.companies[2:]]


def test_a_company_is_created_used_renamed_and_deleted(
    business_central: Server, driver: Driver
) -> None:
    companies = driver.client.automation.companies
    row = driver.perform(companies.create(LONG))
    assert row["name"] == LONG[:30]
    assert driver.call("read", "customers", company=LONG) == []
    found = driver.perform(companies.find(LONG))
    assert found is not None
    assert found["id"] == row["id"]
    driver.perform(companies.rename(LONG, "Short"))
    assert names(business_central) == [(LONG[:30], "Short")]
    assert driver.perform(companies.find(LONG)) is not None
    assert driver.perform(companies.find("Other")) is None
    driver.perform(companies.delete("Short"))
    assert names(business_central) == []
    with pytest.raises(ConfigurationError):
        driver.perform(companies.delete("Short"))


@pytest.mark.parametrize("fault", ["answer_lost", "dropped_midway", "cut_json"])
def test_a_lost_answer_creates_no_second_company(
    business_central: Server, driver: Driver, fault: str
) -> None:
    driver.perform(driver.client.automation.companies.all())
    driver.perform(driver.client.operations.metadata("microsoft/automation/v2.0"))
    # The first request is the search; its answer arrives.
    business_central.emulator.faults.add(fault, after=1, where="/automationCompanies")
    row = driver.perform(driver.client.automation.companies.create("New"))
    assert row["displayName"] == "New"
    assert names(business_central) == [("New", "New")]


@pytest.mark.parametrize("fault", ["gateway_timeout", "request_timeout", "dropped"])
def test_what_did_not_happen_is_said(business_central: Server, driver: Driver, fault: str) -> None:
    business_central.emulator.faults.add(fault, after=1, where="/automationCompanies")
    with pytest.raises((Unavailable, RequestRejected)):
        driver.perform(driver.client.automation.companies.create("New"))
    assert names(business_central) == []


def test_a_company_needs_a_name_of_its_own(business_central: Server, driver: Driver) -> None:
    companies = driver.client.automation.companies
    with pytest.raises(ConfigurationError, match="display_name is blank"):
        driver.perform(companies.create(" "))
    driver.perform(companies.create(LONG, business_profile_id="x"))
    with pytest.raises(RequestRejected):
        driver.perform(companies.create(LONG[:35]))
    assert len(names(business_central)) == 1


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_name_is_not_the_connections_company(
    business_central: Server, driver: Driver, blank: str
) -> None:
    companies = driver.client.automation.companies
    before = [(one.name, one.display_name) for one in business_central.emulator.companies]
    for wrong in (
        companies.delete(blank),
        companies.rename(blank, "New"),
        companies.rename("CRONUS USA, Inc.", blank),
    ):
        with pytest.raises(ConfigurationError, match=r"(company|display_name) is blank.*template"):
            driver.perform(wrong)
    assert [(one.name, one.display_name) for one in business_central.emulator.companies] == before


def test_the_only_company_stays(business_central: Server, driver: Driver) -> None:
    del business_central.emulator.companies[1:]
    with pytest.raises(ConfigurationError, match="only company"):
        driver.perform(driver.client.automation.companies.delete("CRONUS USA, Inc."))
    business_central.emulator.companies.clear()
    with pytest.raises(ConfigurationError, match="sees no company"):
        driver.perform(driver.client.automation.extensions.all())
