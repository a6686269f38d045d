"""The context of a task as far as a retry is told by it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from airflow.sdk import Context


def try_of(number: int, started: datetime | None = None) -> Context:
    """Give the context of a try.

    :param number: 1 for the first one.
    :param started: when the DAG run started; by default now.
    """
    context: dict[str, Any] = {
        "ti": SimpleNamespace(try_number=number, dag_id="d", run_id="r", task_id="t", map_index=-1),
        "dag_run": SimpleNamespace(start_date=started or datetime.now(UTC)),
    }
    return cast("Context", context)
