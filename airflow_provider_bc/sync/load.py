"""One load: read, stage, compare, check that it is whole, commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import (
    AuthenticationError,
    AuthorizationError,
    BusinessCentralError,
    IncompleteRead,
    Unavailable,
)
from airflow_provider_bc.sync.checks import check_count, check_rows
from airflow_provider_bc.sync.children import PARENT_ID, ChildPage
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.destination import Destination, Staging
from airflow_provider_bc.sync.drift import Drift, conform, follow
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.progress import Progress
from airflow_provider_bc.sync.reader import Reader
from airflow_provider_bc.sync.reading import Position, Reading
from airflow_provider_bc.sync.stored_rows import digests
from airflow_provider_bc.sync.sweep import FEW, Keys, check_deleted, compare, old_enough

_DIGEST_SPACE = 2**128
_PASSING = (AuthenticationError, AuthorizationError, Unavailable)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load did.

    :param commit: that now holds.
    :param changed: whether it was made by this load.
    :param drift: how the fields differ from what was stored.
    :param found: rows that no watermark led to, found by comparing keys.
    :param whole: False when the count did not add up, and the policy is not strict.
    """

    commit: Commit
    changed: bool
    drift: Drift
    found: int = 0
    whole: bool = True


def load(reader: Reader, table: Destination, plan: Plan, progress: Progress) -> Outcome:
    """Carry out a plan.

    Nothing is visible before the commit. A count that does not add up is read once more.

    :param reader: of the entity set.
    :param table: where they go.
    :param plan: from `plan_load`.
    :param progress: counts what arrives.
    :return: what was done.
    :raises IncompleteRead: when the rows do not add up to the service's count.
    :raises TooManyDeleted: when suspiciously many rows are gone.
    """
    schema, drift = follow(table.schema() if plan.last else None, reader.schema)
    if drift:
        progress.say(str(drift))
    attempt = _Load(reader, schema, table, plan, progress, drift=drift)
    try:
        return attempt.run()
    except IncompleteRead as error:
        progress.say(f"{error.message} It is read once more.")
    except _TooOld:
        progress.say("What an earlier attempt has staged is too old to go on with.")
    except BusinessCentralError as error:
        if not attempt.goes_on or isinstance(error, _PASSING):
            raise
        progress.say(f"Going on was refused ({error.message}), so all of it is read again.")
    again = replace(plan, resume_key=None)
    return _Load(
        reader, schema, table, again, progress, drift=drift, lenient=not plan.policy.strict
    ).run()


class _TooOld(Exception):
    """The rows that an earlier attempt has staged must not be mixed with those of a new read."""


