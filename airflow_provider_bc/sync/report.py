"""What a load did, small enough for XCom and asset events."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_bc.sync.load import Outcome
from airflow_provider_bc.sync.progress import Progress


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one load.

    :param entity_set: that was read.
    :param company: its name.
    :param kind: ``snapshot``, ``changes``, or ``nothing`` when no row had changed.
    :param sequence: the number of the commit that now holds.
    :param rows: that were written.
    :param deleted: rows that were found to be gone.
    :param found: rows among those written that no stamp led to, found by comparing keys.
    :param rows_read: that arrived, those already stored included.
    :param pages: that were read.
    :param bytes: of the pages.
    :param seconds: that it took.
    :param watermark: up to when the rows are complete, ISO 8601 in UTC.
    :param drift: how the fields changed: names by ``added``, ``widened`` and ``missing``.
    :param whole: False when the count did not add up and ``strict`` is off.
    :param path: where the table is.
    """

    entity_set: str
    company: str
    kind: str
    sequence: int
    rows: int
    deleted: int
    found: int
    rows_read: int
    pages: int
    bytes: int
    seconds: float
    watermark: str | None
    drift: dict[str, list[str]]
    whole: bool
    path: str

    @classmethod
    def of(
        cls, outcome: Outcome, entity_set: str, company: str, path: str, progress: Progress
    ) -> Report:
        """Sum up a load.

        :param outcome: of the load.
        :param entity_set: that was read.
        :param company: its name.
        :param path: of its table.
        :param progress: what arrived.
        """
        commit, drift = outcome.commit, outcome.drift
        names = {"added": drift.added, "widened": drift.widened, "missing": drift.missing}
        return cls(
            entity_set=entity_set,
            company=company,
            kind=commit.kind if outcome.changed else "nothing",
            sequence=commit.sequence,
            rows=commit.rows,
            deleted=commit.deleted,
            found=outcome.found,
            rows_read=progress.rows,
            pages=progress.pages,
            bytes=progress.size,
            seconds=round(progress.seconds, 3),
            watermark=commit.watermark.isoformat() if commit.watermark else None,
            drift={label: list(fields) for label, fields in names.items() if fields},
            whole=outcome.whole,
            path=path,
        )

    def __str__(self) -> str:
        rate = self.rows_read / self.seconds if self.seconds else 0.0
        return (
            f"{self.entity_set} of {self.company}: {self.kind}, {self.rows:,} rows written, "
            f"{self.deleted:,} deleted, {self.rows_read:,} read in {self.pages:,} pages and "
            f"{self.seconds:.1f} s ({rate:,.0f} rows/s), watermark {self.watermark}"
        )
