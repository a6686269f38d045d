"""Our commits in the history of a Delta table, which others may add to.

Every commit of ours says in its ``commitInfo`` what a `Commit` says, and leaves the number of the
commit behind as an application transaction, which outlives the history.
https://github.com/delta-io/delta/blob/master/PROTOCOL.md#commit-provenance-information
https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deltalake import CommitProperties, DeltaTable, Transaction

from airflow_provider_bc.sync.commit import Commit

APP = "airflow_provider_bc"
_RUN = f"{APP}_run"
_ENTRIES_AT_FIRST = 20


@dataclass(frozen=True, slots=True)
class Made:
    """A commit of ours that a table has.

    :param commit: what it says.
    :param run: which run made it.
    """

    commit: Commit
    run: str


def properties(commit: Commit, run: str) -> CommitProperties:
    """Write down a commit, for the version that it becomes.

    Nothing is committed on top of a version that was not read: delta-rs would look for conflicts,
    but does not find all of them (an overwrite beside an OPTIMIZE leaves rows twice).

    :param commit: to be made.
    :param run: a name that no other run has.
    """
    return CommitProperties(
        custom_metadata={APP: commit.encoded().decode(), _RUN: run},
        max_commit_retries=0,
        app_transactions=[Transaction(APP, commit.sequence)],
    )


def newest_commit(table: DeltaTable, place: str) -> Made | None:
    """Find our newest commit, below whatever others have done to the table since.

    :param table: at its newest version.
    :param place: where it is, for an error.
    :return: None when the history does not tell: it has none, it was cleaned, or the table was
        restored to a point in time, and so to an unknown version.
    """
    below: int | None = None
    for entry in _entries(table):
        if below is not None and entry["version"] > below:
            continue
        if APP in entry:
            commit = Commit.decoded(entry[APP], f"version {entry['version']} of {place}")
            return Made(commit, str(entry.get(_RUN)))
        if entry.get("operation") == "RESTORE":
            version = (entry.get("operationParameters") or {}).get("version")
            if version is None:
                return None
            below = int(version)
    return None


def newest_sequence(table: DeltaTable, place: str) -> int | None:
    """Give the number of our newest commit, also where the history does not tell of it any more.

    :param table: at its newest version.
    :param place: where it is, for an error.
    :return: None when no commit of ours was ever made.
    """
    made = newest_commit(table, place)
    return made.commit.sequence if made else table.transaction_version(APP)


def _entries(table: DeltaTable) -> Iterator[dict[str, Any]]:
    """Walk the history backwards, the first few versions first."""
    seen, limit = 0, _ENTRIES_AT_FIRST
    while True:
        entries = table.history(limit)
        yield from entries[seen:]
        if len(entries) < limit:
            return
        seen, limit = limit, limit * 10
