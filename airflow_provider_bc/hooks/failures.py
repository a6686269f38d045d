"""Our errors as Airflow's: the one table that decides whether a task is worth a retry.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/tasks.html#special-exceptions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_bc import errors

_RETRY = AirflowException
_FAIL = AirflowFailException

TABLE: dict[type[errors.BusinessCentralError], type[AirflowException]] = {
    errors.ConfigurationError: _FAIL,
    errors.AuthenticationError: _FAIL,
    errors.AuthorizationError: _FAIL,
    errors.RequestRejected: _FAIL,
    errors.NotFound: _FAIL,
    errors.RequestTooLarge: _RETRY,
    errors.Conflict: _RETRY,
    errors.TooManyDeleted: _FAIL,
    errors.TooManyRefused: _FAIL,
    errors.ApplicationRejected: _FAIL,
    errors.OperationFailed: _RETRY,
    errors.OutcomeUnknown: _FAIL,
    errors.Unavailable: _RETRY,
    errors.IncompleteRead: _RETRY,
    errors.UnexpectedAnswer: _FAIL,
    errors.GarbledAnswer: _RETRY,
}
"""Which Airflow exception each error becomes: retry what may pass, fail what will not."""


def airflow_exception(kind: type[errors.BusinessCentralError]) -> type[AirflowException]:
    """Find the Airflow exception of an error class, by itself or its nearest ancestor."""
    return next((TABLE[one] for one in kind.__mro__ if one in TABLE), _FAIL)


@contextmanager
def airflow_failures() -> Iterator[None]:
    """Raise Airflow's exception in place of ours, which stays its cause.

    Use it in a custom task, so that an error that no retry can cure fails at once::

        with airflow_failures():
            rows = list(hook.read("customers"))
    """
    try:
        yield
    except errors.BusinessCentralError as error:
        name = type(error).__name__
        raise airflow_exception(type(error))(f"{name}: {error}") from error


def error_event(error: errors.BusinessCentralError) -> dict[str, Any]:
    """Describe an error as the payload of a trigger event."""
    event = {"status": "error", "error": type(error).__name__, "message": str(error)}
    asked = getattr(error, "retry_after", None)
    return event if asked is None else {**event, "retry_after": asked}


def raise_for_event(event: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Check what a trigger sent.

    :param event: the payload of its event.
    :return: the payload of a success.
    :raises AirflowException: the one that the described error becomes, or a failure for a payload
        that is none of ours.
    """
    if event and event.get("status") == "success":
        return event
    if event and event.get("status") == "error":
        named = {kind.__name__: kind for kind in TABLE}
        kind = named.get(str(event.get("error")), errors.UnexpectedAnswer)
        said = str(event.get("message"))
        cause = kind(said)
        if isinstance(cause, errors.Unavailable):
            cause.retry_after = event.get("retry_after")
        raise airflow_exception(kind)(f"{event.get('error')}: {said}") from cause
    raise AirflowFailException(f"The trigger sent something unknown: {event!r}.")
