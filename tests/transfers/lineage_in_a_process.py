"""A DAG with a transfer, run in a process whose Airflow tells OpenLineage of it."""

from __future__ import annotations

import sys

from airflow.sdk import DAG

from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator
from tests.dag_runs import run


def main(path: str) -> int:
    with DAG("lineage", schedule=None) as dag:
        BusinessCentralToObjectStorageOperator(
            task_id="to_files", entity_set=["customers", "items"], path=path
        )
    return 0 if run(dag).state == "success" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
