"""Waits in the triggerer for configuration packages."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_bc.hooks.configuration_package_watch import ConfigurationPackageWatch
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralConfigurationPackageTrigger(WatchTrigger):
    """Waits until a package is imported or applied; see `ConfigurationPackageWatch`."""

    watch_class: ClassVar[type[Watch]] = ConfigurationPackageWatch
