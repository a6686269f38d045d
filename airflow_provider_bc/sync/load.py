"""One load: plan what to read, write it, check that it is whole, publish it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import ConfigurationError, IncompleteRead, UnexpectedAnswer
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.metadata import EntityType
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import STAMPS, Commit, Kind, Mode, Source
from airflow_provider_bc.sync.parquet_table import ParquetTable
from airflow_provider_bc.sync.progress import Progress

_STAMPED_ON_INSERT_ONLY = frozenset({"attachment", "documentAttachment"})


class Reader(Protocol):
    """Reads the rows of one entity set; the caller has bound everything but the condition."""

    def pages(self, where: str | None) -> Iterable[Page]:
        """Read the rows that match, the first page with their count."""
        ...

    def count(self, where: str | None) -> int:
        """Count the rows that match."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What one load will do.

    :param source: where the rows come from.
    :param sequence: the number of the commit to be made.
    :param key: the names of the key properties.
    :param stamp: the field that tells when a row was last changed, None where there is none.
    :param watermark: up to when the rows are stored already, None to read every row.
    :param latest: the latest stamp that is stored, None for every row.
    :param overlap: how far before the watermark to read again, for rows committed late.
    :param where: the condition that the caller wants, as text.
    """

    source: Source
    sequence: int
    key: tuple[str, ...]
    stamp: str | None
    watermark: datetime | None
    latest: datetime | None
    overlap: timedelta
    where: str | None

    @property
    def kind(self) -> Kind:
        """Whether every row is read, or the changed ones."""
        return "snapshot" if self.watermark is None else "changes"

    @property
    def since(self) -> datetime | None:
        """From which stamp on rows are read."""
        if self.watermark is None:
            return None
        return self.watermark - min(self.overlap, self.watermark - _EARLIEST)

    def __str__(self) -> str:
        rows = f"rows changed since {self.since.isoformat()}" if self.since else "every row"
        return f"{rows}, as commit {self.sequence}"

    def condition(self) -> str | None:
        """Combine the caller's condition with the watermark."""
        if self.since is None or self.stamp is None:
            return self.where
        changed = str(Field(self.stamp) >= self.since)
        return f"({self.where}) and {changed}" if self.where else changed


_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


def plan_load(
    mode: Mode,
    entity_type: EntityType,
    source: Source,
    table: ParquetTable,
    *,
    where: str | None = None,
    overlap: timedelta = timedelta(minutes=10),
) -> Plan:
    """Decide what to read, from what is stored and what the entity type offers.

    :param mode: ``incremental`` reads what changed since the last commit, and everything the
        first time; ``full`` reads everything.
    :param entity_type: of the rows.
    :param source: where the rows come from.
    :param table: where they go.
    :param where: the condition that the caller wants, as text.
    :param overlap: how far before the watermark to read again.
    :raises ConfigurationError: for an incremental load of an entity set without a stamp or key,
        and for an overlap that would skip rows.
    """
    stamp = next((name for name in STAMPS if name in entity_type.properties), None)
    _check_mode(mode, entity_type, stamp)
    if overlap < timedelta(0):
        raise ConfigurationError(
            f"overlap is {overlap}: rows would be skipped.", remedy="Give 0 or more."
        )
    last = table.last_commit(source, same_query=mode == "incremental")
    base = last if mode == "incremental" else None
    return Plan(
        source=source,
        sequence=last.sequence + 1 if last else 1,
        key=entity_type.key,
        stamp=stamp,
        watermark=base.watermark if base else None,
        latest=base.latest if base else None,
        overlap=overlap,
        where=where if where and where.strip() else None,
    )


def _check_mode(mode: Mode, entity_type: EntityType, stamp: str | None) -> None:
    if mode not in ("incremental", "full"):
        raise ConfigurationError(f"mode is {mode!r}.", remedy='Use "incremental" or "full".')
    if mode == "incremental" and not (stamp and entity_type.key):
        raise ConfigurationError(
            f"{entity_type.name} cannot be read incrementally: it has no "
            f"{'key' if stamp else ' or '.join(STAMPS)}.",
            remedy='Use mode="full".',
        )
    if mode == "incremental" and entity_type.name in _STAMPED_ON_INSERT_ONLY:
        raise ConfigurationError(
            f"{entity_type.name} cannot be read incrementally: its {stamp} is set when it is "
            "created, and not when it is changed.",
            remedy='Use mode="full".',
        )


