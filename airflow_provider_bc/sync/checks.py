"""What must hold of the rows that arrive, before any of them is published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import ConfigurationError, IncompleteRead, UnexpectedAnswer
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.parquet_table import ParquetTable
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.progress import Progress

_CLOCKS_APART = timedelta(minutes=10)


class Reader(Protocol):
    """Reads the rows of one entity set; the caller has bound everything but the condition."""

    def pages(self, where: str | None) -> Iterable[Page]:
        """Read the rows that match, the first page with their count."""
        ...

    def count(self, where: str | None) -> int:
        """Count the rows that match."""
        ...


def note_fields(columns: Columns, page: Page, progress: Progress) -> None:
    """Tell of fields that have no column, and of columns that have no field."""
    for row in page.rows[:1]:
        if unknown := columns.unknown_fields(row):
            progress.say(f"Fields that $metadata does not name are left out: {sorted(unknown)}")
        if missing := columns.missing_fields(row):
            progress.say(f"Fields that Business Central does not send are null: {sorted(missing)}")


def check_drift(table: ParquetTable, columns: Columns, plan: Plan, progress: Progress) -> None:
    """Refuse a field whose type has changed since the last load, and tell of others.

    :raises ConfigurationError: naming the field and both types.
    """
    stored = table.schema() if plan.kind == "changes" else None
    if stored is None:
        return
    for field in columns.schema:
        if field.name in stored.names and stored.field(field.name).type != field.type:
            raise ConfigurationError(
                f"{field.name} was {stored.field(field.name).type}, and is {field.type} now.",
                remedy='Load once with mode="full", which replaces what is there.',
            )
    came = sorted(set(columns.schema.names) - set(stored.names))
    went = sorted(set(stored.names) - set(columns.schema.names))
    if came or went:
        progress.say(f"Fields came: {came}; fields went: {went}")


def check_rows(plan: Plan, batch: pa.RecordBatch) -> None:
    """Refuse rows without a key, and rows that the watermark's filter should have left out.

    :raises UnexpectedAnswer: naming the field, or the moment.
    """
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


def check_count(reader: Reader, plan: Plan, progress: Progress, began: datetime | None) -> None:
    """Compare with the server's count, allowing for what was written to it meanwhile.

    Each row that was created or changed since the read began may stand for one row more, or, where
    another was deleted, for one row less.

    :param began: when the read began, on the server's clock; None where that is unknown.
    :raises IncompleteRead: when the rows do not add up.
    """
    before = progress.expected
    if progress.rows == before:
        return
    after = reader.count(plan.condition())
    if before is None:
        before = after
    changed = 0
    if began and progress.rows != after:
        # the latest stamp may be years old, and this read's duration before it no bound at all
        here = datetime.now(UTC) - timedelta(seconds=progress.seconds) - _CLOCKS_APART
        changed = reader.count(plan.condition(max(began, here)))
    if not min(before, after) - changed <= progress.rows <= max(before, after) + changed:
        raise IncompleteRead(
            f"{plan.source.entity_set}: {progress.rows} rows arrived, but Business Central counted "
            f"{before} before and {after} after the read, and {changed} changed meanwhile.",
            remedy="Nothing was published. Run the task again.",
        )
