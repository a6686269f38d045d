"""A table in key order, which is how a skip token can say where to go on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from airflow_provider_bc.emulator.store.row import StoredRow, successor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.run import Run


class Bound(NamedTuple):
    """A comparison that every wanted row satisfies; a table may use it to skip the others.

    :ivar column: the property compared.
    :ivar operator: `gt`, `ge`, `lt`, `le`, `eq`, `ne` or `in`.
    :ivar value: what it is compared with, in the form that sorts; for `in` all that it may be.
    """

    column: str
    operator: str
    value: Value | frozenset[Value]

    @property
    def choices(self) -> frozenset[Value]:
        """The only values that satisfy it; none where it is no `eq` or `in`."""
        if isinstance(self.value, frozenset):
            return self.value
        return frozenset([self.value] if self.operator == "eq" else ())


class Rows(Protocol):
    """Rows that can be read in key order."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def get(self, key: str) -> Row | None:
        """Return the row with a key, or None."""

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Return the rows behind a key in key order; rows outside the bounds may be left out."""

    def runs(self, after: str | None, bounds: Sequence[Bound]) -> Iterator[Row | Run] | None:
        """Return what `scan` does in stretches, exactly what fits the bounds; None if it cannot.

        Rows that are not part of a stretch may be outside the bounds.
        """

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the ascending order of some columns."""

    def linked(self, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Row]:
        """Return the rows that hold some values in some columns, in key order."""


class Table(Rows, Protocol):
    """The rows of one entity set in one company."""

    def put(self, key: str, values: dict[str, Value]) -> Row:
        """Create or replace a row."""

    def remove(self, key: str) -> bool:
        """Delete a row and return whether it was there."""

    def restore(self, key: str, row: Row | None) -> None:
        """Let a key hold a row that `get` or `put` once returned, or none."""

    def key_for(self, values: dict[str, Value]) -> str | None:
        """Return the key a new row must have, None where any will do."""

    def highest(self, column: str) -> int:
        """Return the highest number in a column, 0 without rows."""


def named(bounds: Sequence[Bound], key: str, after: str | None) -> list[str] | None:
    """List the keys of the only rows that can satisfy some bounds.

    :param bounds: the bounds.
    :param key: the property that is the key.
    :param after: the key to go on behind; None for the beginning.
    :returns: the keys in order, None where no bound names them.
    """
    choices = next((b.choices for b in bounds if b.column == key and b.choices), None)
    if choices is None:
        return None
    return sorted(text for text in map(str, choices) if after is None or text > after)


def linked_in(
    rows: Iterable[Row], columns: tuple[str, ...], values: tuple[Value, ...]
) -> list[Row]:
    """Pick the rows that hold some values in some columns.

    :param rows: the rows to look through.
    :param columns: the columns.
    :param values: what each must hold.
    :returns: those that do, in the order they came.
    """
    wanted = list(zip(columns, values, strict=True))
    return [row for row in rows if all(row[name] == value for name, value in wanted)]


_Index: TypeAlias = dict[tuple["Value", ...], list[str]]


class StoredTable:
    """A table whose rows are kept in memory, with an index for every link that was followed.

    :param rows: the values of the first rows.
    :param key: the properties that make the key.
    """

    def __init__(self, rows: Iterable[dict[str, Value]], key: tuple[str, ...]) -> None:
        self._key = ",".join(key)
        self._rows: dict[str, StoredRow] = {}
        for values in rows:
            text = ",".join(str(values[name]) for name in key)
            self._rows[text] = StoredRow(text, values)
        self._order = sorted(self._rows)
        self._indexes: dict[tuple[str, ...], _Index] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> StoredRow | None:
        """Find a row.

        :param key: its key.
        :returns: the row, or None.
        """
        return self._rows.get(key)

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[StoredRow]:
        """Walk the rows in key order.

        :param after: the key to go on behind; None for the beginning.
        :param bounds: comparisons; only one that names keys is used, else the table is read whole.
        :returns: the rows.
        """
        keys = named(bounds, self._key, after)
        if keys is not None:
            return iter([self._rows[key] for key in keys if key in self._rows])
        start = 0 if after is None else bisect_right(self._order, after)
        return iter([self._rows[key] for key in self._order[start:]])

    def runs(self, after: str | None, bounds: Sequence[Bound]) -> None:
        """Say that no row is computed here.

        :param after: the key to go on behind.
        :param bounds: comparisons.
        """
        del after, bounds

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns: never, ids are random.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: False.
        """
        del columns, bounds
        return False

    def linked(self, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Row]:
        """Find rows by the index of some columns, which the first such question makes.

        :param columns: the columns.
        :param values: what each must hold.
        :returns: the rows in key order.
        """
        index = self._indexes.get(columns)
        if index is None:
            index = self._indexes[columns] = {}
            for key in self._order:
                index.setdefault(_held(self._rows[key], columns), []).append(key)
        return [self._rows[key] for key in index.get(values, ())]

    def put(self, key: str, values: dict[str, Value]) -> StoredRow:
        """Create or replace a row.

        :param key: its key.
        :param values: every column.
        :returns: the row as it is now.
        """
        row = successor(self._rows.get(key), key, values)
        self._set(key, row)
        return row

    def remove(self, key: str) -> bool:
        """Delete a row.

        :param key: its key.
        :returns: whether it was there.
        """
        there = key in self._rows
        if there:
            self._set(key, None)
        return there

    def restore(self, key: str, row: Row | None) -> None:
        """Let a key hold a row that was there before, in its old version, or none.

        :param key: the key.
        :param row: what `get` or `put` returned then.
        """
        self._set(key, row if isinstance(row, StoredRow) else None)

    def key_for(self, values: dict[str, Value]) -> None:
        """Say that any key will do.

        :param values: a new row.
        """
        del values

    def highest(self, column: str) -> int:
        """Say the highest number in a column.

        :param column: a column of whole numbers.
        :returns: the number, 0 without rows.
        """
        return max((int(str(row[column])) for row in self._rows.values()), default=0)

    def _set(self, key: str, row: StoredRow | None) -> None:
        """Change one row, and every index with it."""
        old = self._rows.pop(key, None)
        if old is None and row is not None:
            insort(self._order, key)
        elif old is not None and row is None:
            del self._order[bisect_left(self._order, key)]
        if row is not None:
            self._rows[key] = row
        for columns, index in self._indexes.items():
            if old is not None:
                index[_held(old, columns)].remove(key)
            if row is not None:
                insort(index.setdefault(_held(row, columns), []), key)


def _held(row: Row, columns: tuple[str, ...]) -> tuple[Value, ...]:
    return tuple(row[name] for name in columns)


class Subset:
    """Some rows of a table, such as the lines of one document.

    :param rows: the rows, in key order.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {row.key: row for row in rows}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Row | None:
        """Find a row.

        :param key: its key.
        :returns: the row, or None.
        """
        return self._rows.get(key)

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Walk the rows in key order.

        :param after: the key to go on behind; None for the beginning.
        :param bounds: not used here.
        :returns: the rows.
        """
        del bounds
        return (row for key, row in self._rows.items() if after is None or key > after)

    def runs(self, after: str | None, bounds: Sequence[Bound]) -> None:
        """Say that no row is computed here.

        :param after: the key to go on behind.
        :param bounds: comparisons.
        """
        del after, bounds

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns: never, ids are random.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: False.
        """
        del columns, bounds
        return False

    def linked(self, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Row]:
        """Find rows by what some columns hold.

        :param columns: the columns.
        :param values: what each must hold.
        :returns: the rows in key order.
        """
        return linked_in(self._rows.values(), columns, values)
