"""Keep tables in PostgreSQL up to date, and start what depends on them when a row has changed."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task, timezone

from airflow_provider_bc.assets.business_central import entity_set_asset
from airflow_provider_bc.transfers.to_sql import BusinessCentralToSqlOperator

CUSTOMERS = entity_set_asset(
    environment="Production", company="CRONUS USA, Inc.", entity_set="customers"
)

with DAG(
    "business_central_to_postgresql",
    schedule="@hourly",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"sql_conn_id": Param("business_central_copy", type="string")},
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    BusinessCentralToSqlOperator(
        task_id="sync",
        entity_set=["customers", "salesInvoices", "salesInvoiceLines"],
        sql_conn_id="{{ params.sql_conn_id }}",
        outlets=[CUSTOMERS],
    )

with DAG(
    "business_central_customers_changed",
    schedule=[CUSTOMERS],
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    tags=["business central", "example"],
    doc_md="Runs after each sync of the customers, and reads from the event what it did.",
) as follower:

    @task(inlets=[CUSTOMERS])
    def changed_rows(inlet_events: Any = None) -> int:
        """Read how many customers the latest sync wrote."""
        events = inlet_events[CUSTOMERS]
        return int(events[-1].extra["rows"])

    changed_rows()
