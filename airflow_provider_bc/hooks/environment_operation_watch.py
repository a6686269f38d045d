"""What is awaited of an operation of the admin center."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from airflow_provider_bc.api.admin_center.operations import RUNNING, Operation
from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import NotFound, OperationFailed
from airflow_provider_bc.hooks.watch import Watch

log = logging.getLogger(__name__)

FOUND_LATE = 300.0
"""Seconds in which an operation that was begun may not be found yet."""


@dataclass(frozen=True)
class EnvironmentOperationWatch(Watch):
    """An operation, until it has succeeded and the environment that it made is active.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_operations

    :param operation_id: its id.
    :param what: what it does, for a person: ``copy of Production``.
    :param result: the environment that it makes, which shall be active; None for none.
    :param updates: the environment that it updates, or whose app, so that it can be canceled.
    :param app_id: the app that it updates.
    :param missing_until: until when it may not be found yet, in seconds since the epoch.
    """

    operation_id: str
    what: str
    result: str | None = None
    updates: str | None = None
    app_id: str | None = None
    missing_until: float = 0.0

    @property
    def subject(self) -> str:
        """What it does, and its id."""
        return f"{self.what} (operation {self.operation_id})"

    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once.

        :param client: the client that performs this.
        :return: ``operation_id``, ``type`` and ``environment``; None for "not yet".
        :raises OperationFailed: when it failed, was canceled or skipped.
        :raises NotFound: when there is no such operation.
        """
        try:
            operation = yield from client.admin_center.operations.get(self.operation_id)
        except NotFound:
            if time.time() < self.missing_until:
                return None
            raise
        if operation.ended_badly:
            raise _failure(self.subject, operation.status, operation.error_message)
        if not operation.succeeded:
            if operation.status not in RUNNING:
                log.warning("%s: its status is %r, which is new.", self.subject, operation.status)
            return None
        if self.result is not None and not (yield from self._is_active(client, self.result)):
            return None
        return summary_of(operation, self.result)

    def cancel(self, client: Vocabulary) -> Conversation[None] | None:
        """Cancel an update; nothing else can be canceled.

        :param client: the client that performs this.
        """
        if self.updates is None:
            return None
        return self._cancel(client, self.updates)

    def _cancel(self, client: Vocabulary, environment: str) -> Conversation[None]:
        center = client.admin_center
        if self.app_id is not None:
            yield from center.apps.cancel_update(environment, self.app_id, self.operation_id)
        else:
            yield from center.operations.cancel(environment, self.operation_id)

    def _is_active(self, client: Vocabulary, name: str) -> Conversation[bool]:
        try:
            environment = yield from client.admin_center.environments.get(name)
        except NotFound:
            return False
        if environment.failed:
            raise _failure(self.subject, environment.status, "")
        return environment.active


def _failure(subject: str, status: str, said: str) -> OperationFailed:
    reason = said.strip() or "the admin center gives no reason"
    return OperationFailed(
        f"{subject}: {status}: {reason}.",
        remedy="See the operation in the Business Central admin center; a retry begins it anew.",
    )


def summary_of(operation: Operation, result: str | None) -> dict[str, Any]:
    """Say in a few words for XCom what an operation was.

    :param operation: the operation.
    :param result: the environment that it makes; None for none.
    """
    return {
        "operation_id": operation.id,
        "type": operation.type,
        "environment": result or operation.environment,
    }
