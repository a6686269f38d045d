"""Any endpoint, from an operator."""

from __future__ import annotations

from decimal import Decimal

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.request import BusinessCentralRequestOperator


def test_the_answer_is_decoded_exactly(connection: Server) -> None:
    key = connection.emulator.companies[0].create(
        "customers", {"creditLimit": Decimal("12345678901234.56789")}
    )["id"]
    operator = BusinessCentralRequestOperator(task_id="get", path=f"customers({key})")
    assert operator.execute(Context())["creditLimit"] == "12345678901234.56789"


def test_a_query_is_encoded(connection: Server) -> None:
    operator = BusinessCentralRequestOperator(
        task_id="get",
        path="customers",
        query={"$filter": "displayName eq 'Bob''s & Söhne'", "$select": "displayName"},
    )
    connection.emulator.companies[0].create("customers", {"displayName": "Bob's & Söhne"})
    (found,) = operator.execute(Context())["value"]
    assert found["displayName"] == "Bob's & Söhne"


def test_a_bound_action_answers_nothing(connection: Server) -> None:
    company = connection.emulator.companies[0]
    draft = next(row["id"] for row in company.rows("salesInvoices") if row["status"] == "Draft")
    operator = BusinessCentralRequestOperator(
        task_id="post", method="POST", path=f"salesInvoices({draft})/Microsoft.NAV.post"
    )
    assert operator.execute(Context()) is None
    (posted,) = (row for row in company.rows("salesInvoices") if row["id"] == draft)
    assert posted["status"] != "Draft"


def test_text_comes_as_text(connection: Server) -> None:
    operator = BusinessCentralRequestOperator(task_id="count", path="customers/$count")
    count = len(connection.emulator.companies[0].rows("customers"))
    assert operator.execute(Context()) == str(count)


def test_another_company_and_api_may_be_named(connection: Server) -> None:
    other = connection.emulator.companies[1]
    operator = BusinessCentralRequestOperator(
        task_id="get", path="Customer", api="ODataV4", company=other.name
    )
    assert len(operator.execute(Context())["value"]) == len(other.rows("customers"))


def test_an_answer_too_large_for_xcom_fails_with_advice(connection: Server) -> None:
    operator = BusinessCentralRequestOperator(task_id="get", path="customers", largest_result=1000)
    with pytest.raises(AirflowFailException, match=r"XCom takes 1000 .*\$select"):
        operator.execute(Context())


def test_an_answer_that_cannot_be_read_fails_and_says_that_it_was_carried_out(
    connection: Server,
) -> None:
    connection.emulator.faults.add("cut_json", where="/customers")
    operator = BusinessCentralRequestOperator(task_id="get", path="customers", query={"$top": 2})
    with pytest.raises(AirflowFailException, match="The request was carried out"):
        operator.execute(Context())


def test_what_business_logic_refuses_fails_the_task(connection: Server) -> None:
    operator = BusinessCentralRequestOperator(
        task_id="make", method="POST", path="customers", json={"displayName": "x" * 300}
    )
    with pytest.raises(AirflowFailException, match="ApplicationRejected"):
        operator.execute(Context())


def test_a_write_is_not_repeated_when_its_answer_is_lost(connection: Server) -> None:
    emulator = connection.emulator
    emulator.faults.add("dropped_midway", where="/customers")
    before = len(emulator.companies[0].rows("customers"))
    operator = BusinessCentralRequestOperator(
        task_id="make", method="POST", path="customers", json={"displayName": "Once"}
    )
    with pytest.raises(AirflowFailException, match="may have been carried out all the same"):
        operator.execute(Context())
    assert len(emulator.companies[0].rows("customers")) == before + 1
    assert emulator.log.count(method="POST", path="/customers") == 1


def test_nothing_of_an_operator_is_named_as_airflow_names_its_own() -> None:
    operator = BusinessCentralRequestOperator(task_id="get", path="customers", query={"$top": "1"})
    assert dict(operator.params) == {}
    assert set(operator.template_fields) <= set(vars(operator))


def test_an_app_of_several_tenants_is_told_which(connection: Server) -> None:
    operator = BusinessCentralRequestOperator(
        task_id="ask", path="customers", tenant_id="fabrikam.com"
    )
    with pytest.raises(AirflowFailException, match="AADSTS90002"):
        operator.execute(Context())
    assert "tenant_id" in operator.template_fields
