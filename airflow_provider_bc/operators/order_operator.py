"""What every operator that orders something of the admin center has: begun once, then awaited."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Literal, get_args

from airflow.sdk import Context

from airflow_provider_bc.api.admin_center.operations import Operation
from airflow_provider_bc.api.admin_center.orders import Order, begun_since, refuse_production
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.environment_operation_watch import (
    FOUND_LATE,
    EnvironmentOperationWatch,
    summary_of,
)
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.links.business_central import (
    BusinessCentralAdminCenterLink,
    BusinessCentralEnvironmentLink,
)
from airflow_provider_bc.operators.earlier_try import first_possible, is_retry
from airflow_provider_bc.operators.waiting_operator import WaitingOperator
from airflow_provider_bc.triggers.environment_operation import (
    BusinessCentralEnvironmentOperationTrigger,
)

WaitFor = Literal["accepted", "completed"]


class OrderOperator(WaitingOperator):
    """Orders an operation of the admin center, once, and waits for it.

    A retry finds what an earlier try of the same DAG run has begun, and waits for that.

    :param wait_for: ``completed``, or ``accepted`` to go on as soon as it is begun.
    :param allow_production: whether a production environment may be endangered.
    :param kwargs: the arguments of `WaitingOperator`, and Airflow's own.
    """

    operator_extra_links = (BusinessCentralEnvironmentLink(), BusinessCentralAdminCenterLink())

    def __init__(
        self,
        *,
        wait_for: WaitFor = "completed",
        allow_production: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for = wait_for
        self.allow_production = allow_production

    @abstractmethod
    def order(self, environment: str) -> Order:
        """Say what is wanted.

        :param environment: the operator's, or else the connection's.
        """

    def what(self) -> str:
        """Say what is wanted, for a person; by default the name of the task."""
        return self.task_id

    def execute(self, context: Context) -> Any:
        """Begin the operation, unless an earlier try has, and wait for it.

        :return: ``environment``, ``operation_id`` and ``type``; the latter two are None where
            there was nothing to do.
        :raises OperationFailed: as Airflow's exception, when it failed.
        """
        with airflow_failures(), self.hook() as hook:
            check_wait_for(self.wait_for)
            order = self.order(hook.settings.environment)
            BusinessCentralEnvironmentLink.persist(context, hook, order.result)
            BusinessCentralAdminCenterLink.persist(context, hook)
            operation = hook.perform(self._begun(hook, order, context))
        if operation is None:
            return {"environment": order.result, "operation_id": None, "type": None}
        self.log.info("Operation %s: %s", operation.id, operation.status)
        if self.wait_for == "accepted":
            return summary_of(operation, order.result)
        trigger = BusinessCentralEnvironmentOperationTrigger
        return self.wait(context, trigger, self.watch_of(operation, order), self.ended)

    def ended(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        """Go on when the operation has ended.

        :param event: of the waiting that has ended.
        :return: what it was, for XCom.
        """
        found = self.found(event)
        del context
        return {**found}

    def unneeded(self, hook: BusinessCentralHook) -> Conversation[bool]:
        """Say whether what is wanted is there already; by default it never is.

        :param hook: of this task.
        """
        del hook
        return False
        yield  # a conversation without a question

    def begun_by_others(
        self, hook: BusinessCentralHook, order: Order
    ) -> Conversation[Operation | None]:
        """Find an operation that may be awaited as if this task had begun it; by default none.

        :param hook: of this task.
        :param order: what this task wants.
        """
        del hook, order
        return None
        yield  # a conversation without a question

    def watch_of(self, operation: Operation, order: Order) -> EnvironmentOperationWatch:
        """Say what is awaited.

        :param operation: that was begun.
        :param order: that it carries out.
        """
        return EnvironmentOperationWatch(
            operation.id,
            self.what(),
            result=order.result,
            missing_until=time.time() + FOUND_LATE,
        )

    def _begun(
        self, hook: BusinessCentralHook, order: Order, context: Context
    ) -> Conversation[Operation | None]:
        center = hook.admin_center
        found = (yield from center.operations.all()) if is_retry(context) else []
        since = first_possible(hook, context)  # now that an answer has told their time
        if since is not None:
            earlier = yield from begun_since(center, order, found, since)
            if earlier is not None:
                self.log.info("An earlier try has begun operation %s.", earlier.id)
                return earlier
        if (yield from self.unneeded(hook)):
            return None
        begun = yield from self.begun_by_others(hook, order)
        if begun is not None:
            self.log.info("Somebody has begun operation %s.", begun.id)
            return begun
        if not self.allow_production:
            yield from refuse_production(center, order)
        return (yield from order.submit(center))


def check_wait_for(wait_for: str) -> None:
    """Refuse what is neither.

    :param wait_for: the argument.
    :raises ConfigurationError: naming it.
    """
    if wait_for not in get_args(WaitFor):
        raise ConfigurationError(
            f"wait_for is {wait_for!r}.", remedy=f"Give one of {', '.join(get_args(WaitFor))}."
        )
