"""One load: read, write, check that it is whole, publish."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.sync.checks import (
    Reader,
    check_count,
    check_drift,
    check_rows,
    note_fields,
)
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.parquet_table import ParquetTable
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.progress import Progress


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
    check_drift(table, columns, plan, progress)
    stored = _StoredRows(table, plan)
    seen: datetime | None = None
    with table.writing(columns.schema) as part:
        for page in reader.pages(plan.condition()):
            if progress.pages == 0:
                progress.expected = page.count
                note_fields(columns, page, progress)
            batch = columns.batch(page.rows)
            check_rows(plan, batch)
            progress.page(batch.num_rows, page.size)
            seen = _later(seen, _latest(batch, plan.stamp))
            part.write(stored.without(batch))
        complete = _complete_up_to(seen, progress)
        check_count(reader, plan, progress, complete)
        if plan.kind == "changes" and part.rows == 0:
            return Commit(
                plan.sequence, plan.kind, plan.source, plan.watermark, plan.latest, part.rows
            ), None
        watermark = _later(plan.watermark, complete)
        latest = _later(plan.latest, seen)
        commit = Commit(plan.sequence, plan.kind, plan.source, watermark, latest, part.rows)
        return commit, str(part.publish(commit))


def _complete_up_to(seen: datetime | None, progress: Progress) -> datetime | None:
    """Say from when on changes may be missing: the moment at which the read began.

    Pages are not one moment: a row may change after its page was read, and a later page bring an
    even later stamp. No stamp that was seen is later than the end of the read, so the latest one
    less the duration is not later than its beginning, whatever the clocks say. (A stamp that lies
    in the future is not believed: it would end all incremental loads.)
    """
    duration = timedelta(seconds=progress.seconds)
    return min(seen, datetime.now(UTC)) - duration if seen else None


def _latest(batch: pa.RecordBatch, stamp: str | None) -> datetime | None:
    if stamp is None or stamp not in batch.schema.names:
        return None
    latest: datetime | None = pc.max(batch[stamp]).as_py()
    return latest


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


class _StoredRows:
    """The rows of the overlap that are stored already, value for value, to be left out."""

    def __init__(self, table: ParquetTable, plan: Plan) -> None:
        self._known: set[bytes] = set()
        if plan.stamp and plan.since:
            for batch in table.stored_since(plan.stamp, plan.since):
                self._known.update(_digests(batch))

    def without(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if not self._known:
            return batch
        fresh = [digest not in self._known for digest in _digests(batch)]
        return batch.filter(pa.array(fresh, pa.bool_()))


def _digests(batch: pa.RecordBatch) -> Iterator[bytes]:
    for row in batch.to_pylist():
        yield blake2b(msgspec.json.encode(row), digest_size=16).digest()
