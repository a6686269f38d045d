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
