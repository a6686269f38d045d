"""Waits in the triggerer for job queue entries."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_bc.hooks.job_queue_entry_watch import JobQueueEntryWatch
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralJobQueueEntryTrigger(WatchTrigger):
    """Waits until a job queue entry has run; see `JobQueueEntryWatch`."""

    watch_class: ClassVar[type[Watch]] = JobQueueEntryWatch
