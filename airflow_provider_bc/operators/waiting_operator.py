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

_LAST_LOOK = timedelta(minutes=15)
"""How long the look at the deadline may take, before Airflow fails the task in place of a triggerer
that does not run: one request may take ten minutes."""

Then = Callable[[Context, Mapping[str, Any] | None], Any]
"""A method of the operator that goes on when the waiting has ended: it calls `found` at first."""


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

    def wait(
        self, context: Context, trigger_class: type[WatchTrigger], watch: Watch, then: Then
    ) -> Any:
        """Wait for something, then go on.

        :param context: of the task.
        :param trigger_class: the trigger that awaits it.
        :param watch: what is awaited.
        :param then: a method of this operator, which is given the context and an event.
        :return: what `then` returns.
        :raises TaskDeferralTimeout: when `timeout` is over.
        """
        if self._end_time is None:
            self._end_time = time.time() + self.timeout
        patience = Patience(self._end_time, self.poll_interval, self.failures_allowed)
        if self.deferrable:
            trigger = trigger_class.of(self.hook(), patience, watch)
            limit = timedelta(seconds=patience.left()) + _LAST_LOOK
            self.defer(trigger=trigger, method_name=then.__name__, timeout=limit)
        self._watch = watch
        try:
            with airflow_failures(), self.hook() as hook:
                client = hook.get_conn()
                event = client.perform(waiting(watch, client, patience))
        finally:
            self._watch = None
        return then(context, event)

    def found(self, event: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Take from an event what came to pass.

        The deadline of the whole waiting comes with it: Airflow's ``dag.test`` forgets all else.

        :param event: of the waiting that has ended.
        :raises TaskDeferralTimeout: when the deadline passed; a retry goes on waiting.
        :raises AirflowException: when it will not come to pass.
        """
        if event and event.get("status") == "timeout":
            limit = timedelta(seconds=round(self.timeout))
            raise TaskDeferralTimeout(
                f"{event['subject']}: not ended within {limit}. {event.get('message') or ''} "
                "It may still go on; a retry waits for it."
            )
        told = raise_for_event(event)
        self._end_time = float(told["end_time"])
        found: Mapping[str, Any] = told["found"]
        return found

    def on_kill(self) -> None:
        """Stop what is awaited, where the API can, because the task was ended from outside."""
        if self._watch is None:
            return
        with airflow_failures(), self.hook() as hook:
            client = hook.get_conn()
            canceling = self._watch.cancel(client)
            if canceling is not None:
                client.perform(canceling)
