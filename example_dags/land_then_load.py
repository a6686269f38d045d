"""Land Parquet, then let your warehouse load it: for those who outgrow one machine.

DuckDB stands for the warehouse here; with BigQuery, Snowflake or Databricks the second task is
their own operator, given the same pattern of files.
"""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import DAG, Param, task, timezone

from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator

PATH = os.environ.get("BUSINESS_CENTRAL_PATH", "file:///tmp/business_central") + "/landing"

MERGE = """
    CREATE TABLE IF NOT EXISTS customers AS
        SELECT id, number, displayName, balanceDue, _commit, _deleted_at
        FROM read_parquet('{files}', union_by_name = true) LIMIT 0;
    CREATE UNIQUE INDEX IF NOT EXISTS customers_key ON customers (id);
    INSERT OR REPLACE INTO customers
        SELECT id, number, displayName, balanceDue, _commit, _deleted_at
        FROM read_parquet('{files}', union_by_name = true)
        WHERE _commit > (SELECT coalesce(max(_commit), 0) FROM customers)
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY _commit DESC) = 1;
"""

with DAG(
    "business_central_land_then_load",
    schedule="@hourly",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"path": Param(PATH, type="string")},
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    land = BusinessCentralToObjectStorageOperator(
        task_id="land",
        entity_set="customers",
        path="{{ params.path }}",
        deletes="soft",
    )

    @task
    def load(report: dict[str, Any], path: str) -> int:
        """Load every commit that the warehouse does not have, also those of runs that failed."""
        import duckdb  # noqa: PLC0415 - this task's own

        place = path.removeprefix("file://")
        with duckdb.connect(f"{place}/warehouse.duckdb") as warehouse:
            files = f"{report['path']}/*.parquet".removeprefix("file://")
            warehouse.execute(MERGE.format(files=files))
            found = warehouse.execute(
                "SELECT count(*) FROM customers WHERE _deleted_at IS NULL"
            ).fetchone()
        return int(found[0]) if found else 0

    load(land.output, "{{ params.path }}")  # type: ignore[arg-type]
