"""Environment, company and a page of data."""

from __future__ import annotations

import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from tests.hooks.patient import data_can_be_read, examine


def test_a_mistyped_environment(business_central: Server) -> None:
    results = examine(business_central, environment="Prodution")
    told = results["environment"]
    assert told.state == "red"
    assert told.cause == "There is no environment 'Prodution'; there are 'Production'."
    assert told.remedy == "Did you mean 'Production'?"
    assert results["data_api"].because == "environment"
    assert results["admin_center"].state == "green"


def test_the_case_of_an_environment_does_not_matter(business_central: Server) -> None:
    assert examine(business_central, environment="pRODUCTION")["environment"].state == "green"


def test_an_environment_that_refuses_and_is_not_in_the_list(business_central: Server) -> None:
    business_central.emulator.faults.add("unauthorized_xml", times=2, where="/companies")
    told = examine(business_central, environment="WEBsB2")["environment"]
    assert told.state == "red"
    assert told.cause.startswith("There is no environment 'WEBsB2'")


def test_an_environment_that_cannot_be_known(business_central: Server) -> None:
    business_central.emulator.app_records.clear()
    business_central.emulator.faults.add(
        "unauthorized_xml", times=2, after=1, where="/environments/"
    )
    told = examine(business_central)["environment"]
    assert told.state == "note"
    assert "is not known" in told.found


@pytest.mark.parametrize(
    ("company", "cause", "remedy"),
    [
        ("CRONUS USA", "There is no company 'CRONUS USA'", "Did you mean 'CRONUS USA, Inc.'?"),
        ("Nowhere", "There is no company 'Nowhere'", "Correct the company."),
    ],
)
def test_a_mistyped_company(
    business_central: Server, company: str, cause: str, remedy: str
) -> None:
    results = examine(business_central, company=company)
    told = results["company"]
    assert (told.state, told.remedy) == ("red", remedy)
    assert told.cause.startswith(cause)
    assert results["page"].because == "company"
    assert not data_can_be_read(results)


def test_no_company_is_chosen(business_central: Server) -> None:
    results = examine(business_central, company=None)
    assert results["company"].state == "note"
    assert results["company"].found == "None is chosen, and there are 2."
    assert results["page"].state == "green"


def test_the_only_company_need_not_be_chosen() -> None:
    with serve(Emulator(companies=2)) as server:
        del server.emulator.companies[1:]
        assert examine(server, company=None)["company"].found.endswith("one of 1.")


def test_an_entity_set_that_is_not_there(business_central: Server) -> None:
    results = examine(business_central, "custommers")
    assert results["page"].state == "red"
    assert results["page"].found == "custommers cannot be read."
    assert results["automation_api"].state == "green"
