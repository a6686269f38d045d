"""The operator of this provider that copies to a database, here PostgreSQL, by COPY."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.sdk import Context

from airflow_provider_bc.transfers.to_sql import BusinessCentralToSqlOperator
from benchmarks.service import DATABASE, Service

CONNECTION = "warehouse"


def copy(service: Service, folder: Path) -> str:  # noqa: ARG001 - as every contender
    """Copy the entity set; give the database with the rows."""
    url = os.environ[DATABASE]
    os.environ[f"AIRFLOW_CONN_{CONNECTION.upper()}"] = url
    BusinessCentralToSqlOperator(
        task_id="copy",
        entity_set=service.entity_set,
        api=service.api,
        sql_conn_id=CONNECTION,
        page_size=service.page_size,
    ).execute(Context())
    return url
