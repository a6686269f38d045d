"""What a table gives back of its rows, and what it makes of files that are damaged or missing."""

from __future__ import annotations

import errno
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.sync.parquet_table import ParquetTable
from tests.sync.ledger import SOURCE
from tests.sync.test_parquet_table import (
    SCHEMA,
    STAMP,
    batch,
    commit,
    in_progress,
    publish,
    visible,
)

BEFORE = STAMP.replace(year=2020)


def rows_of(year: int, *keys: str) -> pa.RecordBatch:
    stamps = [STAMP.replace(year=year)] * len(keys)
    return pa.RecordBatch.from_pydict({"id": keys, "at": stamps}, SCHEMA)


def since(table: ParquetTable, moment: datetime) -> set[str]:
    return {row["id"] for one in table.stored_since("at", moment) for row in one.to_pylist()}


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


def test_the_rows_since_a_moment_are_those_of_every_file_that_counts(folder: UPath) -> None:
    table = ParquetTable(folder)
    without_a_stamp = pa.RecordBatch.from_pydict({"id": ["null"], "at": [None]}, SCHEMA)
    with table.writing(SCHEMA) as part:
        for one in (rows_of(2020, "old"), without_a_stamp, batch("a")):
            part.write(one)
        part.publish(commit(1, "snapshot"))
    publish(table, 2, "changes", "b")

    assert since(table, STAMP) == {"a", "b"}
    assert since(table, BEFORE) == {"old", "a", "b"}


def test_changes_that_a_crash_left_behind_their_snapshot_give_no_rows(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    publish(table, 2, "changes", "b")
    left = (folder / "changes-00000002.parquet").read_bytes()
    publish(table, 3, "snapshot", "c")
    (folder / "changes-00000002.parquet").write_bytes(left)

    assert since(table, STAMP) == {"c"}


def test_only_files_that_can_hold_such_rows_are_read(folder: UPath) -> None:
    table = ParquetTable(folder)
    for one in (commit(1, "snapshot"), commit(2, "changes")):
        with table.writing(SCHEMA) as part:
            part.write(rows_of(2020, "old"))
            part.publish(replace(one, latest=BEFORE))
    publish(table, 3, "changes", "a")
    publish(table, 4, "changes", "b")
    destroy(folder / "snapshot.parquet", 0)

    assert since(table, STAMP) == {"a", "b"}
    with pytest.raises(OSError):  # noqa: PT011 - the words are the Parquet library's
        since(table, BEFORE)


def test_only_row_groups_that_can_hold_such_rows_are_read(folder: UPath) -> None:
    table = ParquetTable(folder)
    with table.writing(SCHEMA) as part:
        part.write(rows_of(2020, *("x" * 2**20 for _ in range(17))))
        part.write(batch("a"))
        path = part.publish(commit(1, "snapshot"))
    destroy(UPath(path), 0)

    assert since(table, STAMP) == {"a"}
    with pytest.raises(OSError):  # noqa: PT011 - the words are the Parquet library's
        since(table, BEFORE)


def test_files_without_a_stamp_give_no_rows(folder: UPath) -> None:
    table = ParquetTable(folder)
    with table.writing(SCHEMA) as part:
        part.write(batch("a"))
        part.publish(replace(commit(1, "snapshot"), latest=None))

    assert since(table, BEFORE) == set()


def test_the_columns_are_those_of_the_newest_file(folder: UPath) -> None:
    table = ParquetTable(folder)
    assert table.schema() is None
    publish(table, 1, "snapshot", "a")
    newer = SCHEMA.append(pa.field("more", pa.string()))
    with table.writing(newer) as part:
        part.publish(commit(2))

    assert table.schema() == newer


@pytest.mark.parametrize(
    "lost", ["snapshot.parquet", "changes-00000002.parquet", "changes-00000003.parquet"]
)
def test_a_file_that_is_missing_is_named_for_its_rows_would_stay_away(
    folder: UPath, lost: str
) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    for sequence in (2, 3, 4):
        publish(table, sequence, "changes", "b")
    (folder / lost).unlink()

    with pytest.raises(ConfigurationError, match=f"lacks {lost}") as caught:
        table.last_commit(SOURCE)

    assert 'mode="full"' in caught.value.remedy
    last = table.last_commit(SOURCE, same_query=False)
    assert last is not None
    publish(table, last.sequence + 1, "snapshot", "c")
    assert table.last_commit(SOURCE) == replace(commit(5, "snapshot"), rows=1)


def test_a_file_whose_footer_is_damaged_is_refused_in_our_words(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    path = folder / "snapshot.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-40] + b"\xff" * 32 + content[-8:])

    with pytest.raises(UnexpectedAnswer, match="or is damaged"):
        table.last_commit(SOURCE)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; the system says "File too large"."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    table = ParquetTable(UPath(tmp_path))
    noise = pa.RecordBatch.from_pydict(
        {"id": [os.urandom(2**20).hex() for _ in range(10)], "at": [STAMP] * 10}, SCHEMA
    )

    def write_much() -> None:
        with full_disk(2**20), table.writing(SCHEMA) as part:
            part.write(noise)

    with pytest.raises(OSError, match="File too large") as caught:
        write_much()

    assert caught.value.errno == errno.EFBIG
    del caught
    gc.collect()
    assert in_progress(UPath(tmp_path)) == []
    assert visible(UPath(tmp_path)) == []
