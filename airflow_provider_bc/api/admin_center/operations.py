"""Operations: what the admin center does in the background, and how it ends.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_operations
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from airflow_provider_bc.api.admin_center.calls import AdminCalls, Json, text_of, within
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import NotFound, UnexpectedAnswer

RUNNING = frozenset({"queued", "scheduled", "running"})
SUCCEEDED = "succeeded"
ENDED_BADLY = frozenset({"failed", "canceled", "skipped"})


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the admin center.

    :param id: its id.
    :param type: e.g. ``copy``, in lower case.
    :param status: ``queued``, ``scheduled``, ``running``, ``succeeded``, ``failed``, ``canceled``,
        ``skipped``, or a word that is new, in lower case.
    :param environment: the environment that it belongs to.
    :param created_on: when it was asked for; None where that is not said.
    :param error_message: why it failed.
    :param parameters: what was asked for.
    """

    id: str
    type: str
    status: str
    environment: str = ""
    created_on: datetime | None = None
    error_message: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.status == SUCCEEDED

    @property
    def ended_badly(self) -> bool:
        """Whether it has ended without success."""
        return self.status in ENDED_BADLY


class Operations:
    """The operations of the tenant's environments.

    :param calls: sends what is asked.
    """

    def __init__(self, calls: AdminCalls) -> None:
        self._calls = calls

    def all(self, environment: str | None = None) -> Conversation[list[Operation]]:
        """List operations, which are kept for 180 days.

        :param environment: only those of this one; by default of all.
        """
        path = "/environments/operations"
        if environment is not None:
            path = within(environment, "operations")
        rows = yield from self._calls.rows(path)
        return [read_operation(row) for row in rows]

    def get(self, operation_id: str) -> Conversation[Operation]:
        """Look at an operation, wherever its environment has gone meanwhile.

        :param operation_id: its id.
        :raises NotFound: when there is none, or none yet.
        """
        path = f"/environments/operations/{quote(operation_id, safe='')}"
        try:
            return read_operation((yield from self._calls.get(path)))
        except NotFound as missing:
            for operation in (yield from self.all()):
                if operation.id.lower() == operation_id.lower():
                    return operation
            raise missing from None

    def cancel(self, environment: str, operation_id: str) -> Conversation[Operation]:
        """Cancel the update of an environment that is running; it takes an hour and more.

        :param environment: its name.
        :param operation_id: of the operation of type ``update``.
        :return: the operation, or the one that restores what was before.
        """
        path = within(environment, "operations", operation_id, "cancel")
        return read_operation((yield from self._calls.send("POST", path)))


def read_operation(row: Json) -> Operation:
    """Read an operation as Microsoft's pages spell it, or as the service does.

    :param row: the answer.
    :raises UnexpectedAnswer: for one without an id.
    """
    identity = text_of(row, "id", "operationId")
    if not identity:
        raise UnexpectedAnswer(
            "The Admin Center API answered with an operation that has no id.",
            remedy="Look in the admin center under Operations whether it was begun.",
        )
    parameters = row.get("parameters")
    return Operation(
        identity,
        text_of(row, "type").lower(),
        text_of(row, "status", "state").lower().replace("cancelled", "canceled"),
        text_of(row, "environmentName", "sourceEnvironment"),
        moment_in(text_of(row, "createdOn")),
        text_of(row, "errorMessage"),
        parameters if isinstance(parameters, dict) else {},
    )


def same_moment(one: datetime, other: datetime) -> bool:
    """Say whether two moments are the same, as far as services keep them.

    :param one: with a time zone.
    :param other: with a time zone.
    """
    return abs(one - other) < timedelta(seconds=1)


def moment_in(text: str) -> datetime | None:
    """Read a moment of the service, which is in UTC where it names no zone.

    :param text: in ISO 8601; None for any other.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
