"""Keep Parquet copies of some entity sets up to date, every hour."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Asset, Param, timezone

from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator

PATH = os.environ.get("BUSINESS_CENTRAL_PATH", "file:///tmp/business_central")
ENTITY_SETS = ("customers", "items", "generalLedgerEntries")

with DAG(
    "business_central_incremental_sync",
    schedule="@hourly",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"path": Param(PATH, type="string")},
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    for entity_set in ENTITY_SETS:
        BusinessCentralToObjectStorageOperator(
            task_id=f"sync_{entity_set}",
            entity_set=entity_set,
            path="{{ params.path }}",
            outlets=[Asset(f"business_central_{entity_set}")],
        )
