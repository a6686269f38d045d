"""One table in Delta Lake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.commit import Commit, Source
from airflow_provider_bc.sync.delta.delta_staging import DeltaStaging
from airflow_provider_bc.sync.delta.history import newest_commit, newest_sequence
from airflow_provider_bc.sync.delta.rows import is_there, scan, stored_schema, with_deleted_at
from airflow_provider_bc.sync.delta.store_errors import without_secrets
from airflow_provider_bc.sync.delta.writing import parquet_properties
from airflow_provider_bc.sync.files.formats import Parquet
from airflow_provider_bc.sync.files.path import Path, files_of_one_run, listed
from airflow_provider_bc.sync.files.staged_parts import PART_BYTES, StagedParts
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.stored_rows import StoredRows

IN_PROGRESS = "_bc_inprogress"
"""Readers of Delta Lake and VACUUM pass over names that begin with an underscore."""

_WRITTEN_BY_DELTA_RS = re.compile(r"part-\d{5}-[0-9a-f-]{36}-c\d{3}\..*parquet")
_SMALL_FILE = 16 * 2**20


class DeltaLakeTable:
    """The Delta table of one entity set of one company; a `Destination`.

    Each load is one version: its rows, its deletions and its watermark. Beside the fields of the
    rows there is ``_deleted_at``, null for a row that is there.

    :param folder: where it is, for the rows that are on their way into it.
    :param uri: the same place, as delta-rs writes it, e.g. ``s3://bucket/customers``.
    :param options: gives delta-rs the options of the store, credentials included; asked each time,
        since credentials may expire.
    :param compact_after: how many small files there may be before they are put together.
    :param merge_up_to: how many bytes the files of the table may have to be merged by delta-rs,
        which takes some ten times the memory; changes of a larger table are appended when they are
        all new rows, else it is written anew, in memory that does not grow with it.
    :param part_bytes: how much is staged, as columns in memory, before it becomes durable.
    """

    def __init__(
        self,
        folder: Path,
        uri: str,
        options: Callable[[], Mapping[str, str]] = dict,
        *,
        compact_after: int = 50,
        merge_up_to: int = 32 * 2**20,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._part_bytes = part_bytes
        self.merge_up_to = merge_up_to
        self.uri = uri
        self.options = options
        self._folder = folder
        self._compact_after = compact_after

    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None:
        """Give the newest commit of ours; see `Destination`.

        :raises ConfigurationError: when the place holds something else, or the history does not
            tell of the commit any more.
        """
        table = self.opened()
        if table is None:
            self._check_empty()
            return None
        with self.guarded():
            made = newest_commit(table, self.uri)
            sequence = newest_sequence(table, self.uri)
        if made:
            made.commit.check_source(source, self.uri, same_query=same_query)
            return made.commit
        if sequence is None:
            raise ConfigurationError(
                f"{self.uri} is a Delta table, but its history holds no commit of this provider.",
                remedy="Give the transfer a place of its own.",
            )
        if same_query:
            raise ConfigurationError(
                f"Up to when the rows of {self.uri} are complete is not known any more: its "
                "history was cleaned, or it was restored to a point in time.",
                remedy='Load once with mode="full".',
            )
        return Commit(sequence, "snapshot", source, watermark=None, latest=None)

    def schema(self) -> pa.Schema | None:
        """Give the columns as they are stored; see `Destination`."""
        table = self.opened()
        return stored_schema(table) if table else None

    def live_keys(
        self,
        key: tuple[str, ...],
        within: tuple[str, pa.Array] | None = None,
        also: tuple[str, ...] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every row that is there; see `Destination`."""
        condition = is_there()
        if within:
            condition &= pc.field(within[0]).isin(within[1])
        table = self.opened()
        if table:
            with self.guarded():
                yield from scan(table, (*key, *also), condition)

    @contextmanager
    def staging(self, plan: Plan, schema: pa.Schema) -> Iterator[DeltaStaging]:
        """Begin a load, or go on; see `Destination`.

        :raises Conflict: when another run removes what this one has staged.
        """
        parts = self._parts(plan.token, with_deleted_at(schema))
        parts.tidy()
        stored = StoredRows(lambda: self._stored_since(plan, schema))
        staging = DeltaStaging(self, plan, schema, parts, stored)
        try:
            with files_of_one_run(self._folder):
                yield staging
        finally:
            staging.leave()

    def tidy(self) -> None:
        """Put many small files together; see `Destination`.

        Files of older versions stay, for time travel, until somebody calls VACUUM.
        https://delta-io.github.io/delta-rs/usage/optimize/small-file-compaction-with-optimize/
        """
        self._parts(None, pa.schema([])).tidy()
        table = self.opened()
        if table is None or self._small_files(table) <= self._compact_after:
            return
        with self.guarded(), suppress(CommitFailedError):  # another run is at work
            table.optimize.compact(max_concurrent_tasks=1, writer_properties=parquet_properties())

    def opened(self) -> DeltaTable | None:
        """Open the newest version; None when there is none.

        :raises ConfigurationError: when the log cannot be read.
        """
        options = self.options()
        try:
            with without_secrets(options):
                return DeltaTable(self.uri, storage_options=dict(options))
        except TableNotFoundError:
            return None
        except DeltaError as error:
            raise ConfigurationError(
                f"{self.uri} cannot be read as a Delta table: {error}",
                remedy="Repair it, or give the transfer a place of its own.",
            ) from None

    def guarded(self) -> AbstractContextManager[None]:
        """Keep the store's credentials out of errors."""
        return without_secrets(self.options())

    def _parts(self, token: str | None, schema: pa.Schema) -> StagedParts:
        return StagedParts(self._folder / IN_PROGRESS, token, Parquet(), schema, self._part_bytes)

    def _small_files(self, table: DeltaTable) -> int:
        sizes = pa.table(table.get_add_actions(flatten=True))["size_bytes"]
        return pc.sum(pc.less(sizes, _SMALL_FILE)).as_py() or 0

    def _check_empty(self) -> None:
        """Accept what a first load has left that died: it belongs to no version."""
        for path in listed(self._folder):
            if path.name.startswith(("_", ".")) or _WRITTEN_BY_DELTA_RS.fullmatch(path.name):
                continue
            raise ConfigurationError(
                f"{self.uri} holds {path.name}, which this provider did not write.",
                remedy="Give the transfer a folder of its own.",
            )

    def _stored_since(self, plan: Plan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        table = self.opened()
        if table is None or plan.kind == "snapshot" or stored_schema(table) != schema:
            return  # a row with new columns is a new row
        condition = is_there()
        if plan.stamp and plan.since:
            condition &= pc.field(plan.stamp) >= pa.scalar(plan.since)
        with self.guarded():
            yield from scan(table, schema.names, condition)
