"""Waits in the triggerer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import error_event
from airflow_provider_bc.hooks.waiting import Patience, waiting
from airflow_provider_bc.hooks.watch import Scalar, Watch


class WatchTrigger(BaseTrigger):
    """Looks again and again, until something comes to pass or the deadline is past.

    https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html

    :param bc_conn_id: the connection; its secrets are read in the triggerer.
    :param environment: an environment in place of the connection's.
    :param tenant_id: a tenant in place of the connection's.
    :param company: a company in place of the connection's.
    :param end_time: the deadline, in seconds since the epoch, which survives a restart.
    :param poll_interval: seconds between two looks.
    :param failures_allowed: how many looks in a row may find Business Central unavailable.
    :param watch: the fields of `watch_class`, each a JSON scalar.
    :cvar watch_class: what is awaited.
    """

    watch_class: ClassVar[type[Watch]]

    def __init__(
        self,
        *,
        bc_conn_id: str,
        environment: str | None,
        company: str | None,
        end_time: float,
        poll_interval: float,
        failures_allowed: int,
        tenant_id: str | None = None,
        **watch: Any,
    ) -> None:
        super().__init__()
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id
        self.company = company
        self.end_time = end_time
        self.poll_interval = poll_interval
        self.failures_allowed = failures_allowed
        self.watch = self.watch_class(**watch)

    @classmethod
    def of(cls, hook: BusinessCentralHook, patience: Patience, watch: Watch) -> WatchTrigger:
        """Make the trigger that goes on where a worker leaves off.

        :param hook: the worker's hook, which knows the connection and what replaces its fields.
        :param patience: how long and how often to look.
        :param watch: what is awaited.
        """
        return cls(
            bc_conn_id=hook.bc_conn_id,
            environment=hook.environment,
            tenant_id=hook.tenant_id,
            company=hook.company,
            end_time=patience.end_time,
            poll_interval=patience.poll_interval,
            failures_allowed=patience.failures_allowed,
            **watch.arguments(),
        )

    def serialize(self) -> tuple[str, dict[str, Scalar]]:
        """Give the class and its arguments, all of them JSON scalars and none of them secret."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "bc_conn_id": self.bc_conn_id,
                "environment": self.environment,
                "tenant_id": self.tenant_id,
                "company": self.company,
                "end_time": self.end_time,
                "poll_interval": self.poll_interval,
                "failures_allowed": self.failures_allowed,
                **self.watch.arguments(),
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait.

        :return: one event, whose status is ``success``, ``error`` or ``timeout``.
        """
        patience = Patience(self.end_time, self.poll_interval, self.failures_allowed)
        try:
            async with await self._hook().get_async_conn() as client:
                yield TriggerEvent(await client.perform(waiting(self.watch, client, patience)))
        except BusinessCentralError as error:
            yield TriggerEvent(error_event(error))

    async def on_kill(self) -> None:
        """Stop what is awaited, where the API can, because a person ended the task (Airflow 3.3).

        https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html
        """
        async with await self._hook().get_async_conn() as client:
            canceling = self.watch.cancel(client)
            if canceling is not None:
                await client.perform(canceling)

    def _hook(self) -> BusinessCentralHook:
        return BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )
