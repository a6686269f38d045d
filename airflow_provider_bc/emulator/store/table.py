"""A table in key order, which is how a skip token can say where to go on."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple, Protocol

from airflow_provider_bc.emulator.store.row import StoredRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.row import Row


class Bound(NamedTuple):
    """A comparison that every wanted row satisfies; a table may use it to skip the others.

    :ivar column: the property compared.
    :ivar operator: `gt`, `ge`, `lt`, `le` or `eq`.
    :ivar value: what it is compared with, in the form that sorts.
    """

    column: str
    operator: str
    value: Value


class Rows(Protocol):
    """Rows that can be read in key order."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def get(self, key: str) -> Row | None:
        """Return the row with a key, or None."""

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Return the rows behind a key in key order; rows outside the bounds may be left out."""

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the ascending order of some columns."""


class Table(Rows, Protocol):
    """The rows of one entity set in one company."""

    version: int

    def put(self, key: str, values: dict[str, Value]) -> Row:
        """Create or replace a row."""

    def remove(self, key: str) -> bool:
        """Delete a row and return whether it was there."""


class StoredTable:
    """A table whose rows are kept in memory.

    :param rows: the values of the first rows.
    :param key: the properties that make the key.
    """

    def __init__(self, rows: Iterable[dict[str, Value]], key: tuple[str, ...]) -> None:
        self.version = 0
        self._rows: dict[str, StoredRow] = {}
        for values in rows:
            text = ",".join(str(values[name]) for name in key)
            self._rows[text] = StoredRow(text, values)
        self._order = sorted(self._rows)

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
        :param bounds: not used here: a small table is read whole.
        :returns: the rows.
        """
        del bounds
        start = 0 if after is None else bisect_right(self._order, after)
        return iter([self._rows[key] for key in self._order[start:]])

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns: never, ids are random.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: False.
        """
        del columns, bounds
        return False

    def put(self, key: str, values: dict[str, Value]) -> StoredRow:
        """Create or replace a row.

        :param key: its key.
        :param values: every column.
        :returns: the row as it is now.
        """
        self.version += 1
        old = self._rows.get(key)
        if old is None:
            insort(self._order, key)
        row = StoredRow(key, values, old.version + 1 if old else 1)
        self._rows[key] = row
        return row

    def remove(self, key: str) -> bool:
        """Delete a row.

        :param key: its key.
        :returns: whether it was there.
        """
        if self._rows.pop(key, None) is None:
            return False
        self.version += 1
        self._order.remove(key)
        return True


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

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns: never, ids are random.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: False.
        """
        del columns, bounds
        return False
