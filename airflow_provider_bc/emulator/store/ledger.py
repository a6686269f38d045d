"""Entries that are computed from their number, so that a million cost no memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.emulator.schema.model import UNSET_MOMENT
from airflow_provider_bc.emulator.store.recipe import Column, Recipe
from airflow_provider_bc.emulator.store.row import StoredRow, successor
from airflow_provider_bc.emulator.store.run import Entry, Run
from airflow_provider_bc.emulator.store.table import linked_in, named
from airflow_provider_bc.emulator.store.window import BLOCK, Window, migrated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Bound

ETAG = "@odata.etag"
_FIRST_MOMENT = datetime(2025, 1, 1, 6, tzinfo=UTC).timestamp()
_BLOCK_SECONDS = 600.23
_RANGES = ("gt", "ge", "lt", "le", "eq")
_NEVER = f'"{UNSET_MOMENT}"'.encode()


class Ledger:
    """An entity set of computed entries, with an overlay for what was changed.

    :param count: how many entries there are at first.
    :param columns: the columns in the order of the wire, after the etag; without id and stamp.
    :param tail: the last 27 characters of every entry's id, so that two companies differ.
    :param modified: the property of the stamp.
    """

    def __init__(self, count: int, columns: Sequence[Column], tail: str, modified: str) -> None:
        self._count = count
        self._tail = tail
        self._modified = modified
        self._overlay: dict[str, StoredRow | None] = {}
        self._order: list[str] = []
        self._strangers: set[str] = set()
        self._extra = 0
        self._highest = count
        blocks = range((count + BLOCK - 1) // BLOCK)
        moments = [stamp(_FIRST_MOMENT + block * _BLOCK_SECONDS) for block in blocks]
        self._stamps = [moment.rstrip("Z") for moment in moments]
        self._stamp_texts = [f'"{moment}"'.encode() for moment in moments]
        own = Column("id", self._ids), Column(modified, self._moments)
        etag, *others = columns
        self._columns = {one.name: one for one in (etag, own[0], *others, own[1])}
        self._recipes: dict[tuple[str, ...], Recipe] = {}

    def _ids(self, numbers: range) -> list[bytes]:
        shape = f'"%08x-{self._tail}"'.encode()
        return [shape % number for number in numbers]

    def _moments(self, numbers: range) -> list[bytes]:
        texts = self._stamp_texts
        found = [texts[(number - 1) // BLOCK] for number in numbers]
        if numbers.step == 1:
            for number in migrated(numbers):
                found[number - numbers.start] = _NEVER
            return found
        pairs = zip(numbers, found, strict=True)
        return [_NEVER if migrated(range(n, n + 1)) else text for n, text in pairs]

    def __len__(self) -> int:
        return self._count + self._extra

    def key_of(self, number: int) -> str:
        """Say an entry's id.

        :param number: the entry number.
        :returns: its SystemId, which grows with the number.
        """
        return f"{number:08x}-{self._tail}"

    def value(self, number: int, column: str) -> Value:
        """Compute one value.

        :param number: the entry number.
        :param column: the property, or the etag.
        :returns: its value.
        """
        return self._columns[column].value(number)

    @property
    def columns(self) -> tuple[str, ...]:
        """The properties in the order of the wire."""
        return tuple(self._columns)[1:]

    def write(self, numbers: range, columns: tuple[str, ...]) -> bytes:
        """Write computed entries as JSON objects.

        :param numbers: the entry numbers; not none.
        :param columns: the properties to write, in order.
        :returns: the objects with commas between them.
        """
        recipe = self._recipes.get(columns)
        if recipe is None:
            recipe = Recipe([self._columns[name] for name in (ETAG, *columns)])
            self._recipes[columns] = recipe
        return recipe.write(numbers)

    def get(self, key: str) -> Row | None:
        """Find an entry.

        :param key: its id.
        :returns: the entry, or None.
        """
        if key in self._overlay:
            return self._overlay[key]
        number = int(key[:8], 16)
        inside = 1 <= number <= self._count and key == self.key_of(number)
        return Entry(number, self) if inside else None

    def _edge(self, key: str, *, behind: bool) -> int:
        """Return the first entry number whose id is at or behind a key."""
        number = int(key[:8], 16)
        own = self.key_of(number)
        return number + 1 if own < key or (behind and own == key) else number

    def _window(self, bounds: Sequence[Bound]) -> tuple[Window, bool]:
        """Return the entries that can satisfy the bounds, and whether all of them do."""
        everything = range(1, self._count + 1)
        window, exact = Window(everything, everything), True
        for column, operator, value in bounds:
            if operator not in _RANGES:
                exact = False
            elif column == self._modified:
                window = window.stamped(operator, str(value), self._stamps)
            elif column == "entryNumber":
                window = window.numbered(operator, int(str(value)))
            elif column == "id":
                window = self._keyed(window, operator, str(value))
            else:
                exact = False
        return window, exact

    def _keyed(self, window: Window, operator: str, key: str) -> Window:
        """Keep the entries whose id compares with a key."""
        start = self._edge(key, behind=operator == "gt") if operator in ("gt", "ge", "eq") else 1
        if operator in ("gt", "ge"):
            return window.between(start)
        return window.between(start, self._edge(key, behind=operator != "lt"))

    def runs(self, after: str | None, bounds: Sequence[Bound]) -> Iterator[Row | Run] | None:
        """Walk the entries without computing them.

        :param after: the id to go on behind; None for the beginning.
        :param bounds: comparisons; computed entries that do not satisfy them are left out.
        :returns: stretches of computed entries, and the changed entries between them, whatever they
            hold; None if some bound cannot be told from the number.
        """
        keys = named(bounds, "id", after)
        if keys is not None:
            return filter(None, map(self.get, keys))
        window, exact = self._window(bounds)
        return self._merged(after, window) if exact else None

    def _merged(self, after: str | None, window: Window) -> Iterator[Row | Run]:
        rest = window if after is None else window.between(self._edge(after, behind=True))
        start = 0 if after is None else bisect_right(self._order, after)
        for key in self._order[start:]:
            for numbers in rest.between(0, self._edge(key, behind=False)).runs():
                yield Run(numbers, self)
            rest = rest.between(self._edge(key, behind=True))
            row = self._overlay[key]
            if row is not None:
                yield row
        for numbers in rest.runs():
            yield Run(numbers, self)

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Walk the entries in key order.

        :param after: the id to go on behind; None for the beginning.
        :param bounds: comparisons on number, id and stamp spare the walk through other entries.
        :returns: the entries, computed one by one.
        """
        keys = named(bounds, "id", after)
        if keys is not None:
            yield from filter(None, map(self.get, keys))
            return
        for one in self._merged(after, self._window(bounds)[0]):
            if isinstance(one, Run):
                yield from one
            else:
                yield one

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: True where nothing has to be sorted.
        """
        if columns == (self._modified,):
            return not self._overlay and not self._window(bounds)[0].undated
        return columns == ("id",) or (columns == ("entryNumber",) and not self._strangers)

    def put(self, key: str, values: dict[str, Value]) -> StoredRow:
        """Create or replace an entry.

        :param key: its id.
        :param values: every column.
        :returns: the entry as it is now.
        """
        row = successor(self.get(key), key, values)
        self.restore(key, row)
        return row

    def remove(self, key: str) -> bool:
        """Delete an entry.

        :param key: its id.
        :returns: whether it was there.
        """
        there = self.get(key) is not None
        if there:
            self.restore(key, None)
        return there

    def restore(self, key: str, row: Row | None) -> None:
        """Let a key hold an entry that was there before, in its old version, or none.

        :param key: the key.
        :param row: what `get` or `put` returned then.
        """
        self._extra += (row is not None) - (self.get(key) is not None)
        known = key in self._overlay
        self._overlay.pop(key, None)
        self._strangers.discard(key)
        changed = row if isinstance(row, StoredRow) else None
        if changed is None and (row is not None or self.get(key) is None):
            if known:
                del self._order[bisect_left(self._order, key)]
            return
        self._overlay[key] = changed
        if not known:
            insort(self._order, key)
        if changed is not None:
            number = int(str(changed["entryNumber"]))
            self._highest = max(self._highest, number)
            if key != self.key_of(number):
                self._strangers.add(key)

    def linked(self, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Row]:
        """Find entries by what some columns hold, which means looking at all of them.

        :param columns: the columns.
        :param values: what each must hold.
        :returns: the entries in key order.
        """
        return linked_in(self.scan(), columns, values)

    def key_for(self, values: dict[str, Value]) -> str:
        """Say the id a new entry must have.

        :param values: the entry.
        :returns: the id that grows with the entry number.
        """
        return self.key_of(int(str(values["entryNumber"])))

    def highest(self, column: str) -> int:
        """Say the highest entry number that was ever taken.

        :param column: `entryNumber`, the only column of numbers that are given in turn.
        :returns: the number.
        """
        del column
        return self._highest
