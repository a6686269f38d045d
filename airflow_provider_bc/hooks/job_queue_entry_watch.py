"""What is awaited of a job queue entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, NotFound, OperationFailed
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.odata.page import Row

_NO_SUCH_RECORD = "BadRequest_ResourceNotFound"


@dataclass(frozen=True)
class JobQueueEntryWatch(Watch):
    """A job queue entry, until it has run.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_jobqueueentry

    :param key: its id.
    :param since: the moment, in ISO 8601, after which a recurring entry must have run.
    :param missing_is_finished: whether an entry that is gone has finished; Business Central deletes
        one that runs once as soon as it has succeeded.
    """

    key: str
    since: str | None = None
    missing_is_finished: bool = False

    @property
    def subject(self) -> str:
        """Which entry."""
        return f"job queue entry {self.key}"

    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once.

        :param client: the client that performs this.
        :return: ``key`` and ``state``; None for "not yet".
        :raises OperationFailed: when it ended with an error, with its text.
        :raises NotFound: when there is none, unless that means that it has finished.
        :raises ConfigurationError: for a recurring entry without `since`.
        """
        target = yield from client.entities.target("jobQueueEntries", {})
        try:
            row = yield from client.entities.read(target, self.key)
        except NotFound as error:
            if self.missing_is_finished and error.code == _NO_SUCH_RECORD:
                return {"key": self.key, "state": "Finished"}
            raise
        status = str(row["status"]).replace("\u00a0", " ")
        if status == "Error":
            raise OperationFailed(
                f"The job queue entry {row.get('description') or self.key} ended with an error: "
                f"{row.get('errorMessage') or 'Business Central does not say which.'}",
                remedy="Correct the cause, and restart the entry in Business Central.",
            )
        if status == "Finished" or self._has_run(row, status):
            return {"key": self.key, "state": status}
        return None

    def _has_run(self, row: Row, status: str) -> bool:
        """Say whether a recurring entry is ready again since a moment."""
        if not row.get("recurringJob"):
            return False
        if self.since is None:
            raise ConfigurationError(
                f"The job queue entry {self.key} is recurring.",
                remedy="Give since, the moment after which it must have run.",
            )
        since = datetime.fromisoformat(self.since)
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        return status == "Ready" and datetime.fromisoformat(str(row["lastReadyState"])) > since
