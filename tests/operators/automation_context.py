"""The context of a task instance, in its first try or a later one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from airflow.sdk import Context


def context(run_id: str = "monday", try_number: int = 1, minutes: float = 1) -> Context:
    """Give the context of a task whose DAG run began some minutes ago."""
    began = datetime.now(UTC) - timedelta(minutes=minutes)
    ti = SimpleNamespace(dag_id="d", task_id="t", run_id=run_id, map_index=-1)
    ti.try_number = try_number
    return Context(ti=ti, dag_run=SimpleNamespace(start_date=began))  # type: ignore[typeddict-item]
