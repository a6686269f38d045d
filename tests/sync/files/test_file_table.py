"""What a table makes of its folder: whose it is, what is missing, what was left behind."""

from __future__ import annotations

import errno
import gc
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError, Conflict, UnexpectedAnswer
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.files.path import move
from tests.sync.conformance_rows import (
    COMPANY,
    NOON,
    SCHEMA,
    SOURCE,
    Row,
    batch,
    by_id,
    commit_of,
    keys_of,
    keys_table,
    load,
    plan,
    row,
)
from tests.sync.files.folders import Folder, full_disk


@pytest.fixture
def store(folder: UPath) -> Folder:
    return Folder(folder, "parquet")


def snapshot(store: Folder, *rows: Row) -> Commit:
    return load(store.open(), rows, plan(store.open(), "snapshot"))


def names(store: Folder, pattern: str = "*") -> list[str]:
    return sorted(path.name for path in store.folder().glob(pattern) if path.is_file())


def test_a_folder_of_somebody_else_is_refused(store: Folder) -> None:
    store.folder().mkdir(parents=True)
    (store.folder() / "orders.parquet").write_bytes(b"x")

    with pytest.raises(ConfigurationError, match=r"holds orders\.parquet, which this provider"):
        store.open().last_commit(SOURCE)


@pytest.mark.parametrize("name", ["_SUCCESS", ".DS_Store"])
def test_what_other_programs_leave_everywhere_does_not_matter(store: Folder, name: str) -> None:
    store.folder().mkdir(parents=True)
    (store.folder() / name).write_bytes(b"x")

    assert store.open().last_commit(SOURCE) is None
    snapshot(store, row("a"))
    assert (store.folder() / name).exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"id,name\n1,x\n", b'{"commit": 1}'])
def test_a_manifest_of_somebody_else_is_refused(store: Folder, content: bytes) -> None:
    (store.folder() / "_commits").mkdir(parents=True)
    (store.folder() / "_commits" / "00000001.json").write_bytes(content)

    with pytest.raises(UnexpectedAnswer, match="was not written by this provider"):
        store.open().last_commit(SOURCE)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_file_that_is_missing_is_named_for_its_rows_would_stay_away(
    store: Folder, lost: int
) -> None:
    snapshot(store, row("a"))
    for minute in (1, 2):
        load(store.open(), [row("b", minute)])
    name = names(store)[lost]
    (store.folder() / name).unlink()

    with pytest.raises(ConfigurationError, match=f"lacks {name}") as caught:
        store.open().last_commit(SOURCE)

    assert 'mode="full"' in caught.value.remedy
    table = store.open()
    last = table.last_commit(SOURCE, same_query=False)
    empty = Folder(UPath("memory://nowhere"), "parquet").open()
    load(table, [row("c")], replace(plan(empty, "snapshot"), last=last))
    assert store.rows() == [row("c")]
    assert store.open().last_commit(SOURCE) is not None


def test_a_snapshot_supersedes_what_was_there(store: Folder) -> None:
    snapshot(store, row("a"))
    load(store.open(), [row("b")])
    snapshot(store, row("c"))

    assert [name.partition("-0000-")[0] for name in names(store)] == ["snapshot-00000003"]


def test_tidying_removes_what_is_superseded_and_nothing_that_may_yet_be_published(
    store: Folder,
) -> None:
    snapshot(store, row("a"))
    for name in (
        "changes-00000001-0000-deadbeef.parquet",  # a run that died
        "snapshot-00000002-0000-deadbeef.parquet",  # a run that is about to commit
        "changes-00000003-0000-deadbeef.parquet",  # one that is ahead
        "notes.txt",
    ):
        (store.folder() / name).write_bytes(b"x")

    store.open().tidy()

    assert [name.partition("-0000-")[0] for name in names(store)] == [
        "changes-00000003",
        "notes.txt",
        "snapshot-00000001",
        "snapshot-00000002",
    ]


def test_tidying_a_table_that_is_not_there_does_nothing(store: Folder) -> None:
    store.open().tidy()

    assert not store.folder().exists()


