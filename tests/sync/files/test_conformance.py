from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from upath import UPath

from airflow_provider_bc.errors import Conflict
from tests.sync.conformance_rows import (
    SCHEMA,
    Store,
    batch,
    by_id,
    commit_of,
    keys_of,
    keys_table,
    load,
    plan,
    row,
)
from tests.sync.destination_conformance import DestinationConformance
from tests.sync.files.folders import Folder

SMALL = 100_000


class FilesConformance(DestinationConformance):
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

    def test_an_attempt_that_was_taken_for_dead_cannot_add_to_its_successor(
        self, store: Store
    ) -> None:
        """Whoever commits first has all of it, and the other nothing."""
        rows = [row(f"{number:06}") for number in range(6_000)]
        first = store.open()
        zombie = first.staging(work := plan(first, "snapshot", resume_key="task"), SCHEMA)
        with zombie as alive:
            alive.write(batch(rows[:3_000]), b"3000")
            with store.open().staging(work, SCHEMA) as staging:
                assert staging.position == b"3000"
                alive.write(batch(rows[3_000:]), b"6000")
                staging.write(batch(rows[3_000:4_000]), b"4000")
                commit = alive.commit(commit_of(work), keys_table([], ("id",), SCHEMA))
                with pytest.raises(Conflict):
                    staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

        assert commit.rows == 6_000
        assert by_id(store.rows()) == rows
        assert store.leftovers() == []


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
