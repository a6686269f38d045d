"""What must hold of the rows that arrive, before any of them is published."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import IncompleteRead, UnexpectedAnswer
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.reader import Reader
from airflow_provider_bc.sync.reading import Position

_DATE_IS_WHOLE_SECONDS = timedelta(seconds=5)


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


def check_count(reader: Reader, plan: Plan, position: Position) -> None:
    """Compare with the service's count, allowing for what was written there meanwhile.

    Each row that was created or changed since the read began may stand for one row more, or, where
    another was deleted, for one row less.

    :param reader: of the entity set.
    :param plan: of the load.
    :param position: of the read, which is done.
    :raises IncompleteRead: when the rows do not add up.
    """
    before, rows = position.expected, position.entities
    if rows == before:
        return
    after = reader.count(plan.condition())
    if before is None:
        before = after
    changed = 0
    if plan.stamp and rows != after:
        changed = reader.count(plan.condition(position.began - _DATE_IS_WHOLE_SECONDS))
    if not min(before, after) - changed <= rows <= max(before, after) + changed:
        raise IncompleteRead(
            f"{plan.source.entity_set}: {rows} rows arrived, but Business Central counted "
            f"{before} before and {after} after the read, and {changed} changed meanwhile.",
            remedy="Nothing was published. Run the task again.",
        )
