"""Sync every company: a new one is picked up by itself."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param, timezone

from airflow_provider_bc.operators.list_companies import BusinessCentralListCompaniesOperator
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
    companies = BusinessCentralListCompaniesOperator(task_id="list_companies")
    BusinessCentralToObjectStorageOperator.partial(
        task_id="sync_customers",
        entity_set="customers",
        path="{{ params.path }}",
        max_active_tis_per_dag=4,
    ).expand(company=companies.output)
