"""Rows that Business Central makes up when they are read: pictures and PDF documents.

Every parent has exactly one, whether anything was ever stored or not:
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_picture
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_bc.emulator.schema.model import xml_name
from airflow_provider_bc.emulator.store.row import StoredRow
from airflow_provider_bc.emulator.store.table import linked_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_bc.emulator.schema.model import EntitySet, Route, Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Bound, Rows

DERIVED = ("pictures", "pdfDocument")
_NAMES = ("id", "parentId")


class Parent(NamedTuple):
    """An entity set whose entities have relatives of a kind.

    :ivar entity_set: its name.
    :ivar navigation: the navigation property that leads to the relatives.
    :ivar type: what the relatives' `parentType` says.
    """

    entity_set: str
    navigation: str
    type: str


def parents_of(route: Route, entity_set: str) -> list[Parent]:
    """List whose relatives the rows of an entity set are.

    :param route: the route's schema.
    :param entity_set: the entity set of the relatives, `pictures` for one.
    :returns: the parents.
    """
    return [
        Parent(one.name, navigation.name, xml_name(member))
        for one in route.sets.values()
        for navigation in one.navigation.values()
        for name, member in navigation.constants
        if navigation.target == entity_set and name == "parentType"
    ]


class DerivedRows:
    """The rows of an entity set that are made up, under those that were stored.

    :param schema: the entity set.
    :param parents: whose relatives they are.
    :param table_of: finds the rows of an entity set.
    """

    def __init__(
        self, schema: EntitySet, parents: Sequence[Parent], table_of: Callable[[str], Rows]
    ) -> None:
        self._schema = schema
        self._parents = parents
        self._table_of = table_of

    def __len__(self) -> int:
        return sum(len(self._table_of(parent.entity_set)) for parent in self._parents)

    def get(self, key: str) -> Row | None:
        """Find the row of a parent.

        :param key: the parent's id.
        :returns: the row, or None if nobody has that id.
        """
        stored = self._table_of(self._schema.name).get(key)
        if stored is not None:
            return stored
        for parent in self._parents:
            if self._table_of(parent.entity_set).get(key) is not None:
                made: dict[str, Value] = {"id": key, "parentId": key, "parentType": parent.type}
                known = {name: text for name, text in made.items() if name in self._schema.columns}
                return StoredRow(key, self._schema.blank() | known, 0)
        return None

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Walk the rows that a filter names; the page refuses a read that names none.

        :param after: the key to go on behind; None for the beginning.
        :param bounds: comparisons.
        :returns: the rows in key order.
        """
        keys = {str(key) for one in bounds if one.column in _NAMES for key in one.choices}
        found = [self.get(key) for key in sorted(keys) if after is None or key > after]
        return (row for row in found if row is not None)

    def runs(self, after: str | None, bounds: Sequence[Bound]) -> None:
        """Say that no row is computed in stretches.

        :param after: the key to go on behind.
        :param bounds: comparisons.
        """
        del after, bounds

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns: never.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: False.
        """
        del columns, bounds
        return False

    def linked(self, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Row]:
        """Find the row of a parent.

        :param columns: the columns.
        :param values: what each must hold.
        :returns: the row, or nothing.
        """
        names = [value for name, value in zip(columns, values, strict=True) if name in _NAMES]
        row = self.get(str(names[0])) if names else None
        return [] if row is None else linked_in([row], columns, values)
