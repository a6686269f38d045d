"""Companies are created and deleted by tasks."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.companies import (
    BusinessCentralCreateCompanyOperator,
    BusinessCentralDeleteCompanyOperator,
)
from tests.operators.task_context import context


def creating(**options: Any) -> BusinessCentralCreateCompanyOperator:
    return BusinessCentralCreateCompanyOperator(
        task_id="t", **{"company_name": "My Company", **options}
    )


def deleting(**options: Any) -> BusinessCentralDeleteCompanyOperator:
    return BusinessCentralDeleteCompanyOperator(
        task_id="t", **{"company_name": "My Company", **options}
    )


def test_a_template_that_renders_to_nothing_names_no_company(connection: Server) -> None:
    connection.emulator.companies[1].display_name = ""
    before = len(connection.emulator.companies)
    for missing_ok in (True, False):
        with pytest.raises(AirflowFailException, match="company_name is blank"):
            deleting(company_name="", allow_production=True, missing_ok=missing_ok).execute(
                context()
            )
    with pytest.raises(AirflowFailException, match="company_name is blank"):
        creating(company_name=" ").execute(context())
    assert len(connection.emulator.companies) == before


NORTH, SOUTH = (f"Contoso Manufacturing Holding {side}" for side in ("North", "South"))


@pytest.mark.parametrize("if_exists", ["skip", "fail"])
def test_a_company_that_begins_alike_is_another_one(connection: Server, if_exists: str) -> None:
    creating(company_name=NORTH).execute(context())
    for try_number in (1, 2):
        with pytest.raises(AirflowFailException, match=f"first 30 characters.*{NORTH}.*another"):
            creating(company_name=SOUTH, if_exists=if_exists).execute(
                context(try_number=try_number)
            )
    assert names(connection) == [NORTH[:30].strip()]
    assert creating(company_name=NORTH).execute(context())["display_name"] == NORTH
    # Its name is its own, whatever it is displayed as; and where it is displayed as nothing.
    assert creating(company_name=NORTH[:30]).execute(context())["display_name"] == NORTH
    connection.emulator.companies[2].display_name = ""
    assert creating(company_name=SOUTH).execute(context())["name"] == NORTH[:30].strip()


@pytest.mark.parametrize("swapped", [False, True])
def test_the_display_name_goes_before_the_first_characters(
    connection: Server, *, swapped: bool
) -> None:
    creating(company_name=NORTH).execute(context())
    first, _, last = connection.emulator.companies
    alike, same = (first, last) if swapped else (last, first)
    alike.name, alike.display_name = NORTH[:30].strip(), "Elsewhere"
    same.name, same.display_name = "Other", NORTH
    assert creating(company_name=NORTH).execute(context())["name"] == "Other"


def names(server: Server) -> list[str]:
    return [company.name for company in server.emulator.companies[2:]]


def test_a_company_is_created_once(connection: Server) -> None:
    made = creating().execute(context())
    assert made == {"id": made["id"], "name": "My Company", "display_name": "My Company"}
    assert creating().execute(context()) == made
    assert names(connection) == ["My Company"]
    with pytest.raises(AirflowFailException, match="already"):
        creating(if_exists="fail").execute(context())
    with pytest.raises(AirflowFailException, match="if_exists"):
        creating(if_exists="maybe").execute(context())


def test_a_retry_knows_the_company_of_an_earlier_try(impatient: Server) -> None:
    faults = impatient.emulator.faults
    # The answer is lost, and so is that of the look whether it was carried out.
    faults.add("answer_lost", after=1, where="/automationCompanies")
    faults.add("unavailable", after=2, where="/automationCompanies")
    with pytest.raises(AirflowException, match="Unavailable"):
        creating(if_exists="fail").execute(context())
    assert names(impatient) == ["My Company"]
    assert creating(if_exists="fail").execute(context(try_number=2))["name"] == "My Company"
    with pytest.raises(AirflowFailException, match="already"):
        creating(if_exists="fail").execute(context(try_number=2, minutes=-60))


@pytest.mark.parametrize("fault", ["forbidden", "redirect", "error_in_200"])
def test_what_is_done_is_done_whatever_comes_after_it(connection: Server, fault: str) -> None:
    connection.emulator.faults.add(fault, times=9, where="api/v2.0/companies", after=1)
    made = creating().execute(context())
    assert made["name"] == "My Company"


def test_spaces_around_a_name_are_none_of_it(connection: Server) -> None:
    before = len(connection.emulator.companies)
    creating(company_name=" My Company ").execute(context())
    assert deleting(company_name=" My Company ", allow_production=True).execute(context())
    assert len(connection.emulator.companies) == before


def test_no_company_of_production_is_deleted_by_accident(connection: Server) -> None:
    creating().execute(context())
    with pytest.raises(AirflowFailException, match=r"Production environment.*allow_production"):
        deleting().execute(context())
    assert names(connection) == ["My Company"]
    assert deleting(allow_production=True).execute(context())
    assert names(connection) == []
    assert not deleting(allow_production=True).execute(context())
    with pytest.raises(AirflowFailException, match="no company"):
        deleting(allow_production=True, missing_ok=False).execute(context())
