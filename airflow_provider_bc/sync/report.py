"""What a load did, small enough for XCom and asset events."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.progress import Progress


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one load.

    :param entity_set: that was read.
    :param company: its name.
    :param kind: ``snapshot``, ``changes``, or ``nothing`` when no row had changed.
    :param rows: that were written.
    :param rows_read: that arrived, those already stored included.
    :param pages: that were read.
    :param bytes: of the pages.
    :param seconds: that it took.
    :param watermark: the latest stamp that is stored, ISO 8601 in UTC.
    :param path: of the file, None for ``nothing``.
    """

    entity_set: str
    company: str
    kind: str
    rows: int
    rows_read: int
    pages: int
    bytes: int
    seconds: float
    watermark: str | None
    path: str | None

    @classmethod
    def of(cls, commit: Commit, path: str | None, company: str, progress: Progress) -> Report:
        """Sum up a load.

        :param commit: that now holds.
        :param path: of its file, None where no row had changed.
        :param company: its name.
        :param progress: what arrived.
        """
        return cls(
            entity_set=commit.source.entity_set,
            company=company,
            kind=commit.kind if path else "nothing",
            rows=commit.rows,
            rows_read=progress.rows,
            pages=progress.pages,
            bytes=progress.size,
            seconds=round(progress.seconds, 3),
            watermark=commit.watermark.isoformat() if commit.watermark else None,
            path=path,
        )

    def __str__(self) -> str:
        rate = self.rows_read / self.seconds if self.seconds else 0.0
        return (
            f"{self.entity_set} of {self.company}: {self.kind}, {self.rows:,} rows written, "
            f"{self.rows_read:,} read in {self.pages:,} pages and {self.seconds:.1f} s "
            f"({rate:,.0f} rows/s), watermark {self.watermark}"
        )
