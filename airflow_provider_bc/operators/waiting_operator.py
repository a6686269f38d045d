"""What every operator that begins something long has: patience, and where it waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import Context, conf
from airflow.sdk.exceptions import TaskDeferralTimeout

from airflow_provider_bc.hooks.failures import airflow_failures, raise_for_event
from airflow_provider_bc.hooks.waiting import Patience, waiting
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator
from airflow_provider_bc.triggers.watch import WatchTrigger

Then = Callable[[Context, Mapping[str, Any]], Any]
"""A method of the operator that goes on with what came to pass."""


class WaitingOperator(EnvironmentOperator):
    """Waits for what it has begun: in the triggerer, holding no worker slot, or in the worker.

    https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html

    :param timeout: seconds that the whole waiting of one try may take.
    :param poll_interval: seconds between two looks.
    :param failures_allowed: how many looks in a row may find Business Central unavailable.
    :param deferrable: whether to wait in the triggerer; by default as
        ``[operators] default_deferrable`` says.
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    def __init__(
        self,
        *,
        timeout: float = 4 * 3600,
        poll_interval: float = 30,
        failures_allowed: int = 5,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.failures_allowed = failures_allowed
        self.deferrable = deferrable
        self._end_time: float | None = None
        self._watch: Watch | None = None

    def wait_for(
        self, context: Context, trigger_class: type[WatchTrigger], watch: Watch, then: Then
    ) -> Any:
        """Wait for something, then go on.

        :param context: of the task.
        :param trigger_class: the trigger that awaits it.
        :param watch: what is awaited.
        :param then: a method of this operator: it is given the context and what came to pass.
        :return: what `then` returns.
        :raises TaskDeferralTimeout: when `timeout` is over.
        """
        if self._end_time is None:
            self._end_time = time.time() + self.timeout
        patience = Patience(self._end_time, self.poll_interval, self.failures_allowed)
        if self.deferrable:
            self.defer(
                trigger=trigger_class.of(self.hook(), patience, watch),
                method_name="resume",
                kwargs={
                    "then": then.__name__,
                    "subject": watch.subject,
                    "end_time": patience.end_time,
                },
            )
        self._watch = watch
        try:
            with airflow_failures(), self.hook() as hook:
                client = hook.get_conn()
                event = client.perform(waiting(watch, client, patience))
        finally:
            self._watch = None
        return self.resume(context, event, then.__name__, watch.subject, patience.end_time)

    def resume(
        self,
        context: Context,
        event: Mapping[str, Any] | None,
        then: str,
        subject: str,
        end_time: float,
    ) -> Any:
        """Go on when the waiting has ended.

        :param context: of the task.
        :param event: what the trigger sent.
        :param then: the name of the method that goes on.
        :param subject: what was awaited.
        :param end_time: the deadline of the whole waiting, in seconds since the epoch.
        :return: what that method returns.
        :raises TaskDeferralTimeout: when the deadline passed; a retry goes on waiting.
        """
        self._end_time = end_time
        if event and event.get("status") == "timeout":
            said = f"{subject}: not ended within {timedelta(seconds=round(self.timeout))}."
            raise TaskDeferralTimeout(
                f"{said} {event.get('message') or ''} It may still go on; a retry waits for it."
            )
        found = {**raise_for_event(event)}
        found.pop("status")
        return getattr(self, then)(context, found)

    def on_kill(self) -> None:
        """Stop what is awaited, where the API can, because the task was ended from outside."""
        if self._watch is None:
            return
        with airflow_failures(), self.hook() as hook:
            client = hook.get_conn()
            canceling = self._watch.cancel(client)
            if canceling is not None:
                client.perform(canceling)
