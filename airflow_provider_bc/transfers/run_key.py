"""What the attempts of one task have in common."""

from __future__ import annotations

from airflow.sdk import Context


def run_key(context: Context) -> str | None:
    """Name the task instance, whatever the attempt; None outside a task.

    :param context: of the task.
    """
    instance = context.get("ti")
    if instance is None:
        return None
    run = (instance.dag_id, instance.task_id, instance.run_id, instance.map_index)
    return "/".join(str(part) for part in run)
