"""Comparing all keys with the source: rows that are gone there, and rows that are missing here.

Deletions leave no trace in Business Central, and a row that was committed very late, or came
without a stamp, is never found by a watermark.
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-extract-data
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import TooManyDeleted
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.reader import Reader

_SEPARATOR = "\x1f"
FEW = 20
"""So many rows may be gone at once where others are left, unless none may (`most_deleted` is 0)."""

_CLOCK_STEPS = timedelta(minutes=10)


def key_texts(batch: pa.RecordBatch | pa.Table, key: Iterable[str]) -> pa.Array:
    """Write each row's key as one text.

    :param batch: the rows.
    :param key: the names of the key columns.
    """
    texts = [pc.fill_null(pc.cast(batch[name], pa.string()), "") for name in key]
    joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _SEPARATOR)
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


@dataclass(frozen=True, slots=True)
class Keys:
    """Many keys, each once.

    :param table: their columns.
    :param texts: each key as one text.
    """

    table: pa.Table
    texts: pa.Array

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch], names: tuple[str, ...]) -> Keys:
        """Collect keys.

        :param batches: with at least the key columns.
        :param names: of the key columns.
        """
        parts = [batch.select(list(names)) for batch in batches]
        if not parts:
            empty = pa.table({name: pa.array([], pa.string()) for name in names})
            return cls(empty, pa.array([], pa.string()))
        table = pa.Table.from_batches(parts)
        return cls(table, key_texts(table, names))

    def __len__(self) -> int:
        return len(self.texts)

    def narrowed(self, names: tuple[str, ...]) -> Keys:
        """Tell the rows apart by some of the columns only."""
        return Keys.of(self.table.select(list(names)).to_batches(), names) if len(self) else self

    def without(self, *others: Keys) -> Keys:
        """Give those that are in none of the others."""
        known = pa.chunked_array([other.texts for other in others], pa.string())
        fresh = pc.invert(pc.is_in(self.texts, value_set=known.combine_chunks()))
        return Keys(self.table.filter(fresh), self.texts.filter(fresh))


def check_deleted(plan: Plan, gone: int, stored: int) -> None:
    """Refuse to delete suspiciously much: a permission that was lost looks the same.

    :param plan: of the load.
    :param gone: how many rows are gone.
    :param stored: how many there were.
    :raises TooManyDeleted: naming both numbers.
    """
    most = plan.policy.most_deleted
    few = FEW if most else 0
    everything = gone == stored and gone > 1
    if (gone > few or everything) and gone > most * stored:
        raise TooManyDeleted(
            f"{plan.source.entity_set}: {gone:,} of {stored:,} stored rows are no longer in "
            f"Business Central, more than the {most:.0%} that may go at once.",
            remedy="Nothing was changed. If they really were deleted, run once with a higher "
            "most_deleted; otherwise check the app's permissions and the filter.",
        )


def old_enough(
    batches: Iterable[pa.RecordBatch], plan: Plan, now: datetime
) -> Iterator[pa.RecordBatch]:
    """Leave out rows so young that their transaction may still be rolled back.

    A stamp far in the future is no sign of youth but of a clock that was wrong, and is let through.

    :param batches: rows that no watermark led to.
    :param plan: of the load.
    :param now: the time of the service.
    """
    for batch in batches:
        if plan.stamp is None:
            yield batch
            continue
        stamps = batch[plan.stamp]
        young = pc.and_(
            pc.greater_equal(stamps, pa.scalar(plan.until, stamps.type)),
            pc.less(stamps, pa.scalar(now + _CLOCK_STEPS, stamps.type)),
        )
        yield batch.filter(pc.invert(pc.fill_null(young, fill_value=False)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the stored rows differ from the source.

    :param gone: keys of stored rows that are not there any more.
    :param outdated: keys of rows that are missing here, or have another stamp there.
    :param stored: how many rows are stored.
    """

    gone: Keys
    outdated: Keys
    stored: int


def compare(reader: Reader, table: Destination, plan: Plan, staged: Keys) -> Comparison:
    """Compare keys and stamps with the source.

    A stamp that differs is that of a change that was committed very late, or was rolled back after
    it had been read. What seems to be gone is asked for once more before that is believed.

    :param reader: of the entity set.
    :param table: that holds the rows.
    :param plan: of the load.
    :param staged: keys of the rows that this load has read already.
    """
    key = plan.key
    columns = (*key, plan.stamp) if plan.stamp else key
    stored = Keys.of(table.live_keys(key, also=columns[len(key) :]), columns)
    there = Keys.of(reader.keys(plan.where), columns)
    here, present = stored.narrowed(key), there.narrowed(key)
    missing = here.without(present, staged)
    found = Keys.of(reader.by_key(missing.table.to_pylist(), plan.where), key)
    outdated = there.without(stored).narrowed(key).without(staged)
    return Comparison(missing.without(found), outdated, len(stored))
