"""When a task that failed is tried again, by what Business Central said; needs Airflow 3.3.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/tasks.html
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowOptionalProviderFeatureException

from airflow_provider_bc.errors import BusinessCentralError, Conflict, Unavailable
from airflow_provider_bc.hooks.failures import airflow_exception

try:
    from airflow.sdk import RetryDecision, RetryPolicy
except ImportError as error:  # pragma: no cover - as with Airflow 3.2
    raise AirflowOptionalProviderFeatureException(
        "Retry policies came with Airflow 3.3. With an older one leave out retry_policy: "
        "retries and retry_delay apply."
    ) from error

_AT_ONCE = timedelta(0)


class BusinessCentralRetryPolicy(RetryPolicy):
    """Tries again when that promises something, and when it does.

    What no retry can cure fails at once, also in a task that lets our errors through as they are. A
    conflict is tried again at once. While Business Central is unavailable the task waits as long as
    the service asked for, or else longer after each try. Whatever else may pass waits the task's
    own ``retry_delay``; errors that are not of this package are left to Airflow.

    :param shortest: the first wait for a service that is unavailable.
    :param longest: the longest wait that the service did not ask for itself.
    """

    def __init__(
        self,
        shortest: timedelta = timedelta(minutes=1),
        longest: timedelta = timedelta(minutes=30),
    ) -> None:
        self.shortest = shortest
        self.longest = longest

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decide what happens after a failure; Airflow calls it in the worker.

        :param exception: what the task raised.
        :param try_number: 1 for the first try.
        :param max_tries: how many there may be; Airflow sees to that.
        :param context: of the task.
        :return: the decision, with its reason for the log.
        """
        del max_tries, context
        found = next(_ours(exception), None)
        if found is None:
            return RetryDecision.default()
        name = type(found).__name__
        if issubclass(airflow_exception(type(found)), AirflowFailException):
            return RetryDecision.fail(f"{name}: no retry can cure it")
        if isinstance(found, Conflict):
            return RetryDecision.retry(_AT_ONCE, f"{name}: the record is read again at once")
        if isinstance(found, Unavailable):
            delay = self._delay(found, try_number)
            said = "as Business Central asked" if found.retry_after else "until it may be back"
            return RetryDecision.retry(delay, f"{name}: {delay.total_seconds():.0f} s, {said}")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """Give the arguments as JSON."""
        return {
            "shortest": self.shortest.total_seconds(),
            "longest": self.longest.total_seconds(),
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> BusinessCentralRetryPolicy:
        """Make a policy of what `serialize` gave.

        :param data: the arguments.
        """
        return cls(**{name: timedelta(seconds=value) for name, value in data.items()})

    def _delay(self, error: Unavailable, try_number: int) -> timedelta:
        """Say how long to wait: up to half as long again, so that tasks do not return together."""
        if error.retry_after is not None:
            wait = timedelta(seconds=error.retry_after)
            return wait + random.random() * min(wait / 2, self.shortest)  # noqa: S311 - no secret
        doublings = min(max(try_number - 1, 0), 30)
        wait = min(self.longest, self.shortest * (1 << doublings))
        return wait * (0.75 + random.random() / 4)  # noqa: S311 - no secret


def _ours(exception: BaseException) -> Iterator[BusinessCentralError]:
    """Follow the causes of an exception to an error of this package."""
    seen: set[int] = set()
    one: BaseException | None = exception
    while one is not None and id(one) not in seen:
        if isinstance(one, BusinessCentralError):
            yield one
        seen.add(id(one))
        one = one.__cause__  # not the context: what a task handled is not why it failed