class _Load:
    """One attempt at a load."""

    def __init__(
        self,
        reader: Reader,
        schema: pa.Schema,
        table: Destination,
        plan: Plan,
        progress: Progress,
        *,
        drift: Drift,
        lenient: bool = False,
    ) -> None:
        self._reader = reader
        self._schema = schema
        self._table = table
        self._plan = plan
        self._progress = progress
        self._drift = drift
        self._lenient = lenient
        self._whole = True
        self._lacks_rows = False
        self._parents: list[pa.Array] = []
        self._children: list[pa.RecordBatch] = []
        self.goes_on = False
        """Whether what is being read was begun by an earlier attempt."""

    def run(self) -> Outcome:
        with self._table.staging(self._plan, self._schema) as staging:
            position = self._read(staging)
            self._check(position)
            gone, found = self._compared(staging, position)
            commit = self._commit(position)
            if not self._is_worth_a_commit(staging, gone, commit):
                assert self._plan.last is not None  # noqa: S101 - nothing is only like something
                unchanged = replace(self._plan.last, rows=0, deleted=0)
                return Outcome(unchanged, False, self._drift, found, self._whole)  # noqa: FBT003
            made = staging.commit(commit, gone)
            return Outcome(made, True, self._drift, found, self._whole)  # noqa: FBT003

    def _read(self, staging: Staging) -> Position:
        """Stage every page of the plan, or what an earlier attempt left of it."""
        saved = Position.decoded(staging.position, self._reader.now())
        if saved is None and staging.position is not None:
            raise _TooOld
        reading = Reading(self._reader, self._plan, saved)
        self.goes_on = reading.resumed
        position = reading.position
        if self.goes_on:
            self._progress.say(f"Going on after {position.rows:,} rows of an earlier attempt")
            self._plan = replace(self._plan, until=position.until)
        self._progress.expected = position.expected
        self._progress.rows += position.rows
        for page in reading:
            batch = conform(page.rows, self._schema)
            check_rows(self._plan, batch)
            position.rows += batch.num_rows
            position.entities += page.entities
            position.seen = _later(position.seen, _latest(batch, self._plan.stamp))
            position.content = self._added_up(position.content, batch)
            staging.write(batch, position.encoded() if self._plan.token else None)
            if isinstance(page, ChildPage):
                self._parents.append(page.parents)
                self._children.append(batch.select(list(self._plan.key)))
            self._progress.page(batch.num_rows, page.size)
        self.goes_on = False
        return position

    def _added_up(self, content: int, batch: pa.RecordBatch) -> int:
        """Add up the digests of a table that is read whole each time, in whatever order."""
        if self._is_compared:
            content += sum(int.from_bytes(digest) for digest in digests(batch))
        return content % _DIGEST_SPACE

    @property
    def _is_compared(self) -> bool:
        return self._plan.stamp is None or not self._plan.key

    def _check(self, position: Position) -> None:
        try:
            check_count(self._reader, self._plan, position)
        except IncompleteRead as error:
            if not self._lenient:
                raise
            self._whole = False
            self._progress.say(f"{error.message} It is kept all the same: strict is off.")

    def _compared(self, staging: Staging, position: Position) -> tuple[pa.Table, int]:
        """Find the stored rows that are gone, and stage those that no watermark led to."""
        plan, key = self._plan, self._plan.key
        gone, found = Keys.of([], key), 0
        if plan.sweep:
            comparison = compare(self._reader, self._table, plan, Keys.of(staging.keys(), key))
            gone = self._believed(comparison.gone, comparison.stored)
            found = self._find(staging, comparison.outdated)
        elif plan.kind == "snapshot" and key:
            gone = self._not_in(staging)
        elif self._parents:
            gone = self._orphans()
        else:
            self._check_keyless(position)
        if not len(gone):
            return self._schema.empty_table().select(list(key)), found
        return gone.table, found

    def _believed(self, gone: Keys, stored: int) -> Keys:
        """Give what is gone, unless it is suspiciously much; of another query any row may go."""
        last = self._plan.last
        if last and last.source.query == self._plan.source.query:
            check_deleted(self._plan, len(gone), stored)
        return gone

    def _not_in(self, staging: Staging) -> Keys:
        """Find the stored rows that a snapshot does not have, and whether some are not stored."""
        stored = Keys.of(self._table.live_keys(self._plan.key), self._plan.key)
        if not len(stored):  # as always at first, and when somebody has emptied the table
            self._lacks_rows = True
            return stored
        staged = Keys.of(staging.keys(), self._plan.key)
        self._lacks_rows = len(staged.without(stored)) > 0
        return self._believed(stored.without(staged), len(stored))

    def _orphans(self) -> Keys:
        """Find the stored children of changed parents that these no longer have."""
        key, parents = self._plan.key, pa.concat_arrays(self._parents)
        stored = Keys.of(self._table.live_keys(key, (PARENT_ID, parents)), key)
        children = Keys.of(self._children, key)
        if not len(children) and len(stored) > FEW:  # a permission that was lost looks the same
            check_deleted(self._plan, len(stored), len(stored))
        return stored.without(children)

    def _check_keyless(self, position: Position) -> None:
        """Refuse to replace rows by suspiciously few, where no key tells which are gone."""
        last = self._plan.last
        if self._plan.kind == "snapshot" and last and last.kind == "snapshot":
            check_deleted(self._plan, max(0, last.rows - position.rows), last.rows)

    def _find(self, staging: Staging, outdated: Keys) -> int:
        """Read rows by their keys, and stage them."""
        found = 0
        rows = self._reader.by_key(outdated.table.to_pylist(), self._plan.where)
        for batch in old_enough(rows, self._plan, self._reader.now()):
            staging.write(conform(batch, self._schema), None)
            found += batch.num_rows
        if found:
            self._progress.say(f"{found:,} rows were found that no stamp led to")
        return found

    def _commit(self, position: Position) -> Commit:
        plan, last = self._plan, self._plan.last
        base = last if last and plan.kind == "changes" else None
        complete = min(position.seen, position.until) if position.seen else None
        swept = plan.sweep or plan.kind == "snapshot"
        return Commit(
            sequence=plan.sequence,
            kind=plan.kind,
            source=plan.source,
            watermark=_later(base.watermark if base else None, complete),
            latest=_later(base.latest if base else None, position.seen),
            swept_at=position.began if swept else (base.swept_at if base else None),
            content=f"{position.content:032x}" if self._is_compared else None,
        )

    def _is_worth_a_commit(self, staging: Staging, gone: pa.Table, commit: Commit) -> bool:
        last = self._plan.last
        if last is None or self._plan.full or self._drift.grows:
            return True
        if staging.rows or gone.num_rows:
            same = last.content is not None and last.content == commit.content
            return not same or self._lacks_rows or bool(gone.num_rows)
        empty_again = commit.kind == "snapshot" and last.kind == "snapshot" and not last.rows
        return not empty_again and (self._plan.sweep or commit.kind == "snapshot")


def _latest(batch: pa.RecordBatch, stamp: str | None) -> datetime | None:
    if stamp is None or not batch.num_rows:
        return None
    latest: datetime | None = pc.max(batch[stamp]).as_py()
    return latest


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
