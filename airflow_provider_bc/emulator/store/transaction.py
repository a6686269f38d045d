"""A transaction: writes that become true late, or never.

Business Central stamps SystemModifiedAt when a write runs, not when it is committed, and reads do
not wait for either: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-tri-state-locking
"""

from __future__ import annotations

from contextlib import contextmanager
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.store.row import successor
from airflow_provider_bc.emulator.store.table import linked_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from threading import RLock

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Bound, Table

_KEY = attrgetter("key")


class _Draft:
    """A table with the changes of a transaction that only the transaction sees."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._changes: dict[str, Row | None] = {}
        self._before: dict[str, Row | None] = {}

    def __len__(self) -> int:
        known = sum(self._table.get(key) is not None for key in self._changes)
        return len(self._table) - known + len(self._own())

    def get(self, key: str) -> Row | None:
        return self._changes[key] if key in self._changes else self._table.get(key)

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        own = [row for row in self._own() if after is None or row.key > after]
        return merge(self._others(self._table.scan(after, bounds)), own, key=_KEY)

    def runs(self, after: str | None, bounds: Sequence[Bound]) -> None:
        del after, bounds

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        return not self._changes and self._table.follows(columns, bounds)

    def linked(self, columns: tuple[str, ...], values: tuple[Value, ...]) -> list[Row]:
        others = self._others(self._table.linked(columns, values))
        return sorted([*others, *linked_in(self._own(), columns, values)], key=_KEY)

    def put(self, key: str, values: dict[str, Value]) -> Row:
        row = self._changes[key] = successor(self.get(key), key, values)
        return row

    def remove(self, key: str) -> bool:
        there = self.get(key) is not None
        if there:
            self._changes[key] = None
        return there

    def restore(self, key: str, row: Row | None) -> None:
        self._changes[key] = row

    def key_for(self, values: dict[str, Value]) -> str | None:
        return self._table.key_for(values)

    def highest(self, column: str) -> int:
        own = (int(str(row[column])) for row in self._own())
        return max(self._table.highest(column), *own, 0)

    def publish(self) -> None:
        for key, row in self._changes.items():
            self._before.setdefault(key, self._table.get(key))
            self._table.restore(key, row)
        self._changes.clear()

    def undo(self) -> None:
        self._changes.clear()
        for key, row in self._before.items():
            self._table.restore(key, row)

    def _own(self) -> list[Row]:
        return [row for _, row in sorted(self._changes.items()) if row is not None]

    def _others(self, rows: Iterable[Row]) -> Iterator[Row]:
        return (row for row in rows if row.key not in self._changes)


class Transaction:
    """Writes to one company that are committed or rolled back together.

    Nothing is locked: if somebody else writes the same row meanwhile, who comes last wins.

    :param company: the company.
    :param lock: held while anything is read or written.
    :param dirty: whether everybody sees its rows at once, as uncommitted reads do.
    :ivar company: the company as the transaction sees it.
    """

    def __init__(self, company: Company, lock: RLock, *, dirty: bool) -> None:
        self.company = company.seen_through(self._draft_of, self._keep)
        self._lock = lock
        self._dirty = dirty
        self._over = False
        self._drafts: dict[Table, _Draft] = {}

    def create(
        self, entity_set: str, values: dict[str, Any], route: str = "v2.0"
    ) -> dict[str, Value]:
        """Insert a record; its stamp is that of this moment, whenever it is committed.

        :param entity_set: its name.
        :param values: the properties to set.
        :param route: the API route it belongs to.
        :returns: the row as the transaction sees it.
        :raises ApplicationError: if business logic or a duplicate key forbids it.
        """
        with self._writing() as company:
            return company.create(entity_set, values, route)

    def update(
        self, entity_set: str, key: str, values: dict[str, Any], route: str = "v2.0"
    ) -> dict[str, Value]:
        """Modify a record; its stamp is that of this moment.

        :param entity_set: its name.
        :param key: its key.
        :param values: the properties to change.
        :param route: the API route it belongs to.
        :returns: the row as the transaction sees it.
        :raises KeyError: if there is no such record.
        :raises ApplicationError: if business logic forbids it.
        """
        with self._writing() as company:
            return company.update(entity_set, key, values, route)

    def delete(self, entity_set: str, key: str, route: str = "v2.0") -> None:
        """Delete a record and, for a document, its lines.

        :param entity_set: its name.
        :param key: its key.
        :param route: the API route it belongs to.
        :raises KeyError: if there is no such record.
        """
        with self._writing() as company:
            company.delete(entity_set, key, route)

    def commit(self) -> None:
        """Let everybody see what was written, with the stamps of when it was written.

        :raises RuntimeError: if the transaction is over.
        """
        with self._lock:
            self._end()
            for draft in self._drafts.values():
                draft.publish()

    def rollback(self) -> None:
        """Undo what was written: old rows come back in their old versions with their old stamps.

        :raises RuntimeError: if the transaction is over.
        """
        with self._lock:
            self._end()
            for draft in self._drafts.values():
                draft.undo()

    def _draft_of(self, table: Table) -> Table:
        return self._drafts.setdefault(table, _Draft(table))

    def _keep(self) -> None:
        """Commit what was written so far; a roll-back no longer reaches it."""
        for draft in self._drafts.values():
            draft.publish()
        self._drafts.clear()

    @contextmanager
    def _writing(self) -> Iterator[Company]:
        with self._lock:
            self._refuse_if_over()
            yield self.company
            if self._dirty:
                for draft in self._drafts.values():
                    draft.publish()

    def _end(self) -> None:
        self._refuse_if_over()
        self._over = True

    def _refuse_if_over(self) -> None:
        if self._over:
            raise RuntimeError("the transaction was committed or rolled back already")
