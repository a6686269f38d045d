from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from upath import UPath

from tests.sync.conformance_rows import (
    Store,
    by_id,
    keys_of,
    load,
    plan,
    row,
)
from tests.sync.destination_conformance import StagedInParts
from tests.sync.files.folders import Folder

SMALL = 100_000


class FilesConformance(StagedInParts):
    """What files do in their own way."""

    compares_without_stamp = False

    def test_rows_that_are_gone_are_removed(self, store: Store) -> None:
        """The engine names no row that is not there; files do not look."""
        load(store.open(), [row("a"), row("b"), row("c")], plan(store.open(), "snapshot"))

        commit = load(store.open(), [row("d")], gone=[row("a"), row("c")])

        assert (commit.rows, commit.deleted) == (1, 2)
        assert by_id(store.rows()) == [row("b"), row("d")]

    def test_rows_that_are_gone_are_marked_where_that_is_wanted(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b")], plan(store.open(), "snapshot"))
        destination = store.open()

        commit = load(destination, [], plan(destination, deletes="soft"), gone=[row("a")])

        assert (commit.rows, commit.deleted) == (0, 1)
        assert store.rows() == [row("b")]
        assert store.deleted() == [row("a")]
        assert keys_of(store.open().live_keys(("id",))) == [{"id": "b"}]


class TestParquet(FilesConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Folder:
        return Folder(UPath(tmp_path), "parquet", part_bytes=SMALL)


class TestJsonLines(FilesConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Folder:
        return Folder(UPath(tmp_path), "jsonl", part_bytes=SMALL)


class TestMergedAtOnce(FilesConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Folder:
        return Folder(UPath(tmp_path), "parquet", part_bytes=SMALL, compact_after=0)


class TestMemory(FilesConformance):
    """A store that copies files where a disk renames them, as object stores do."""

    @pytest.fixture
    def store(self) -> Iterator[Folder]:
        root = UPath(f"memory://{uuid4()}")
        yield Folder(root, "parquet", part_bytes=SMALL)
        if root.exists():
            root.fs.rm(root.path, recursive=True)