def test_a_crash_between_the_files_and_the_manifest_is_made_good_by_the_next_run(
    store: Folder,
) -> None:
    snapshot(store, row("a"))
    (orphan,) = names(store)
    copied = (store.folder() / orphan).read_bytes()
    (store.folder() / "changes-00000002-0000-deadbeef.parquet").write_bytes(copied)

    assert store.rows() == [row("a")]
    load(store.open(), [row("b")])

    assert by_id(store.rows()) == [row("a"), row("b")]
    assert store.leftovers() == []


@pytest.mark.parametrize("compact_after", [0, 1, 3])
@pytest.mark.parametrize("deletes", ["hard", "soft"])
def test_however_often_files_are_merged_the_rows_are_the_same(
    folder: UPath, compact_after: int, deletes: Any
) -> None:
    merging = Folder(folder / "merging", "parquet", compact_after=compact_after)
    plain = Folder(folder / "plain", "parquet", compact_after=1000)
    for store in (merging, plain):
        snapshot(store, *(row(key) for key in "abcdef"))
        for minute in range(1, 6):
            changed = [row("abcdef"[minute], minute), row(f"new{minute}", minute)]
            gone = [row("abcdef"[minute - 1])]
            load(store.open(), changed, plan(store.open(), deletes=deletes), gone=gone)
        back = row("a", 9)
        load(store.open(), [back], plan(store.open(), deletes=deletes))

    assert by_id(merging.rows()) == by_id(plain.rows())
    keys = by_id(keys_of(merging.open().live_keys(("id",))))
    assert keys == by_id(keys_of(plain.open().live_keys(("id",))))
    assert len(names(merging, "changes-*")) <= compact_after
    assert len(names(plain, "changes-*")) == 11  # rows and tombstones
    if deletes == "soft":
        assert by_id(merging.deleted()) == by_id(plain.deleted())
        assert len(merging.deleted()) == 4
    else:
        assert len(merging.deleted()) <= len(plain.deleted())


def test_a_snapshot_keeps_what_is_gone_where_deletes_are_soft(store: Folder) -> None:
    snapshot(store, row("a"), row("b"), row("c"))
    load(store.open(), [], plan(store.open(), deletes="soft"), gone=[row("a")])

    commit = load(store.open(), [row("c")], plan(store.open(), "snapshot", deletes="soft"))

    assert commit.deleted == 1
    assert store.rows() == [row("c")]
    assert by_id(store.deleted()) == [row("a"), row("b")]

    load(store.open(), [row("b", 1)], plan(store.open(), "snapshot", deletes="soft"))
    assert store.rows() == [row("b", 1)]
    assert by_id(store.deleted()) == [row("a"), row("c")]


def test_a_store_that_answered_too_late_refuses_our_own_manifest_which_counts(
    store: Folder,
) -> None:
    snapshot(store, row("a"))
    table = store.open()
    work = plan(table)
    manifest = store.folder() / "_commits" / "00000002.json"
    with table.staging(work, SCHEMA) as staging:
        staging.write(batch([row("b", 1)]), None)
        staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))
    content = manifest.read_bytes()
    files = store.open()
    files.last_commit(SOURCE)
    commit = replace(commit_of(work), rows=1, deleted=0)

    files.manifests.publish(commit, files.files, SCHEMA)
    assert manifest.read_bytes() == content
    with pytest.raises(Conflict):
        files.manifests.publish(commit, files.files[:1], SCHEMA)


def test_twenty_manifests_are_kept(store: Folder) -> None:
    snapshot(store, row("a"))
    for minute in range(25):
        load(store.open(), [row("a", minute + 1)])

    kept = names(store, "_commits/*")
    assert (len(kept), kept[-1]) == (20, "00000026.json")
    files = json.loads((store.folder() / "_commits" / kept[-1]).read_bytes())["files"]
    assert len(files) == 26


def test_a_draft_of_a_dead_run_is_removed_by_the_next_commit(store: Folder) -> None:
    snapshot(store, row("a"))
    draft = store.folder() / "_commits" / ".00000002.json.abc123.draft"
    draft.write_bytes(b"{}")

    load(store.open(), [row("a", 1)])

    assert names(store, "_commits/*") == ["00000001.json", "00000002.json"]
    assert store.rows() == [row("a", 1)]


