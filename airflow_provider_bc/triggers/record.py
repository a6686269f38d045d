"""Waits in the triggerer for records."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_bc.errors import BusinessCentralError, Unavailable
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import error_event
from airflow_provider_bc.hooks.record_watch import RecordWatch, Scalar

_LONGEST_BACKOFF = 600.0
_SHORTEST_LOOK = 10.0


class BusinessCentralRecordTrigger(BaseTrigger):
    """Looks again and again, until a condition on records holds or the deadline is past.

    https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html

    :param bc_conn_id: the connection; its secrets are read in the triggerer.
    :param environment: an environment in place of the connection's.
    :param tenant_id: a tenant in place of the connection's.
    :param company: a company in place of the connection's.
    :param end_time: the deadline, in seconds since the epoch, which survives a restart.
    :param poll_interval: seconds between two looks.
    :param failures_allowed: how many looks in a row may find Business Central unavailable.
    :param watch: the fields of `RecordWatch`, each a JSON scalar.
    """

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
        self.watch = RecordWatch(**watch)

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
        try:
            yield TriggerEvent(await self._outcome())
        except BusinessCentralError as error:
            yield TriggerEvent(error_event(error))

    async def _outcome(self) -> dict[str, Any]:
        hook = BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )
        failures = 0
        trouble: Unavailable | None = None
        async with await hook.get_async_conn() as client:
            while True:
                found = None
                try:
                    async with asyncio.timeout(max(self._left(), _SHORTEST_LOOK)):
                        found = await client.perform(self.watch.look(client.operations))
                    failures, trouble = 0, None
                except TimeoutError:
                    trouble = trouble or Unavailable("Business Central did not answer.")
                except Unavailable as error:
                    failures, trouble = failures + 1, error
                    if failures > self.failures_allowed:
                        raise
                    self.log.warning("Failure %d in a row: %s", failures, error)
                if found is not None:
                    return {"status": "success", **found}
                if self._left() <= 0:
                    return {"status": "timeout", "message": str(trouble) if trouble else ""}
                await asyncio.sleep(min(self._wait(failures), self._left()))

    def _left(self) -> float:
        return max(0.0, self.end_time - time.time())

    def _wait(self, failures: int) -> float:
        """Wait longer after each failure in a row, and never all triggers at once."""
        if failures == 0:
            return self.poll_interval
        longest = max(self.poll_interval, _LONGEST_BACKOFF)
        backoff = min(longest, max(self.poll_interval, 1) * 2.0**failures)
        return backoff * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, keeps no secret
