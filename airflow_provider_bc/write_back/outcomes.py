"""What became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["created", "updated", "unchanged", "refused"]
Write = Literal["created", "updated"]

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row as it was read.

    :param number: its place in the source, from 1.
    :param values: by column.
    """

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not written.

    :param code: the service's, e.g. ``Internal_InvalidTableRelation``, or one of ours, e.g.
        ``invalid_value``.
    :param reason: in words.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row; exactly one for each row of the source.

    :param row: as it was read.
    :param outcome: ``created``, ``updated``, ``unchanged`` or ``refused``.
    :param key: the natural key as it was sent; of a refused row what there is of it.
    :param record_id: the id of the record, where it has one.
    :param refusal: why it was refused, None for any other.
    """

    row: SourceRow
    outcome: Outcome
    key: Mapping[str, Any]
    record_id: str | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Tally:
    """How many rows became what.

    :param outcomes: by outcome.
    :param refusals: refused rows by code.
    :param first_refused: the numbers of the first refused rows, each with its code.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    first_refused: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.outcomes.total()

    @property
    def refused(self) -> int:
        """How many were refused."""
        return self.outcomes["refused"]

    def count(self, outcomes: Iterable[RowOutcome]) -> None:
        """Add rows.

        :param outcomes: theirs.
        """
        for one in outcomes:
            self.outcomes[one.outcome] += 1
            if one.refusal:
                self.refusals[one.refusal.code] += 1
                if len(self.first_refused) < _SHOWN:
                    self.first_refused.append(f"row {one.row.number} ({one.refusal.code})")

    def __str__(self) -> str:
        kinds = ("created", "updated", "unchanged", "refused")
        counts = ", ".join(f"{self.outcomes[kind]:,} {kind}" for kind in kinds)
        return f"{self.rows:,} rows: {counts}"
