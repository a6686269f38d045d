"""Waits in the triggerer for records."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_bc.hooks.record_watch import RecordWatch
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralRecordTrigger(WatchTrigger):
    """Waits until a condition on records holds; see `RecordWatch`."""

    watch_class: ClassVar[type[Watch]] = RecordWatch
