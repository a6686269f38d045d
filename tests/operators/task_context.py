"""The context of a task instance, in its first try or a later one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from airflow.sdk import Context


def context(
    run_id: str = "monday", try_number: int = 1, minutes: float = 1, *, cleared: bool = False
) -> Context:
    """Give the context of a task without retries, whose DAG run began some minutes ago.

    This try is a retry, unless it is the first one since somebody cleared the task.
    """
    began = datetime.now(UTC) - timedelta(minutes=minutes)
    ti = SimpleNamespace(dag_id="d", task_id="t", run_id=run_id, map_index=-1)
    ti.try_number, ti.xcom_push = try_number, lambda **_: None
    ti.max_tries = try_number - 1 if cleared else 0
    return Context(ti=ti, dag_run=SimpleNamespace(start_date=began))  # type: ignore[typeddict-item]