def load(
    reader: Reader, columns: Columns, table: ParquetTable, plan: Plan, progress: Progress
) -> tuple[Commit, str | None]:
    """Read, write, check and publish.

    Nothing is visible before the last step, and nothing is left behind when one fails.

    :param reader: of the entity set.
    :param columns: how rows become record batches.
    :param table: where they go.
    :param plan: from `plan_load`.
    :param progress: counts what arrives.
    :return: the commit that now holds, and its file; None where no row had changed.
    :raises IncompleteRead: when the rows do not add up to the server's count.
    """
    stored = _Versions(table, plan)
    seen: datetime | None = None
    with table.writing(columns.schema) as part:
        for page in reader.pages(plan.condition()):
            if progress.pages == 0:
                progress.expected = page.count
                _note_fields(columns, page, progress)
            batch = columns.batch(page.rows)
            _check_rows(plan, batch)
            progress.page(batch.num_rows, page.size)
            seen = _later(seen, _latest(batch, plan.stamp))
            part.write(stored.without(batch))
        _check_count(reader, plan, progress)
        if plan.kind == "changes" and part.rows == 0:
            return Commit(
                plan.sequence, plan.kind, plan.source, plan.watermark, plan.latest, part.rows
            ), None
        watermark = _later(plan.watermark, _complete_up_to(seen, progress))
        latest = _later(plan.latest, seen)
        commit = Commit(plan.sequence, plan.kind, plan.source, watermark, latest, part.rows)
        return commit, str(part.publish(commit))


def _complete_up_to(seen: datetime | None, progress: Progress) -> datetime | None:
    """Say from when on changes may be missing: the moment at which the read began.

    Pages are not one moment: a row may change after its page was read, and a later page bring an
    even later stamp. No stamp that was seen is later than the end of the read, so the latest one
    less the duration is not later than its beginning, whatever the clocks say.
    """
    return seen - timedelta(seconds=progress.seconds) if seen else None


def _note_fields(columns: Columns, page: Page, progress: Progress) -> None:
    for row in page.rows[:1]:
        if unknown := columns.unknown_fields(row):
            progress.say(f"Fields that $metadata does not name are left out: {sorted(unknown)}")
        if missing := columns.missing_fields(row):
            progress.say(f"Fields that Business Central does not send are null: {sorted(missing)}")


def _check_rows(plan: Plan, batch: pa.RecordBatch) -> None:
    """Refuse rows without a key, and rows that the watermark's filter should have left out."""
    for name in plan.key:
        if batch[name].null_count:
            raise UnexpectedAnswer(
                f"{plan.source.entity_set}: a row has no {name}, which is its key.",
                remedy="Report this with the entity set.",
            )
    if plan.since and plan.stamp and batch.num_rows:
        stamps = batch[plan.stamp]
        if stamps.null_count or pc.min(stamps).as_py() < plan.since:
            raise UnexpectedAnswer(
                f"{plan.source.entity_set}: rows older than {plan.since.isoformat()} came back, so "
                "Business Central ignored the filter.",
                remedy='Use mode="full" for this entity set, and report it.',
            )


def _check_count(reader: Reader, plan: Plan, progress: Progress) -> None:
    """Compare with the server's count, allowing for what was written to it meanwhile."""
    before = progress.expected
    if progress.rows == before:
        return
    after = reader.count(plan.condition())
    if before is None:
        before = after
    if not min(before, after) <= progress.rows <= max(before, after):
        raise IncompleteRead(
            f"{plan.source.entity_set}: {progress.rows} rows arrived, but Business Central counted "
            f"{before} before and {after} after the read.",
            remedy="Nothing was published. Run the task again.",
        )


def _latest(batch: pa.RecordBatch, stamp: str | None) -> datetime | None:
    if stamp is None or stamp not in batch.schema.names:
        return None
    latest: datetime | None = pc.max(batch[stamp]).as_py()
    return latest


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


class _Versions:
    """The row versions of the overlap that are stored already, to be left out."""

    def __init__(self, table: ParquetTable, plan: Plan) -> None:
        self._names = [*plan.key, plan.stamp or ""]
        self._known = (
            table.versions_since(plan.key, plan.stamp, plan.since)
            if plan.stamp and plan.since
            else set()
        )

    def without(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if not self._known:
            return batch
        versions = zip(*(batch[name].to_pylist() for name in self._names), strict=True)
        fresh = [version not in self._known for version in versions]
        return batch.filter(pa.array(fresh, pa.bool_()))
