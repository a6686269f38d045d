"""The operator of this provider; run a second time on the same folder, it reads what changed."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import Context

from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator
from benchmarks.service import Service


def copy(service: Service, folder: Path) -> str:
    """Copy the entity set; give the pattern of the files with the rows."""
    BusinessCentralToObjectStorageOperator(
        task_id="copy",
        entity_set=service.entity_set,
        api=service.api,
        path=folder.as_uri(),
        page_size=service.page_size,
    ).execute(Context())
    return str(folder / "**" / "*.parquet")
