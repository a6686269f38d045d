"""Links of tasks, stored by Airflow's own task runner and read as its page reads them."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

import pytest
from airflow.sdk import DAG, BaseOperator, Context

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.links.business_central import (
    BusinessCentralAdminCenterLink,
    BusinessCentralEnvironmentLink,
    BusinessCentralRecordLink,
)
from airflow_provider_bc.operators.bound_action import BusinessCentralBoundActionOperator
from airflow_provider_bc.operators.request import BusinessCentralRequestOperator
from airflow_provider_bc.operators.write_records import BusinessCentralCreateRecordOperator
from airflow_provider_bc.provider_info import get_provider_info
from tests.conftest import CONNECTION
from tests.dag_runs import run as run_of

LINKS = (
    BusinessCentralRecordLink,
    BusinessCentralEnvironmentLink,
    BusinessCentralAdminCenterLink,
)
WEB_CLIENT = "https://bc.example.com"


class Administration(BaseOperator):
    """An operator as those of the admin center are."""

    operator_extra_links = (BusinessCentralEnvironmentLink(), BusinessCentralAdminCenterLink())

    def execute(self, context: Context) -> None:
        with BusinessCentralHook() as hook:
            BusinessCentralEnvironmentLink.persist(context, hook, "Copy")
            BusinessCentralAdminCenterLink.persist(context, hook)


@pytest.fixture
def linked(connection: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A connection that says where people open what the emulator imitates."""
    settings = json.loads(os.environ[CONNECTION])
    settings["extra"]["web_client_url"] = WEB_CLIENT
    monkeypatch.setenv(CONNECTION, json.dumps(settings))
    return connection


def a_dag() -> DAG:
    with DAG("links", schedule=None) as dag:
        create = BusinessCentralCreateRecordOperator(
            task_id="create",
            entity_set="salesInvoices",
            by=["externalDocumentNumber"],
            values={
                "customerNumber": "10000",
                "externalDocumentNumber": "LINK-1",
                "salesInvoiceLines": [
                    {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}
                ],
            },
        )
        post = BusinessCentralBoundActionOperator(
            task_id="post",
            entity_set="salesInvoices",
            record="{{ ti.xcom_pull('create')['id'] }}",
            action="post",
        )
        look = BusinessCentralRequestOperator(task_id="look", path="customers?$top=1")
        create >> post >> [look, Administration(task_id="administration")]
    return dag


def links_of(dag: DAG, run: Any) -> dict[str, dict[str, str | None]]:
    """Read every link as Airflow's REST API does: from the serialised DAG and from XCom."""
    from airflow.serialization.serialized_objects import DagSerialization  # noqa: PLC0415 - Airflow reads its settings on import

    restored: Any = DagSerialization.from_json(DagSerialization.to_json(dag))
    return {
        ti.task_id: {
            name: restored.get_task(ti.task_id).get_extra_links(ti, name)
            for name in restored.get_task(ti.task_id).extra_links
        }
        for ti in run.get_task_instances()
    }


def test_each_link_is_registered() -> None:
    named = {f"{link.__module__}.{link.__name__}" for link in LINKS}
    assert named == set(get_provider_info()["extra-links"])


@pytest.mark.usefixtures("airflow_database")
def test_links_lead_to_records_environments_and_the_admin_center(linked: Server) -> None:
    dag = a_dag()
    run = run_of(dag)
    assert run.state == "success"
    emulator = linked.emulator
    (invoice,) = [
        row
        for row in emulator.companies[0].rows("salesInvoices")
        if row["externalDocumentNumber"] == "LINK-1"
    ]
    tenant = f"{WEB_CLIENT}/{linked.connection['extra']['tenant_id']}"
    here = f"{tenant}/Production"
    company = f"?company={quote(emulator.companies[0].name, safe='')}"
    links = links_of(dag, run)
    assert links["look"] == {"Business Central environment": here}
    assert links["administration"] == {
        "Business Central environment": f"{tenant}/Copy",
        "Business Central admin center": f"{tenant}/admin",
    }
    drafted, posted = (links[task]["Business Central"] for task in ("create", "post"))
    assert drafted is not None
    assert drafted.startswith(f"{here}/{company}&page=43&filter=")
    number = quote(f"'No.' IS '{invoice['number']}'", safe="")
    assert posted == f"{here}/{company}&page=132&filter={number}"
    secret = str(linked.connection["password"])
    for address in (drafted, posted, *links["administration"].values()):
        assert address is not None
        assert secret not in address
        assert linked.connection["login"] not in address


@pytest.mark.usefixtures("airflow_database")
def test_an_emulator_has_no_web_client_to_lead_to(connection: Server) -> None:
    with DAG("no_links", schedule=None) as dag:
        BusinessCentralRequestOperator(task_id="look", path="customers?$top=1")
    assert links_of(dag, run_of(dag))["look"] == {"Business Central environment": ""}
