"""Keep Parquet copies of some entity sets up to date, every hour."""

from __future__ import annotations

from airflow.sdk import DAG, Asset, Param, timezone

from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator

ENTITY_SETS = ("customers", "items", "generalLedgerEntries")

with DAG(
    "business_central_incremental_sync",
    schedule="@hourly",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"path": Param("file:///tmp/business_central", type="string")},
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
