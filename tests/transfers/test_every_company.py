"""The same transfer for every company, mapped at each run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator

from airflow_provider_bc.operators.list_companies import BusinessCentralListCompaniesOperator
from airflow_provider_bc.transfers.every_company import transfer_every_company
from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def dag_of(folder: Path, **arguments: Any) -> DAG:
    with DAG("every_company", start_date=LONG_AGO, schedule=None) as dag:
        transfer_every_company(
            "customers",
            BusinessCentralToObjectStorageOperator,
            **{"entity_set": "customers", "path": folder.as_uri(), **arguments},
        )
    return dag


def test_a_transfer_is_mapped_over_the_list_of_companies(tmp_path: Path) -> None:
    dag = dag_of(
        tmp_path,
        bc_conn_id="bc",
        environment="Sandbox",
        exclude=["My Company"],
        pool="business_central",
        pool_slots=5,
    )

    listing = dag.get_task("customers.list_companies")
    transfer = dag.get_task("customers.transfer")
    assert isinstance(listing, BusinessCentralListCompaniesOperator)
    assert isinstance(transfer, MappedOperator)
    assert (listing.bc_conn_id, listing.environment) == ("bc", "Sandbox")
    assert listing.exclude == ["My Company"]
    assert transfer.upstream_task_ids == {"customers.list_companies"}
    assert (transfer.pool, transfer.pool_slots) == ("business_central", 5)
    assert transfer.partial_kwargs["bc_conn_id"] == "bc"
    assert transfer.partial_kwargs["environment"] == "Sandbox"
    assert "exclude" not in transfer.partial_kwargs
