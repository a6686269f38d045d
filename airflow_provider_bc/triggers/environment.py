"""Waits in the triggerer for an environment."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_bc.hooks.environment_watch import EnvironmentWatch
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralEnvironmentTrigger(WatchTrigger):
    """Waits until an environment has a status and a version; see `EnvironmentWatch`."""

    watch_class: ClassVar[type[Watch]] = EnvironmentWatch
