"""Wait for environments, and for operations of the admin center."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow_provider_bc.hooks.environment_operation_watch import EnvironmentOperationWatch
from airflow_provider_bc.hooks.environment_watch import EnvironmentWatch
from airflow_provider_bc.sensors.watch_sensor import WatchSensor
from airflow_provider_bc.triggers.environment import BusinessCentralEnvironmentTrigger
from airflow_provider_bc.triggers.environment_operation import (
    BusinessCentralEnvironmentOperationTrigger,
)
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralEnvironmentSensor(WatchSensor):
    """Wait until `environment` has a status and a version, e.g. behind an update.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments

    :param status: e.g. ``Active`` (templated).
    :param version: the beginning of its version, e.g. ``27.1`` (templated).
    :param missing_is_pending: whether an environment that is not there may still come.
    :param kwargs: the arguments of `WatchSensor`, and Airflow's own.
    """

    trigger_class: ClassVar[type[WatchTrigger]] = BusinessCentralEnvironmentTrigger
    template_fields: Sequence[str] = (*WatchSensor.template_fields, "status", "version")

    def __init__(
        self,
        *,
        status: str = "Active",
        version: str | None = None,
        missing_is_pending: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.status = status
        self.version = version
        self.missing_is_pending = missing_is_pending

    def watch(self) -> EnvironmentWatch:
        """Say what is awaited."""
        return EnvironmentWatch(
            self.environment, self.status, self.version, self.missing_is_pending
        )


class BusinessCentralEnvironmentOperationSensor(WatchSensor):
    """Wait until an operation of the admin center has succeeded.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_operations

    :param operation_id: its id, as the operators return it (templated).
    :param kwargs: the arguments of `WatchSensor`, and Airflow's own.
    """

    trigger_class: ClassVar[type[WatchTrigger]] = BusinessCentralEnvironmentOperationTrigger
    template_fields: Sequence[str] = (*WatchSensor.template_fields, "operation_id")

    def __init__(self, *, operation_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.operation_id = operation_id

    def watch(self) -> EnvironmentOperationWatch:
        """Say what is awaited."""
        return EnvironmentOperationWatch(self.operation_id, "operation of the admin center")
