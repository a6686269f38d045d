"""One table as files: what its manifests say, and what stands in its files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.commit import DELETED_AT, Commit, Source
from airflow_provider_bc.sync.files.file_staging import (
    COMMIT,
    FileStaging,
    with_technical,
)
from airflow_provider_bc.sync.files.formats import FileFormat, format_of
from airflow_provider_bc.sync.files.manifest import DataFile, Manifest, Manifests
from airflow_provider_bc.sync.files.path import Path, files_of_one_run, listed
from airflow_provider_bc.sync.files.staged_parts import PART_BYTES, StagedParts
from airflow_provider_bc.sync.files.versions import newest_versions
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.stored_rows import StoredRows

_LOG = logging.getLogger(__name__)
IN_PROGRESS = "_inprogress"
_DATA = re.compile(r"(?:snapshot|changes)-(\d{8})-.*")


class FileTable:
    """The files of one entity set of one company; a `Destination`.

    ``snapshot-…``
        rows as they were when all were read.
    ``changes-…``
        newer versions of rows, and tombstones of rows that are gone.

    Beside the fields of the rows there are ``_commit``, the number of the commit that wrote the
    row, and ``_deleted_at``, null for a row that is there.

    :param folder: where they are; any store that fsspec knows.
    :param kind: their format.
    :param compact_after: how many files of changes may stand beside the snapshot before all are
        merged into a new snapshot; 0 merges at every commit.
    :param part_bytes: how large a file grows, as columns in memory, before the next one is begun.
    """

    def __init__(
        self,
        folder: Path,
        kind: FileFormat,
        compact_after: int = 50,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self.folder = folder
        self.kind = kind
        self.compact_after = compact_after
        self.part_bytes = part_bytes
        self.manifests = Manifests(folder)
        self._missing: set[str] = set()

    @cached_property
    def _newest(self) -> tuple[Commit, Manifest] | None:
        return self.manifests.newest()

    @property
    def files(self) -> list[DataFile]:
        """Every file of the table, the oldest first; without those whose loss is accepted."""
        files = self._newest[1].files if self._newest else []
        return [file for file in files if file.name not in self._missing]

    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None:
        """Give the newest commit; see `Destination`.

        A load of every row, whose query may be another, goes on without files that are missing.

        :raises ConfigurationError: when the folder holds something else, or lacks a file.
        """
        self.__dict__.pop("_newest", None)  # a load begins: others may have committed
        self._missing = set()
        there = {path.name for path in listed(self.folder)}
        if self._newest is None:
            foreign = sorted(name for name in there if not _may_belong_to_a_first_load(name))
            if foreign:
                raise ConfigurationError(
                    f"{self.folder} holds {foreign[0]}, which this provider did not write.",
                    remedy="Give the transfer a folder of its own.",
                )
            return None
        commit, manifest = self._newest
        commit.check_source(source, str(self.folder), same_query=same_query)
        if same_query:
            self.manifests.check_files(manifest, there)
        else:  # all of it is to be replaced, whatever is missing
            self._missing = {file.name for file in manifest.files} - there
            for name in sorted(self._missing):
                _LOG.warning("%s lacks %s: what it held is unknown.", self.folder, name)
        return commit

    def schema(self) -> pa.Schema | None:
        """Give the columns as they are stored; see `Destination`."""
        return self._newest[1].schema() if self._newest else None

    def live_keys(
        self,
        key: tuple[str, ...],
        within: tuple[str, pa.Array] | None = None,
        also: tuple[str, ...] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Give the key columns of every row that is there; see `Destination`."""
        names = [*dict.fromkeys([*key, *also, *([within[0]] if within else [])])]
        for batch in self.newest_rows(key, names):
            there = pc.is_null(batch[DELETED_AT])
            if within:
                there = pc.and_(there, pc.is_in(batch[within[0]], value_set=within[1]))
            yield batch.filter(there).select([*key, *also])

    def newest_rows(
        self, key: Sequence[str], columns: Sequence[str], since: tuple[str, datetime] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Give the newest version of every row, those that are gone included.

        :param key: the names of the key columns.
        :param columns: which to read; ``_deleted_at`` comes with them.
        :param since: a stamp column and a moment: older rows may be left out.
        """
        recent = [
            file
            for file in self.files
            if since is None or (file.latest is not None and file.latest >= since[1])
        ]
        names = [*columns, DELETED_AT]
        return newest_versions(
            ((one.kind, partial(self.rows, one, names, since)) for one in reversed(recent)), key
        )

    def rows(
        self, file: DataFile, columns: Sequence[str], since: tuple[str, datetime] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read one file.

        :param file: of the table.
        :param columns: which to read.
        :param since: a stamp column and a moment: older rows may be left out.
        """
        path = self.folder / file.name
        schema = with_technical(self.schema() or pa.schema([]))
        with path.fs.open(path.path, "rb") as opened:
            yield from format_of(file.name).read(opened, schema, columns, since)

    @contextmanager
    def staging(self, plan: Plan, schema: pa.Schema) -> Iterator[FileStaging]:
        """Begin a load, or go on; see `Destination`.

        :raises Conflict: when another run removes what this one reads, or has staged.
        """
        place = self.folder / IN_PROGRESS
        parts = StagedParts(place, plan.token, self.kind, with_technical(schema), self.part_bytes)
        parts.tidy()
        stored = StoredRows(lambda: self._stored_since(plan, schema))
        staging = FileStaging(self, plan, schema, parts, stored)
        try:
            with files_of_one_run(self.folder):
                yield staging
        finally:
            staging.leave()

    def tidy(self) -> None:
        """Remove the files that the newest commit has superseded.

        A file with the number of a commit that is still to come may be another run's, and stays.
        """
        newest = self.manifests.newest()
        if newest is None:
            return
        commit, manifest = newest
        kept = {file.name for file in manifest.files}
        for path in listed(self.folder):
            found = _DATA.fullmatch(path.name)
            if found and int(found.group(1)) <= commit.sequence and path.name not in kept:
                path.unlink(missing_ok=True)
        self.manifests.tidy()

    def _stored_since(self, plan: Plan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        stored = self.schema()
        if plan.since is None or plan.stamp is None or stored != schema:
            return  # a row with new columns is a new row
        columns = schema.names
        for batch in self.newest_rows(plan.key, columns, (plan.stamp, plan.since)):
            young = pc.greater_equal(batch[plan.stamp], pa.scalar(plan.since))
            there = pc.and_(pc.fill_null(young, fill_value=False), pc.is_null(batch[DELETED_AT]))
            yield batch.filter(there).select(columns)


def _may_belong_to_a_first_load(name: str) -> bool:
    """Accept what a first load has left that died, or is about to commit."""
    found = _DATA.fullmatch(name)
    return name.startswith(("_", ".")) or (found is not None and int(found.group(1)) == 1)


__all__ = ["COMMIT", "FileTable"]
