"""Wait until there are open sales orders, then read them: the waiting holds no worker slot."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, timezone

from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.operators.request import BusinessCentralRequestOperator
from airflow_provider_bc.sensors.record import BusinessCentralRecordSensor

with DAG(
    "business_central_wait_then_act",
    schedule="@daily",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    wait = BusinessCentralRecordSensor(
        task_id="wait_for_open_orders",
        entity_set="salesOrders",
        where=Field("status") == "Open",
        poke_interval=timedelta(minutes=1),
        timeout=timedelta(hours=6),
        deferrable=True,
    )
    act = BusinessCentralRequestOperator(
        task_id="list_open_orders",
        path="salesOrders",
        query={
            "$filter": "status eq 'Open'",
            "$select": "number,customerName,totalAmountIncludingTax",
            "$top": "20",
        },
    )
    wait >> act
