"""What is awaited of an environment itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import NotFound, OperationFailed, RequestRejected
from airflow_provider_bc.hooks.watch import Watch

_PLANNED = frozenset({"scheduled", "running"})


@dataclass(frozen=True)
class EnvironmentWatch(Watch):
    """An environment, until it has a status and a version.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments

    :param name: its name; None for the connection's.
    :param status: e.g. ``Active``.
    :param version: the beginning of its version, e.g. ``27.1``; None for any.
    :param missing_is_pending: whether an environment that is not there may still come.
    """

    name: str | None = None
    status: str = "Active"
    version: str | None = None
    missing_is_pending: bool = False

    @property
    def subject(self) -> str:
        """The environment, and what it shall be."""
        version = f" with version {self.version}" if self.version else ""
        return f"environment {self.name or 'of the connection'} {self.status}{version}"

    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once.

        :param client: the client that performs this.
        :return: ``environment`` and ``version``; None for "not yet".
        :raises OperationFailed: when it has failed, and will not get there by itself.
        :raises NotFound: when there is no such environment, unless that means "not yet".
        """
        try:
            found = yield from client.admin_center.environments.get(self.name)
        except NotFound:
            if self.missing_is_pending:
                return None
            raise
        reached = found.status.lower() == self.status.lower() and (
            self.version is None or f"{found.version}.".startswith(f"{self.version}.")
        )
        if not reached and found.failed:
            raise OperationFailed(
                f"{self.subject}: it is {found.status}.",
                remedy="See its operations in the Business Central admin center.",
            )
        if not reached:
            yield from self._refuse_failed_update(client, found.name)
            return None
        return {"environment": found.name, "version": found.version}

    def _refuse_failed_update(self, client: Vocabulary, name: str) -> Conversation[None]:
        """Look whether the update that is chosen has failed, and none to the version is planned."""
        if self.version is None:
            return
        try:
            updates = yield from client.admin_center.settings.updates(name)
        except RequestRejected:
            return
        fitting = [
            (str(one.get("updateStatus")).lower(), str(one["targetVersion"]), one.get("selected"))
            for one in updates
            if f"{one.get('targetVersion')}.".startswith(f"{self.version}.")
        ]
        failed = [target for status, target, selected in fitting if status == "failed" and selected]
        if failed and not any(status in _PLANNED for status, *_ in fitting):
            raise OperationFailed(
                f"{self.subject}: the update to {failed[0]} has failed.",
                remedy="See in the Business Central admin center why; a retry plans it anew.",
            )
