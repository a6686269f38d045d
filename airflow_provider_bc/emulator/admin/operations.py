"""The long-running operations of the tenant, and how they come to their end.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#get-environment-operations
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.admin.outcomes import Outcome, Outcomes
from airflow_provider_bc.emulator.clock import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.agenda import Agenda

QUEUED, SCHEDULED, RUNNING = "queued", "scheduled", "running"
ENDS = ("succeeded", "failed", "canceled", "skipped")
_SPACE = UUID("7b0f8a52-6f0e-4a53-8d8e-5a3c6e1f9b07")
_KEPT = 180 * 86_400  # seconds


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an operation does to the tenant.

    :param done: performed when it succeeds.
    :param begin: performed when it starts running.
    :param undone: performed when it ends in any other way.
    """

    done: Callable[[], None]
    begin: Callable[[], None] = _nothing
    undone: Callable[[], None] = _nothing


@dataclass(slots=True, eq=False)
class Operation:
    """One operation.

    :param id: its id.
    :param type: what it does, such as `copy`.
    :param environment: where.
    :param work: what it does to the tenant.
    :param parameters: what was asked for.
    :param created: when, in seconds since 1970-01-01T00:00:00Z.
    :param creator: who asked: a client id or a user's name.
    :param principal: `App` or `User`.
    :param status: `queued`, `scheduled`, `running` or one of `ENDS`.
    :param outcome: how it will end.
    :param app_id: the app it is about.
    :param made: the environment it makes out of `environment`.
    :param started: when it started to run.
    :param completed: when it ended.
    :param canceled_by: who canceled it.
    :param error: why it did not succeed.
    """

    id: str
    type: str
    environment: TenantEnvironment
    work: Work
    parameters: dict[str, Any]
    created: float
    creator: str
    principal: str
    status: str = SCHEDULED
    outcome: Outcome = field(default_factory=Outcome)
    app_id: str | None = None
    made: TenantEnvironment | None = None
    started: float | None = None
    completed: float | None = None
    canceled_by: str | None = None
    error: str = ""
    environment_name: str = field(init=False)
    environment_type: str = field(init=False)

    def __post_init__(self) -> None:
        self.environment_name = self.environment.name
        self.environment_type = self.environment.type

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.status in ENDS

    def concerns(self, environment: TenantEnvironment) -> bool:
        """Tell whether it is one of an environment's operations.

        :param environment: the environment.
        :returns: whether it is.
        """
        return environment in (self.environment, self.made)

    def shown(self, tenant_id: str) -> dict[str, Any]:
        """Write the operation as on the wire.

        :param tenant_id: the tenant.
        :returns: the JSON object.
        """
        shown: dict[str, Any] = {
            "id": self.id,
            "type": self.type,
            "status": self.status,
            "aadTenantId": tenant_id,
            "createdOn": stamp(self.created),
            "startedOn": None if self.started is None else stamp(self.started),
            "completedOn": None if self.completed is None else stamp(self.completed),
            "createdBy": self.creator,
            "creatorPrincipalType": self.principal,
            "errorMessage": self.error,
            "parameters": self.parameters,
            "environmentName": self.environment_name,
            "environmentType": self.environment_type,
            "productFamily": "BusinessCentral",
        }
        return shown if self.canceled_by is None else shown | {"canceledBy": self.canceled_by}


class Operations:
    """All operations of the tenant.

    :param agenda: when things happen.
    """

    def __init__(self, agenda: Agenda) -> None:
        self.seconds = 2.0
        self.outcomes = Outcomes()
        self._agenda = agenda
        self._serial = count(1)
        self._all: list[Operation] = []

    def all(self, environment: TenantEnvironment | None = None) -> list[Operation]:
        """List the operations that are still remembered.

        :param environment: only those of this environment.
        :returns: the operations, newest first.
        """
        oldest = self._agenda.now - _KEPT
        self._all = [one for one in self._all if not one.ended or one.created >= oldest]
        return [
            one for one in reversed(self._all) if environment is None or one.concerns(environment)
        ]

    def find(self, number: str) -> Operation | None:
        """Find an operation.

        :param number: its id.
        :returns: the operation, None if there is none.
        """
        return next((one for one in self._all if one.id == number.lower()), None)

    def start(
        self,
        kind: str,
        environment: TenantEnvironment,
        work: Work,
        parameters: dict[str, Any],
        creator: tuple[str, str],
        *,
        status: str = SCHEDULED,
        app_id: str | None = None,
        wait: float = 0.0,
        at_once: bool = False,
    ) -> Operation:
        """Accept an operation.

        :param kind: its type.
        :param environment: where.
        :param work: what it does to the tenant.
        :param parameters: what was asked for.
        :param creator: who asked, and whether it is a `User` or an `App`.
        :param status: its first status.
        :param app_id: the app it is about.
        :param wait: seconds until it may start, on top of `seconds`.
        :param at_once: whether the caller ends it itself, whatever is planned.
        :returns: the operation.
        """
        number = str(uuid5(_SPACE, f"operation/{next(self._serial)}"))
        now = self._agenda.now
        operation = Operation(number, kind, environment, work, parameters, now, *creator, status)
        operation.app_id = app_id
        self._all.append(operation)
        if at_once:
            return operation
        operation.outcome = self.outcomes.take(kind)
        if operation.outcome.name != "waiting":
            self._agenda.put(wait + self.seconds, partial(self.run, operation))
        return operation

    def run(self, operation: Operation) -> None:
        """Let an operation start, if it still waits.

        :param operation: the operation.
        """
        if operation.status not in (QUEUED, SCHEDULED):
            return
        if operation.outcome.name == "skipped":
            self.end(operation, "skipped", operation.outcome.message)
            return
        operation.status, operation.started = RUNNING, self._agenda.now
        operation.work.begin()
        if operation.outcome.name != "stuck":
            self._agenda.put(self.seconds, partial(self._finish, operation))

    def release(self) -> None:
        """Let the operations that are stuck go on, and those that wait start."""
        for one in self._all:
            name = one.outcome.name
            if one.ended or name not in ("stuck", "waiting"):
                continue
            one.outcome = Outcome()
            go_on = self._finish if one.status == RUNNING else self.run
            self._agenda.put(self.seconds, partial(go_on, one))

    def cancel(self, operation: Operation, principal: str, reason: str = "") -> None:
        """Cancel an operation on somebody's behalf.

        :param operation: the operation.
        :param principal: who cancels it.
        :param reason: the error message.
        """
        operation.canceled_by = principal
        self.end(operation, "canceled", reason)

    def end(self, operation: Operation, status: str, message: str = "") -> None:
        """Let an operation end.

        :param operation: the operation; nothing happens if it has ended.
        :param status: one of `ENDS`.
        :param message: the error message.
        """
        if operation.ended:
            return
        operation.status, operation.error = status, message
        operation.completed = self._agenda.now
        work = operation.work
        work.done() if status == "succeeded" else work.undone()

    def _finish(self, operation: Operation) -> None:
        outcome = operation.outcome
        self.end(operation, outcome.name if outcome.name in ENDS else "succeeded", outcome.message)
