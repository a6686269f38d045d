"""What every store of rows offers: files, Delta Lake, SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from airflow_provider_bc.sync.commit import Commit, Source
from airflow_provider_bc.sync.plan import Plan


class Staging(Protocol):
    """Rows on their way into a table: nobody sees them before `commit`."""

    @property
    def position(self) -> bytes | None:
        """What an earlier attempt gave with its last durable rows; None to read from the start."""
        ...

    @property
    def rows(self) -> int:
        """How many rows are staged, those of the earlier attempt included."""
        ...

    def write(self, batch: pa.RecordBatch, position: bytes | None) -> None:
        """Add rows; a store may leave out those that it holds already, value for value.

        :param batch: of the schema that `Destination.staging` was given.
        :param position: where the read stands after these rows; the store decides when rows and
            position become durable together. None where the read cannot be resumed.
        """
        ...

    def keys(self) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every staged row."""
        ...

    def commit(self, commit: Commit, gone: pa.Table) -> Commit:
        """Make all of it visible at once: staged rows, deletions, and the commit itself.

        A ``snapshot`` replaces what the table held; ``changes`` are merged by key.

        :param commit: what shall be known of the table from now on.
        :param gone: the key columns of the rows that are no longer there; a staged row is not
            among them.
        :return: the commit as it was made, its `rows` and `deleted` counted by the store.
        :raises Conflict: when another run has committed meanwhile; then nothing was changed.
        """
        ...


class Destination(Protocol):
    """One table: the rows of one entity set of one company.

    Its technical columns begin with an underscore; nobody but the store itself sees them here.
    """

    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None:
        """Give the newest commit, None for a table that is not there yet.

        :param source: where the rows must have come from.
        :param same_query: whether they must have been read by the same query, too.
        :raises ConfigurationError: when the place holds something else.
        """
        ...

    def schema(self) -> pa.Schema | None:
        """Give the columns as they are stored, None for a table that is not there yet."""
        ...

    def live_keys(
        self,
        key: tuple[str, ...],
        within: tuple[str, pa.Array] | None = None,
        also: tuple[str, ...] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every row that is there.

        :param key: their names.
        :param within: a column and its values, to give only the rows that have one of them.
        :param also: other columns to give with them.
        """
        ...

    def staging(self, plan: Plan, schema: pa.Schema) -> AbstractContextManager[Staging]:
        """Begin a load, or go on where an earlier attempt of the same task stopped.

        Leaving the block without a commit keeps what is durable for the next attempt, and nothing
        else.

        :param plan: of the load; `Plan.resume_key` names the attempts that belong together.
        :param schema: the columns of the rows: those that are stored, and new ones behind them.
            The store adds what it lacks.
        """
        ...
