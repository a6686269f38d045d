"""What is awaited of the deployment of an extension."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_bc.api.automation.app_file import AppManifest
from airflow_provider_bc.api.automation.extensions import started_on
from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import OperationFailed
from airflow_provider_bc.hooks.watch import Watch


@dataclass(frozen=True)
class ExtensionDeploymentWatch(Watch):
    """The deployment of one version of an extension, which may be deployed several times.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_extensiondeploymentstatus

    :param name: of the app.
    :param publisher: of the app.
    :param version: e.g. ``1.0.0.0``.
    :param after: the moment, in ISO 8601, when the deployment before it began; None for none.
    """

    name: str
    publisher: str
    version: str
    after: str | None = None

    @property
    def subject(self) -> str:
        """Which version of what is deployed."""
        return f"deployment of {self.name} {self.version}"

    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once; a deployment that is not listed yet, or unknown, may still come.

        :param client: the client that performs this.
        :return: ``name``, ``publisher``, ``version`` and ``started_on``; None for "not yet".
        :raises OperationFailed: when it failed.
        """
        app = AppManifest("", self.name, self.publisher, self.version)
        rows = yield from client.automation.extensions.deployments(app)
        if self.after is not None:
            after = datetime.fromisoformat(self.after)
            rows = [row for row in rows if started_on(row) > after]
        status = str(rows[0]["status"]) if rows else "NotFound"
        if status == "Failed":
            raise OperationFailed(
                f"The deployment of {self.name} {self.version} failed.",
                remedy="The page Extension Deployment Status in Business Central says why.",
            )
        if status != "Completed":
            return None
        return {
            "name": self.name,
            "publisher": self.publisher,
            "version": self.version,
            "started_on": rows[0]["startedOn"],
        }
