"""What a table makes of files that are missing or in another format, and of rows met twice."""

from __future__ import annotations

import errno
import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.commit import DELETED_AT, Kind
from airflow_provider_bc.sync.files.file_table import FileTable
from airflow_provider_bc.sync.files.formats import Compression, FormatName, file_format, format_of
from airflow_provider_bc.sync.files.path import create, create_in_place
from airflow_provider_bc.sync.policy import Deletes
from tests.sync.conformance_rows import (
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
from tests.sync.files.folders import Folder, full_disk, plain

FORMATS: list[tuple[FormatName, Compression]] = [
    ("parquet", "zstd"),
    ("jsonl", "none"),
    ("csv", "gzip"),
    ("jsonl", "zstd"),
    ("parquet", "gzip"),
]


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(UPath(tmp_path), "parquet", part_bytes=100_000)


def table_of(
    folder: Path, name: FormatName, compression: Compression, compact_after: int = 50
) -> FileTable:
    kind = file_format(name, compression)
    return FileTable(UPath(folder), kind, compact_after, part_bytes=100_000)


def rows_of(table: FileTable) -> list[Row]:
    """Give the live rows of a table as another process would see them."""
    again = FileTable(table.folder, table.kind)
    found = keys_of(again.newest_rows(("id",), SCHEMA.names))
    return by_id([plain(row) for row in found if row[DELETED_AT] is None])


@pytest.mark.parametrize("deletes", ["hard", "soft"])
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_load_of_every_row_goes_on_without_a_file_that_is_lost(
    store: Folder, tmp_path: Path, lost: int, deletes: Deletes
) -> None:
    load(store.open(), [row("a"), row("b"), row("c")], plan(store.open(), "snapshot"))
    load(store.open(), [row("b", 1)], gone=[row("c")])
    load(store.open(), [row("d")])
    table = store.open()
    name = table.files[lost].name
    (table.folder / name).unlink()

    with pytest.raises(ConfigurationError, match=f"lacks {name}") as caught:
        table.last_commit(SOURCE)
    assert 'mode="full"' in caught.value.remedy

    fresh = [row("a", 2), row("b", 1), row("d")]
    table = store.open()
    last = table.last_commit(SOURCE, same_query=False)
    first = plan(FileTable(UPath(tmp_path) / "none", table.kind), "snapshot", deletes=deletes)
    load(table, fresh, replace(first, last=last))

    assert by_id(store.rows()) == fresh
    assert store.leftovers() == []
    load(store.open(), [row("e")])
    assert by_id(store.rows()) == [*fresh, row("e")]


@pytest.mark.parametrize("compact_after", [0, 1, 2, 50])
def test_the_format_may_change_at_any_time(tmp_path: Path, compact_after: int) -> None:
    expected = {"a": row("a"), "b": row("b")}
    for number, (name, compression) in enumerate(FORMATS):
        table = table_of(tmp_path, name, compression, compact_after)
        kind: Kind = "changes" if number else "snapshot"
        changed = [row("a", number, amount=None), row(f"new {number}", number)]
        rows = [*changed, *([] if number else [expected["b"]])]
        gone = [expected.pop(f"new {number - 1}")] if number else []
        load(table, rows, plan(table, kind), gone=gone)
        expected |= {one["id"]: one for one in changed}

        assert rows_of(table) == by_id(list(expected.values()))
        assert table_of(tmp_path, name, compression).last_commit(SOURCE) is not None
    table = table_of(tmp_path, "csv", "gzip", 0)
    load(table, [row("z")], plan(table))

    assert rows_of(table) == by_id([*expected.values(), row("z")])
    table.last_commit(SOURCE)
    assert [one.name.partition(".")[2] for one in table.files] == ["csv.gz"]


def test_a_file_in_no_known_format_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"snapshot-1\.orc"):
        format_of("snapshot-1.orc")


def test_an_attempt_in_another_format_begins_anew(tmp_path: Path) -> None:
    rows = [row(f"{number:06}") for number in range(3_000)]
    first = table_of(tmp_path, "parquet", "zstd")
    with first.staging(plan(first, "snapshot", resume_key="task"), SCHEMA) as staging:
        staging.write(batch(rows), b"3000")
    second = table_of(tmp_path, "jsonl", "gzip")
    work = plan(second, "snapshot", resume_key="task")

    with second.staging(work, SCHEMA) as staging:
        assert (staging.position, staging.rows) == (None, 0)
        staging.write(batch(rows[:10]), b"10")
        staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

    assert rows_of(second) == rows[:10]


def test_a_row_that_two_attempts_read_stays_once(store: Folder) -> None:
    rows = [row(f"{number:06}", 1) for number in range(6_000)]
    newer, older = row("000007", 5), row("000008", 0)
    table = store.open()
    with table.staging(plan(table, "snapshot", resume_key="task"), SCHEMA) as staging:
        staging.write(batch(rows[:3_000]), b"3000")
    again = store.open()
    work = plan(again, "snapshot", resume_key="task")

    with again.staging(work, SCHEMA) as staging:
        assert staging.position == b"3000"
        staging.write(batch([*rows[3_000:], newer, older]), b"6000")
        made = staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

    assert made.rows == 6_000
    assert by_id(store.rows()) == [*rows[:7], newer, *rows[8:]]
    assert store.leftovers() == []


def test_without_a_key_alike_rows_all_stay(store: Folder) -> None:
    load(store.open(), [row("a"), row("a")], plan(store.open(), "snapshot", key=(), stamp=None))

    assert len(store.rows()) == 2


@pytest.mark.parametrize("make", [create, create_in_place])
def test_a_file_is_created_once(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = UPath(tmp_path) / "1.json"

    assert make(path, b"one")
    assert not make(path, b"other")
    assert path.read_bytes() == b"one"
    assert [one.name for one in tmp_path.iterdir()] == ["1.json"]


def test_a_file_that_cannot_be_written_whole_is_not_created(tmp_path: Path) -> None:
    with full_disk(1_000), pytest.raises(OSError, match="File too large"):
        create_in_place(UPath(tmp_path) / "1.json", b"x" * 5_000)

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing(store: Folder) -> None:
    noise = [row(f"{number}", group=os.urandom(2**18).hex()) for number in range(40)]
    work = plan(store.open(), "snapshot")

    with pytest.raises(OSError, match="File too large") as caught, full_disk(2**16):
        load(store.open(), noise, work)

    assert caught.value.errno == errno.EFBIG
    del caught
    gc.collect()
    assert store.in_progress() == []
    assert store.leftovers() == []
