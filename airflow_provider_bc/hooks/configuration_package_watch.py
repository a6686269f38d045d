"""What is awaited of a configuration package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_bc.api.automation.packages import BUSY
from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import NO_SUCH_RECORD, NotFound, OperationFailed
from airflow_provider_bc.hooks.watch import Watch

T = TypeVar("T")


@dataclass(frozen=True)
class ConfigurationPackageWatch(Watch):
    """A configuration package, until it is imported or applied.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_configurationpackage

    :param package_id: its id.
    :param step: ``import`` or ``apply``.
    """

    package_id: str
    step: str

    @property
    def subject(self) -> str:
        """What is done with which package."""
        return f"{self.step} of configuration package {self.package_id}"

    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once.

        :param client: the client that performs this.
        :return: ``package_id``, ``code`` and the numbers of tables, records and errors; None while
            it goes on.
        :raises OperationFailed: when it failed, with Business Central's own text, or is gone.
        """
        row = yield from unless_replaced(client.automation.packages.get(self.package_id))
        status = str(row[f"{self.step}Status"])
        if status in BUSY:
            return None
        if status != "Completed":
            said = row.get(f"{self.step}Error") or "Business Central does not say why."
            raise OperationFailed(
                f"The {self.step} of package {row['code']} ended with the status {status}: {said}",
                remedy="Correct the package, then run the task again.",
            )
        return {
            "package_id": self.package_id,
            "code": row["code"],
            "tables": row["numberOfTables"],
            "records": row["numberOfRecords"],
            "errors": row["numberOfErrors"],
        }


def unless_replaced(conversation: Conversation[T]) -> Conversation[T]:
    """Hold a conversation about a package, and say so if there is no such package any more.

    Two runs that import the same code replace each other's package; a retry makes it anew.

    :param conversation: about a package that there was.
    :raises OperationFailed: when it is gone.
    """
    try:
        return (yield from conversation)
    except NotFound as error:
        if error.code not in NO_SUCH_RECORD:
            raise
        raise OperationFailed(
            "The configuration package is gone: another run replaced it, or somebody deleted it.",
            remedy="Set max_active_tis_per_dag=1 for the task; a retry imports the package again.",
            request_line=error.request_line,
        ) from error
