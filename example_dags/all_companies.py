"""Sync every company: a new one is picked up by itself.

Business Central serves one app five requests at once. The pool keeps tasks within that; create it
once with: airflow pools set business_central 5 "requests to Business Central"
"""

from __future__ import annotations

import os

from airflow.sdk import DAG, AssetAlias, Param, timezone

from airflow_provider_bc.transfers.every_company import transfer_every_company
from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator

PATH = os.environ.get("BUSINESS_CENTRAL_PATH", "file:///tmp/business_central")

with DAG(
    "business_central_all_companies",
    schedule="@daily",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"path": Param(PATH, type="string")},
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    transfer_every_company(
        "every_company",
        BusinessCentralToObjectStorageOperator,
        entity_set=["customers", "items", "salesInvoices", "salesInvoiceLines"],
        path="{{ params.path }}",
        pool="business_central",
        outlets=[AssetAlias("business_central")],
    )
