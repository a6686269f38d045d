"""Since when an earlier try of a task can have begun something, by the service's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Context

from airflow_provider_bc.hooks.business_central import BusinessCentralHook

_DATE_HEADER = timedelta(seconds=1)
"""What the service's clock is told in."""


def first_possible(hook: BusinessCentralHook, context: Context) -> datetime | None:
    """Give the moment from which on an earlier try can have begun something.

    :param hook: which knows the service's time.
    :param context: of the task.
    :return: the start of the DAG run, by the service's clock where that is behind; None in a first
        try.
    """
    instance, run = context.get("ti"), context.get("dag_run")
    if instance is None or run is None or instance.try_number == 1 or run.start_date is None:
        return None
    ahead = hook.get_conn().now() - datetime.now(UTC)
    return run.start_date + min(ahead, timedelta()) - _DATE_HEADER
