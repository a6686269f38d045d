"""Wait for a job queue entry of Business Central."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow_provider_bc.hooks.job_queue_entry_watch import JobQueueEntryWatch
from airflow_provider_bc.sensors.company_sensor import CompanySensor
from airflow_provider_bc.triggers.job_queue_entry import BusinessCentralJobQueueEntryTrigger
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralJobQueueEntrySensor(CompanySensor):
    """Wait until a job queue entry has run; it fails with the entry's error message.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_jobqueueentry

    :param job_queue_entry: its id, the ``id`` of ``jobQueueEntries`` (templated).
    :param since: the moment, in ISO 8601 with a zone, after which a recurring entry must have begun
        to run, and ended, e.g. ``"{{ dag_run.start_date }}"`` (templated).
    :param missing_is_finished: whether an entry that is gone has finished; Business Central deletes
        one that runs once as soon as it has succeeded.
    :param kwargs: the arguments of `CompanySensor`, and Airflow's own.
    """

    trigger_class: ClassVar[type[WatchTrigger]] = BusinessCentralJobQueueEntryTrigger
    template_fields: Sequence[str] = (
        *CompanySensor.template_fields,
        "job_queue_entry",
        "since",
    )

    def __init__(
        self,
        *,
        job_queue_entry: str,
        since: str | None = None,
        missing_is_finished: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_queue_entry = job_queue_entry
        self.since = since
        self.missing_is_finished = missing_is_finished

    def watch(self) -> JobQueueEntryWatch:
        """Say what is awaited."""
        return JobQueueEntryWatch(str(self.job_queue_entry), self.since, self.missing_is_finished)