def test_files_of_a_first_load_that_died_before_its_manifest_are_removed(store: Folder) -> None:
    store.folder().mkdir(parents=True)
    (store.folder() / "snapshot-00000001-0000-0badc0de.parquet").write_bytes(b"x")

    snapshot(store, row("a"))

    assert store.rows() == [row("a")]
    assert store.leftovers() == []


def destroy(path: UPath, row_group: int) -> None:
    """Overwrite the rows of a row group; the footer stays as it was."""
    with path.fs.open(path.path, "rb") as file:
        group = pq.read_metadata(file).row_group(row_group)
    first, last = group.column(0), group.column(group.num_columns - 1)
    begin = min(first.dictionary_page_offset or 2**60, first.data_page_offset)
    last_begin = min(last.dictionary_page_offset or 2**60, last.data_page_offset)
    end = last_begin + last.total_compressed_size
    content = path.read_bytes()
    path.write_bytes(content[:begin] + b"\xff" * (end - begin) + content[end:])


def test_only_files_that_can_hold_rows_of_the_overlap_are_read(store: Folder) -> None:
    long_ago = NOON - timedelta(days=30)
    work = plan(store.open(), "snapshot")
    with store.open().staging(work, SCHEMA) as staging:
        staging.write(batch([row("old", modified=long_ago)]), None)
        old = replace(commit_of(work), latest=long_ago, watermark=long_ago)
        staging.commit(old, keys_table([], ("id",), SCHEMA))
    load(store.open(), [row("a")])
    (name,) = names(store, "snapshot-*")
    destroy(store.folder() / name, 0)

    assert load(store.open(), [row("a"), row("b")]).rows == 1
    with pytest.raises(OSError):  # noqa: PT011 - the words are the Parquet library's
        list(store.open().live_keys(("id",)))


def test_only_row_groups_that_can_hold_rows_of_the_overlap_are_read(store: Folder) -> None:
    long_ago = NOON - timedelta(days=30)
    noise = [row("x" * 2**20 + str(at), modified=long_ago) for at in range(17)]
    load(store.open(), [*noise, row("a")], plan(store.open(), "snapshot"), size=17)
    (name,) = names(store, "snapshot-*")
    destroy(store.folder() / name, 0)

    assert load(store.open(), [row("a"), row("b")]).rows == 1


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    store = Folder(UPath(tmp_path), "parquet")
    noise = [row(os.urandom(2**20).hex()) for _ in range(10)]

    def write_much() -> None:
        work = plan(store.open(), "snapshot")
        with full_disk(2**20), store.open().staging(work, SCHEMA) as staging:
            staging.write(batch(noise), None)

    with pytest.raises(OSError, match="File too large") as caught:
        write_much()

    assert caught.value.errno == errno.EFBIG
    del caught
    gc.collect()
    assert store.leftovers() == []


def test_a_file_that_another_run_took_away_is_a_conflict(store: Folder) -> None:
    snapshot(store, row("a"))
    table = store.open()
    work = plan(table)
    (name,) = names(store)

    def overtaken() -> None:
        with table.staging(work, SCHEMA):
            (store.folder() / name).unlink()
            list(table.live_keys(("id",)))

    with pytest.raises(Conflict, match="replaced files"):
        overtaken()


def test_each_company_has_a_table_of_its_own(store: Folder) -> None:
    snapshot(store, row("a"))

    assert store.open("another").last_commit(SOURCE) is None
    with pytest.raises(ConfigurationError, match="company_id was"):
        store.open().last_commit(replace(SOURCE, company_id="another"))
    assert COMPANY in str(store.open().folder)


def test_a_schema_without_rows_is_known_too(store: Folder) -> None:
    snapshot(store)

    assert store.open().schema() == SCHEMA
    assert names(store) == []
    assert list(store.open().live_keys(("id",))) == []
    assert pa.schema(SCHEMA) == store.open().schema()


def test_moving_within_a_store_leaves_nothing_behind(folder: UPath) -> None:
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"x")
    move(folder / "a", folder / "b")
    assert [path.name for path in folder.iterdir()] == ["b"]
