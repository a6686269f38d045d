"""A computed entry, and a stretch of them that is written in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.ledger import Ledger


class Entry:
    """One computed entry.

    :param number: its entry number.
    :param ledger: the ledger that computes it.
    """

    __slots__ = ("_ledger", "_number")

    def __init__(self, number: int, ledger: Ledger) -> None:
        self._number = number
        self._ledger = ledger

    @property
    def key(self) -> str:
        """Its id."""
        return self._ledger.key_of(self._number)

    @property
    def etag(self) -> str:
        """The concurrency token of the entry as it was computed."""
        return str(self._ledger.value(self._number, "@odata.etag"))

    def __getitem__(self, name: str) -> Value:
        return self._ledger.value(self._number, name)

    def json(self, columns: tuple[str, ...]) -> str:
        """Write the entry's members.

        :param columns: the properties to write, in order.
        :returns: JSON members without the braces round them.
        """
        return self._ledger.write(range(self._number, self._number + 1), columns).decode()[1:-1]

    def values(self) -> dict[str, Value]:
        """Compute the columns.

        :returns: name to value.
        """
        return {name: self[name] for name in self._ledger.columns}


class Run:
    """Computed entries that follow each other.

    :param numbers: their entry numbers; not none.
    :param ledger: the ledger that computes them.
    """

    __slots__ = ("_ledger", "_numbers")

    def __init__(self, numbers: range, ledger: Ledger) -> None:
        self._numbers = numbers
        self._ledger = ledger

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Entry]:
        return (Entry(number, self._ledger) for number in self._numbers)

    @property
    def last(self) -> Entry:
        """The last entry."""
        return Entry(self._numbers[-1], self._ledger)

    def cut(self, start: int, stop: int) -> Run:
        """Cut out a part.

        :param start: how many entries to leave out.
        :param stop: behind how many to end.
        :returns: the entries between.
        """
        return Run(self._numbers[start:stop], self._ledger)

    def write(self, columns: tuple[str, ...]) -> bytes:
        """Write the entries.

        :param columns: the properties to write, in order.
        :returns: JSON objects with commas between them.
        """
        return self._ledger.write(self._numbers, columns)
