"""Orders: what shall be begun once, however often its task is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.api.admin_center.operations import Operation, moment_in, same_moment
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, NotFound

_DELETED = "softdeleted"

Look = Callable[[AdminCenter], Conversation[bool]]


@dataclass(frozen=True, slots=True)
class Order:
    """One operation that somebody wants.

    :param kind: the type of the operation, e.g. ``copy``, or several that it may get.
    :param about: words that tell it from others of its type: environments, the app, its version.
    :param submit: begins it.
    :param unless: parameters by name: an operation that has one, with another value, is another.
        What the service does not tell is no reason to begin twice.
    :param holds: looks whether what came of it is still so, where neither `result` nor `removes`
        tells.
    :param result: the environment that it makes, which is active in the end; None for none.
    :param removes: the environment that it takes away, which is gone in the end; None for none.
    :param endangers: the environment that loses something by it; None for none.
    """

    kind: tuple[str, ...]
    about: tuple[str, ...]
    submit: Callable[[AdminCenter], Conversation[Operation | None]]
    unless: Mapping[str, str | datetime] = field(default_factory=dict)
    holds: Look | None = None
    result: str | None = None
    removes: str | None = None
    endangers: str | None = None


def refuse_production(center: AdminCenter, order: Order) -> Conversation[None]:
    """Refuse an order that endangers a production environment, whatever its name is.

    :param center: the admin center.
    :param order: the order.
    :raises ConfigurationError: naming the environment.
    """
    if order.endangers is None:
        return
    environment = yield from center.environments.get(order.endangers)
    if environment.production:
        raise ConfigurationError(
            f"{environment.name} is a production environment.",
            remedy="Set allow_production=True if this is really meant.",
        )


def begun_since(
    center: AdminCenter, order: Order, found: Iterable[Operation], since: datetime
) -> Conversation[Operation | None]:
    """Find the operation that an earlier try has begun.

    It may be running, or have succeeded if what came of it still holds: a task before this one may
    have wanted the same, and one between them the contrary. One that failed is none: another try
    begins anew.

    :param center: the admin center.
    :param order: the order.
    :param found: the operations of the tenant.
    :param since: the earliest moment that it can have been begun at.
    :return: the newest one; None when there is none.
    """
    ours = [one for one in found if _is_of(one, order) and _at(one) >= since]
    for operation in sorted(ours, key=_at, reverse=True):
        if operation.ended_badly:
            continue
        if not operation.succeeded or (yield from _holds(center, order)):
            return operation
    return None


def is_gone(center: AdminCenter, environment: str) -> Conversation[bool]:
    """Say whether an environment is deleted, or never was.

    :param center: the admin center.
    :param environment: its name.
    """
    try:
        there = yield from center.environments.get(environment)
    except NotFound:
        return True
    return there.status.lower() == _DELETED


def _holds(center: AdminCenter, order: Order) -> Conversation[bool]:
    if order.holds is not None:
        return (yield from order.holds(center))
    if order.removes is not None:
        return (yield from is_gone(center, order.removes))
    return order.result is None or not (yield from is_gone(center, order.result))


def _at(operation: Operation) -> datetime:
    return operation.created_on or datetime.min.replace(tzinfo=UTC)


def _is_of(operation: Operation, order: Order) -> bool:
    """Compare the words, not the names of the parameters, which differ between versions."""
    said = {str(value).lower() for value in operation.parameters.values()}
    said.add(operation.environment.lower())
    told = {word.lower() for word in order.about} <= said
    return operation.type in order.kind and told and not _contradicts(operation, order)


def _contradicts(operation: Operation, order: Order) -> bool:
    has = {name.lower(): str(value) for name, value in operation.parameters.items()}
    return any(
        _differs(has[name.lower()], wanted)
        for name, wanted in order.unless.items()
        if has.get(name.lower())
    )


def _differs(told: str, wanted: str | datetime) -> bool:
    if isinstance(wanted, str):
        return told.lower() != wanted.lower()
    moment = moment_in(told)
    return moment is not None and not same_moment(moment, wanted)
