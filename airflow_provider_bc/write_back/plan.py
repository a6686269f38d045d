"""What a write-back shall do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_provider_bc.api.entities import Target
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.batch import MOST
from airflow_provider_bc.odata.metadata import did_you_mean
from airflow_provider_bc.pace import CONCURRENT
from airflow_provider_bc.write_back.columns import repeated

WriteMode = Literal["upsert", "create", "update"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rows are written, and how.

    :param mode: ``upsert`` creates or changes; ``create`` refuses what is there already;
        ``update`` refuses what is not.
    :param by: the properties of the natural key; none only for ``create``, where a row is then
        known by its whole content.
    :param columns: property by column; None for columns named as their properties.
    :param batch_size: rows in one request, 1 to 100.
    :param workers: requests under way at once, 1 to 5.
    :param reapply: how often a row is read again and decided anew where somebody else changed it
        meanwhile.
    :param timezone: in which moments without a time zone are, e.g. ``Europe/Berlin``; None refuses
        them.
    """

    mode: WriteMode = "upsert"
    by: Sequence[str] = ("number",)
    columns: Mapping[str, str] | None = None
    batch_size: int = MOST
    workers: int = CONCURRENT
    reapply: int = 3
    timezone: str | None = None

    def check(self) -> None:
        """Refuse what makes no sense.

        :raises ConfigurationError: naming the argument.
        """
        if self.mode not in get_args(WriteMode):
            raise ConfigurationError(
                f"mode is {self.mode!r}.", remedy=f"Use one of {', '.join(get_args(WriteMode))}."
            )
        if isinstance(self.by, str):
            raise ConfigurationError(
                f"by is the text {self.by!r}.", remedy="Give a list of properties."
            )
        if not self.by and self.mode != "create":
            raise ConfigurationError(
                f"by is empty, and mode is {self.mode!r}.",
                remedy="Name the properties by which a record is found.",
            )
        for name, most in (("batch_size", MOST), ("workers", CONCURRENT)):
            if not 1 <= getattr(self, name) <= most:
                raise ConfigurationError(
                    f"{name} is {getattr(self, name)}.", remedy=f"Give 1 to {most}."
                )
        if self.reapply < 0:
            raise ConfigurationError(f"reapply is {self.reapply}.", remedy="Give 0 or more.")
        self.zone()

    def zone(self) -> ZoneInfo | None:
        """Find the time zone.

        :raises ConfigurationError: for one that nobody knows.
        """
        if self.timezone is None:
            return None
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigurationError(
                f"timezone is {self.timezone!r}.", remedy="Give a name such as Europe/Berlin."
            ) from error

    def check_against(self, target: Target) -> None:
        """Refuse properties that the entity set does not have.

        :param target: the entity set.
        :raises ConfigurationError: naming the property, and the nearest ones.
        """
        properties = target.kind.properties
        given = [*(self.columns or {}).values()]
        for name in [*self.by, *given]:
            if name not in properties:
                raise ConfigurationError(
                    f"There is no property {name!r} in {target.kind.name}.",
                    remedy=did_you_mean(name, properties),
                )
        if twice := repeated(given):
            raise ConfigurationError(
                f"columns gives {', '.join(twice)} from several columns.",
                remedy="Give each property one column.",
            )
