"""What is awaited of a job queue entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.moment import moment_of
from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import NO_SUCH_RECORD, ConfigurationError, NotFound, OperationFailed
from airflow_provider_bc.hooks.watch import Watch
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.odata.query import Query


@dataclass(frozen=True)
class JobQueueEntryWatch(Watch):
    """A job queue entry, until it has run.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_jobqueueentry

    :param key: its id.
    :param since: the moment, in ISO 8601 with a zone, after which a recurring entry must have
        begun to run, and ended.
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
        :raises ConfigurationError: for a key that is no id, a `since` that is no moment, and a
            recurring entry without `since`.
        """
        since = self._checked()
        target = yield from client.entities.target("jobQueueEntries", {})
        try:
            row = yield from client.entities.read(target, self.key)
        except NotFound as error:
            if self.missing_is_finished and error.code in NO_SUCH_RECORD:
                return {"key": self.key, "state": "Finished"}
            raise
        status = str(row["status"]).replace("\u00a0", " ")
        if status == "Error":
            raise self._failure(row, row)
        if status != "Finished" and not (yield from self._has_run(client, row, since)):
            return None
        return {"key": self.key, "state": status}

    def _checked(self) -> datetime | None:
        """Refuse what no look could ever find.

        :return: `since` as a moment.
        """
        refuse_blank(job_queue_entry=self.key)
        try:
            UUID(self.key)
        except ValueError as error:
            raise ConfigurationError(
                f"job_queue_entry is {self.key!r}.", remedy="Give the id of one of jobQueueEntries."
            ) from error
        return None if self.since is None else moment_of("since", self.since)

    def _has_run(self, client: Vocabulary, row: Row, since: datetime | None) -> Conversation[bool]:
        """Say whether a recurring entry has run since a moment.

        Only its log tells: the entry is ready before a run and behind it, and `lastReadyState` is
        when somebody made it so, not when it ran.
        """
        if not row.get("recurringJob"):
            return False
        if since is None:
            raise ConfigurationError(
                f"The job queue entry {self.key} is recurring.",
                remedy="Give since, the moment after which it must have run.",
            )
        target = yield from client.entities.target("jobQueueLogEntries", {})
        own = Field("jobQueueEntryId") == UUID(str(row["jobQueueEntryId"]))
        # One that still runs has no end yet.
        ended = (Field("startDateTime") >= since) & (Field("endDateTime") >= since)
        query = Query(where=own & ended, order_by=["startDateTime desc"])
        run = yield from client.entities.first(target, query)
        if run is None:
            return False
        if str(run["status"]) != "Error":
            return True
        if _is_tried_again(row, run):
            return False
        raise self._failure(row, run)

    def _failure(self, row: Row, told: Row) -> OperationFailed:
        return OperationFailed(
            f"The job queue entry {row.get('description') or self.key} ended with an error: "
            f"{told.get('errorMessage') or 'Business Central does not say which.'}",
            remedy="Correct the cause, and restart the entry in Business Central.",
        )


def _is_tried_again(row: Row, failed: Row) -> bool:
    """Say whether an entry runs again because a run failed: by itself, or somebody restarted it."""
    made_ready = datetime.fromisoformat(str(row["lastReadyState"]))
    ended = datetime.fromisoformat(str(failed["endDateTime"]))
    return bool(row.get("numberOfAttemptsToRun")) or made_ready >= ended
