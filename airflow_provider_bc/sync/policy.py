"""How careful a load is: what it reads twice, what it leaves for later, when it looks for gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from airflow_provider_bc.errors import ConfigurationError

Deletes = Literal["hard", "soft"]
"""``hard`` removes rows that are gone, ``soft`` keeps them and fills in ``_deleted_at``."""


_MOST_WORKERS = 25


@dataclass(frozen=True, slots=True)
class Policy:
    """How careful a load is.

    :param overlap: how far before the watermark to read again, for rows that are committed late.
    :param lag: how young a change must be to be left for the next run, since its transaction may
        still be rolled back.
    :param deletes: what becomes of rows that are gone.
    :param sweep_every: how often all keys are compared with the source, which finds deleted rows,
        and rows that no stamp leads to; None for full loads only.
    :param most_deleted: which part of the rows, 0 to 1, may be gone at once; more is an error. Up
        to 20 rows may always go where others are left, unless it is 0.
    :param strict: whether a count that does not add up after a second read is an error.
    :param workers: how many requests one load may have under way: Business Central serves five of
        each app, and the connection may name several (`principals`).
    """

    overlap: timedelta = timedelta(minutes=10)
    lag: timedelta = timedelta(seconds=60)
    deletes: Deletes = "hard"
    sweep_every: timedelta | None = timedelta(days=1)
    most_deleted: float = 0.2
    strict: bool = True
    workers: int = 5

    def __post_init__(self) -> None:
        for name in ("overlap", "lag"):
            if getattr(self, name) < timedelta(0):
                raise ConfigurationError(
                    f"{name} is {getattr(self, name)}: rows would be skipped.",
                    remedy="Give 0 or more.",
                )
        if self.deletes not in ("hard", "soft"):
            raise ConfigurationError(
                f"deletes is {self.deletes!r}.", remedy='Use "hard" or "soft".'
            )
        if not 0 <= self.most_deleted <= 1:
            raise ConfigurationError(
                f"most_deleted is {self.most_deleted}.", remedy="Give a part, 0 to 1."
            )
        if not 1 <= self.workers <= _MOST_WORKERS:
            raise ConfigurationError(
                f"workers is {self.workers}.",
                remedy="Give 1 to 5, and five more for each of the connection's principals.",
            )
