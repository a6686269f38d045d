"""The manifests of a table: each names the files that make up the table after one commit.

``_commits/00000007.json`` is created in one step that fails if the number is taken; so two runs
cannot both make the seventh commit, and a reader sees all files of a commit or none.
"""

from __future__ import annotations

import base64
import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from airflow_provider_bc.errors import ConfigurationError, Conflict
from airflow_provider_bc.sync.commit import Commit, Kind, decoded
from airflow_provider_bc.sync.files.path import Path, create, listed, read, settle

FOLDER = "_commits"
_NAME = re.compile(r"(\d{8})\.json")
_DRAFT = re.compile(r"\.(\d{8})\.json\.[0-9a-f]+\.draft")
_KEPT = 20


class DataFile(msgspec.Struct, frozen=True):
    """One file of rows.

    :param name: in the folder of the table.
    :param kind: whether it holds rows as they were when all were read, or newer versions.
    :param sequence: of the commit that wrote it.
    :param rows: that it holds, tombstones included.
    :param latest: the latest stamp of that commit.
    """

    name: str
    kind: Kind
    sequence: int
    rows: int
    latest: datetime | None = None


class Manifest(msgspec.Struct, frozen=True):
    """A table after one commit.

    :param commit: the commit.
    :param files: every file of the table, the oldest first.
    :param arrow_schema: the columns of the rows, as Arrow writes a schema, in base64.
    """

    commit: dict[str, Any]
    files: list[DataFile]
    arrow_schema: str

    @classmethod
    def of(cls, commit: Commit, files: list[DataFile], schema: pa.Schema) -> Manifest:
        """Put a manifest together."""
        text = base64.b64encode(schema.serialize().to_pybytes()).decode()
        return cls(asdict(commit), files, text)

    def schema(self) -> pa.Schema:
        """Give the columns of the rows."""
        return pa.ipc.read_schema(pa.BufferReader(base64.b64decode(self.arrow_schema)))


class Manifests:
    """The manifests of one table.

    :param folder: of the table.
    """

    def __init__(self, folder: Path) -> None:
        self._table = folder
        self._folder = folder / FOLDER

    def newest(self) -> tuple[Commit, Manifest] | None:
        """Read the newest manifest; None for a table that is not there yet.

        :raises UnexpectedAnswer: when it was not written by this package.
        """
        numbers = self._numbers()
        if not numbers:
            return None
        path = numbers[max(numbers)]
        manifest: Manifest = decoded(read(path), Manifest, str(path))
        commit = msgspec.json.encode(manifest.commit)
        return Commit.decoded(commit, str(path)), manifest

    def publish(self, commit: Commit, files: list[DataFile], schema: pa.Schema) -> None:
        """Make a commit visible.

        :param commit: whose number must be free.
        :param files: every file of the table.
        :param schema: of the rows.
        :raises Conflict: when another run has made that commit, or a later one.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        settle(self._table)  # the files must be there before the manifest that names them
        content = msgspec.json.format(msgspec.json.encode(Manifest.of(commit, files, schema)))
        newest = max(self._numbers(), default=0)
        path = self._folder / f"{commit.sequence:08d}.json"
        free = newest < commit.sequence and create(path, content)
        # a store that answered too late may have been asked twice, and refuse our own manifest
        if not free and not (path.exists() and read(path) == content):
            raise Conflict(
                f"Another run has made commit {commit.sequence} of {self._table} meanwhile.",
                remedy="Nothing was changed. Let one run at a time write a table: "
                "max_active_tis_per_dag=1.",
            )
        settle(self._folder)

    def check_files(self, manifest: Manifest, there: set[str]) -> None:
        """Refuse to go on with a table that lacks files.

        :param manifest: the newest.
        :param there: the names of the files in the folder.
        :raises ConfigurationError: naming the first that is missing.
        """
        for file in manifest.files:
            if file.name not in there:
                raise ConfigurationError(
                    f"{self._table} lacks {file.name}: its rows would stay away.",
                    remedy='Restore the file, or load once with mode="full".',
                )

    def tidy(self) -> None:
        """Remove manifests that no reader can be reading any more, and drafts of dead runs."""
        numbers = self._numbers()
        for path in listed(self._folder):
            draft = _DRAFT.fullmatch(path.name)
            if draft and int(draft.group(1)) <= max(
                numbers, default=0
            ):  # whoever writes it comes too late
                path.unlink(missing_ok=True)
        for number in sorted(numbers)[:-_KEPT]:
            numbers[number].unlink(missing_ok=True)

    def _numbers(self) -> dict[int, Path]:
        found = {}
        for path in listed(self._folder):
            if match := _NAME.fullmatch(path.name):
                found[int(match.group(1))] = path
        return found
