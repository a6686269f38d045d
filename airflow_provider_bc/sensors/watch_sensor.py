"""What every sensor has: looks from a worker, or from the triggerer."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import BaseSensorOperator, Context, PokeReturnValue, conf
from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_bc.errors import UNCERTAIN
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures, raise_for_event
from airflow_provider_bc.hooks.waiting import Patience
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.triggers.watch import WatchTrigger


class WatchSensor(BaseSensorOperator):
    """Waits until something comes to pass.

    https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/sensors.html

    :param bc_conn_id: the connection (templated).
    :param environment: an environment in place of the connection's (templated).
    :param tenant_id: a tenant in place of the connection's, for an app that serves several
        (templated).
    :param failures_allowed: how many looks in a row may find Business Central unavailable; with
        ``mode="reschedule"`` none may, and the task's retries apply.
    :param deferrable: whether to wait in the triggerer.
    :param kwargs: Airflow's own.
    :cvar trigger_class: the trigger that waits in its place.
    :cvar company: the connection's, unless a sensor has an argument for it.
    """

    trigger_class: ClassVar[type[WatchTrigger]]
    template_fields: Sequence[str] = ("bc_conn_id", "environment", "tenant_id")
    ui_color = "#d6eef5"
    company: str | None = None

    def __init__(
        self,
        *,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        tenant_id: str | None = None,
        failures_allowed: int = 5,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id
        self.failures_allowed = failures_allowed
        self.deferrable = deferrable
        self._failures = 0

    @abstractmethod
    def watch(self) -> Watch:
        """Say what is awaited."""

    def hook(self) -> BusinessCentralHook:
        """Make the hook of this task, to be closed."""
        return BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )

    def execute(self, context: Context) -> Any:
        """Wait, here or in the triggerer.

        :return: what came to pass.
        :raises AirflowSensorTimeout: when `timeout` is over.
        """
        if not self.deferrable:
            return super().execute(context)
        found = self.poke(context)
        if found:
            return found.xcom_value
        end_time = time.time() + self.timeout
        patience = Patience(end_time, self.poke_interval, self.failures_allowed)
        self.defer(
            trigger=self.trigger_class.of(self.hook(), patience, self.watch()),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )
        return None

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once.

        :return: true with what was found, or false for "not yet".
        """
        del context
        with airflow_failures(), self.hook() as hook:
            client = hook.get_conn()
            try:
                found = client.perform(self.watch().look(client))
                self._failures = 0
            except UNCERTAIN as error:
                self._failures += 1
                # A rescheduled look is a new process, which cannot count.
                if self.reschedule or self._failures > self.failures_allowed:
                    raise
                self.log.warning("Failure %d in a row: %s", self._failures, error)
                found = None
        self.log.info("Found %s", found or "nothing yet")
        return PokeReturnValue(found is not None, found)

    def execute_complete(
        self, context: Context, event: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Take over from the trigger.

        :param event: what the trigger sent.
        :return: what was found.
        :raises AirflowSensorTimeout: when the deadline passed.
        """
        del context
        if event and event.get("status") == "timeout":
            said = f"{event['subject']}: not within {self.timeout:.0f} s."
            raise AirflowSensorTimeout(f"{said} {event.get('message') or ''}".rstrip())
        return {**raise_for_event(event)["found"]}
