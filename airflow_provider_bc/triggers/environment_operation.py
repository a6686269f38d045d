"""Waits in the triggerer for an operation of the admin center."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_bc.hooks.environment_operation_watch import EnvironmentOperationWatch
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralEnvironmentOperationTrigger(WatchTrigger):
    """Waits until an operation of the admin center has ended; see `EnvironmentOperationWatch`."""

    watch_class: ClassVar[type[Watch]] = EnvironmentOperationWatch
