"""The job queue: an entry is made ready, runs when a test says so, and leaves a log entry.

https://learn.microsoft.com/dynamics365/business-central/admin-job-queues-schedule-tasks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_ENTRIES, _LOG = "jobQueueEntries", "jobQueueLogEntries"
_IN_PROCESS = "In\u00a0Process"


def restart(company: Company, row: Row) -> None:
    """Let a job queue entry be ready again; that moment is kept, and it has not run by that.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_jobqueueentry

    :param company: the company.
    :param row: the entry.
    """
    ready: dict[str, Value] = {"status": "Ready", "errorMessage": "", "numberOfAttemptsToRun": 0}
    company.update(_ENTRIES, row.key, ready | {"lastReadyState": company.now()})


def run(company: Company, key: str) -> None:
    """Begin to run an entry whose time has come; `background` says how long that takes.

    The log tells when it ran and how it ended: the entry of a recurring job is ready again then,
    with the same last ready state as before, that of another one is gone. One that fails, for
    ``background.failures["job"]``, stays with its error.

    :param company: the company.
    :param key: the id of the entry.
    """
    entry = company.update(_ENTRIES, key, {"status": _IN_PROCESS})
    begun: dict[str, Value] = {
        "jobQueueEntryId": entry["jobQueueEntryId"],
        "description": entry["description"],
        "status": _IN_PROCESS,
        "startDateTime": company.now(),
    }
    log_key = str(company.create(_LOG, begun)["id"])
    error = company.background.failures.get("job")

    def end() -> None:
        ended: dict[str, Value] = {"endDateTime": company.now()}
        if error is not None:
            failed: dict[str, Value] = {"status": "Error", "errorMessage": error}
            company.update(_LOG, log_key, ended | failed)
            company.update(_ENTRIES, key, failed)
            return
        company.update(_LOG, log_key, ended | {"status": "Success"})
        if entry["recurringJob"]:
            company.update(_ENTRIES, key, {"status": "Ready"})
        else:
            company.delete(_ENTRIES, key)

    company.background.plan(end)
