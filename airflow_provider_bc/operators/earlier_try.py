"""Since when an earlier try of a task can have begun something, by the service's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import cast

from airflow.sdk import Context

from airflow_provider_bc.errors import ApplicationRejected, RequestRejected
from airflow_provider_bc.hooks.business_central import BusinessCentralHook

_DATE_HEADER = timedelta(seconds=1)
"""What the service's clock is told in."""


def is_retry(context: Context) -> bool:
    """Say whether there was an earlier try in this DAG run.

    :param context: of the task.
    """
    instance, run = context.get("ti"), context.get("dag_run")
    return bool(instance and run and instance.try_number > 1 and run.start_date)


def is_cleared(context: Context, retries: int | None) -> bool:
    """Say whether this try is the first one since a person began the task, or cleared it.

    A retry by itself is not: it follows a try that nobody judged.

    :param context: of the task.
    :param retries: how many the task may have.
    """
    instance = context["ti"]
    # So Airflow counts: clearing adds the tries that there were to those that there may be.
    return instance.try_number <= instance.max_tries - (retries or 0) + 1


@contextmanager
def perhaps_done(context: Context) -> Iterator[None]:
    """Let a refusal in a retry say that an earlier try may have done what is refused now.

    :param context: of the task.
    """
    try:
        yield
    except (RequestRejected, ApplicationRejected) as error:
        if is_retry(context):
            error.remedy = (
                f"{error.remedy} An earlier try of this task may have done it: look in Business "
                "Central."
            ).strip()
        raise


def first_possible(hook: BusinessCentralHook, context: Context) -> datetime | None:
    """Give the moment from which on an earlier try can have begun something.

    :param hook: which knows the service's time, once an answer has told it.
    :param context: of the task.
    :return: the start of the DAG run, by the service's clock where that is behind; None in a first
        try.
    """
    if not is_retry(context):
        return None
    ahead = hook.get_conn().now() - datetime.now(UTC)
    started = cast("datetime", context["dag_run"].start_date)
    return started + min(ahead, timedelta()) - _DATE_HEADER
