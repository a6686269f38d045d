"""The list of companies, for dynamic task mapping."""

from __future__ import annotations

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.list_companies import BusinessCentralListCompaniesOperator


def test_the_names_come_sorted(connection: Server) -> None:
    operator = BusinessCentralListCompaniesOperator(task_id="list")
    names = [company.name for company in connection.emulator.companies]
    assert operator.execute(Context()) == sorted(names)


def test_some_may_be_left_out(connection: Server) -> None:
    first, second = sorted(company.name for company in connection.emulator.companies)
    operator = BusinessCentralListCompaniesOperator(task_id="list", exclude=[first])
    assert operator.execute(Context()) == [second]


def test_a_text_is_not_taken_for_a_list_of_names(connection: Server) -> None:
    operator = BusinessCentralListCompaniesOperator(task_id="list", exclude="CRONUS USA, Inc.")
    with pytest.raises(AirflowFailException, match="Give a list of names"):
        operator.execute(Context())


def test_a_wrong_environment_fails_the_task_at_once(connection: Server) -> None:
    operator = BusinessCentralListCompaniesOperator(task_id="list", environment="Nowhere")
    with pytest.raises(AirflowFailException, match="There is no environment 'Nowhere'"):
        operator.execute(Context())


def test_the_connection_may_be_templated() -> None:
    assert "bc_conn_id" in BusinessCentralListCompaniesOperator.template_fields


def test_an_app_of_several_tenants_is_told_which(connection: Server) -> None:
    domain = connection.emulator.directory.domain
    operator = BusinessCentralListCompaniesOperator(task_id="list", tenant_id=domain)
    assert len(operator.execute(Context())) == 2
    assert [one.path for one in connection.emulator.log.entries if one.kind == "token"] == [
        f"/{domain}/oauth2/v2.0/token"
    ]
    operator = BusinessCentralListCompaniesOperator(task_id="list", tenant_id="fabrikam.com")
    with pytest.raises(AirflowFailException, match="AADSTS90002"):
        operator.execute(Context())
