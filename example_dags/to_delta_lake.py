"""Keep Delta tables up to date; deleted records stay, marked."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import DAG, Param, timezone

from airflow_provider_bc.transfers.to_delta_table import BusinessCentralToDeltaTableOperator

PATH = os.environ.get("BUSINESS_CENTRAL_PATH", "file:///tmp/business_central") + "/delta"

with DAG(
    "business_central_to_delta_lake",
    schedule="@hourly",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"path": Param(PATH, type="string")},
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    BusinessCentralToDeltaTableOperator(
        task_id="sync",
        entity_set=["customers", "vendors", "generalLedgerEntries"],
        path="{{ params.path }}",
        deletes="soft",
        sweep_every=timedelta(hours=6),
    )
