"""What one load will do, decided before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.metadata import EntityType
from airflow_provider_bc.sync.commit import STAMPS, Kind, Mode, Source
from airflow_provider_bc.sync.parquet_table import ParquetTable

_STAMPED_ON_INSERT_ONLY = frozenset({"attachment", "documentAttachment"})


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
        since = self.watermark - min(self.overlap, self.watermark - _EARLIEST)
        # Business Central knows milliseconds: a finer bound might be rounded, up or down.
        return since.replace(microsecond=since.microsecond // 1000 * 1000)

    def __str__(self) -> str:
        rows = f"rows changed since {self.since.isoformat()}" if self.since else "every row"
        return f"{rows}, as commit {self.sequence}"

    def condition(self, since: datetime | None = None) -> str | None:
        """Combine the caller's condition with a lower bound of the stamp.

        :param since: the bound; by default the watermark less the overlap.
        """
        bound = since or self.since
        if bound is None or self.stamp is None:
            return self.where
        changed = str(Field(self.stamp) >= bound)
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
