"""How a demonstration row is made: blank, then what is said about it, with an id and a stamp."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.emulator.schema.catalog import route as schema_of
from airflow_provider_bc.emulator.schema.model import UNSET_MOMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.schema.model import EntitySet, Value

_SPACE = UUID("6f1f3c52-7b44-4e0c-9d52-0f6bb9b40b5e")
_FIRST = datetime(2025, 3, 1, 7, 30, tzinfo=UTC).timestamp()
_STEP = 3_607.137  # seconds; uneven, so that every length of fraction occurs
_UNTOUCHED = 11  # every so many rows was never touched since migration


class Seed:
    """Makes the rows of one company.

    :param company: its name; two companies share no id.
    """

    def __init__(self, company: str) -> None:
        self.company = company
        self._serial = 0
        self._blanks: dict[tuple[str, str], dict[str, Value]] = {}
        self.rows: dict[tuple[str, str], list[dict[str, Value]]] = {}

    def id(self, entity_set: str, name: str) -> str:
        """Say the id of a row before or after it is made.

        :param entity_set: its entity set.
        :param name: its number, code or other name in the set.
        :returns: its SystemId.
        """
        return str(uuid5(_SPACE, f"{self.company}/{entity_set}/{name}"))

    def add(
        self, entity_set: str, name: str, values: Mapping[str, Value], route: str = "v2.0"
    ) -> str:
        """Add a row.

        :param entity_set: its entity set.
        :param name: what tells it from the others of the set.
        :param values: the properties that are set.
        :param route: the API route.
        :returns: its id.
        """
        schema = _schema(route, entity_set)
        self._serial += 1
        blank = self._blanks.get((route, entity_set)) or schema.blank()
        self._blanks[route, entity_set] = blank
        row = blank | {schema.key[0]: self.id(entity_set, name)} | dict(values)
        touched = stamp(_FIRST + self._serial * _STEP)
        if schema.modified:
            row[schema.modified] = UNSET_MOMENT if self._serial % _UNTOUCHED == 0 else touched
        if "systemCreatedAt" in row:
            row["systemCreatedAt"] = touched
        if "systemRowVersion" in row:
            row["systemRowVersion"] = 1000 + self._serial
        self.rows.setdefault((route, entity_set), []).append(row)
        return str(row[schema.key[0]])


def _schema(route: str, entity_set: str) -> EntitySet:
    found = schema_of(route)
    if found is None:
        raise KeyError(route)
    return found.sets[entity_set]
