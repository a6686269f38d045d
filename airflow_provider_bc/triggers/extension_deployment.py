"""Waits in the triggerer for the deployment of extensions."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_bc.hooks.extension_deployment_watch import ExtensionDeploymentWatch
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralExtensionDeploymentTrigger(WatchTrigger):
    """Waits until an extension is deployed; see `ExtensionDeploymentWatch`."""

    watch_class: ClassVar[type[Watch]] = ExtensionDeploymentWatch
