from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upath import UPath
from upath.extensions import ProxyUPath

from airflow_provider_bc.errors import ConfigurationError, Conflict, UnexpectedAnswer
from airflow_provider_bc.sync.commit import FOOTER_KEY, Commit, Kind
from airflow_provider_bc.sync.parquet_table import ParquetPart, ParquetTable
from tests.sync.ledger import SOURCE

SCHEMA = pa.schema([("id", pa.string()), ("at", pa.timestamp("us", tz="UTC"))])
STAMP = datetime(2026, 3, 1, tzinfo=UTC)


def batch(*keys: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"id": keys, "at": [STAMP] * len(keys)}, SCHEMA)


def commit(sequence: int, kind: Kind = "changes") -> Commit:
    return Commit(sequence, kind, SOURCE, STAMP, STAMP, rows=-1)


def publish(table: ParquetTable, sequence: int, kind: Kind, *keys: str) -> None:
    with table.writing(SCHEMA) as part:
        part.write(batch(*keys))
        part.publish(commit(sequence, kind))


def visible(folder: UPath) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def in_progress(folder: UPath) -> list[Any]:
    return list((folder / "_inprogress").iterdir())


def read(path: UPath | ProxyUPath) -> pa.Table:
    with path.fs.open(path.path, "rb") as file:
        return pq.read_table(file)


def footer(path: UPath) -> Commit:
    with path.fs.open(path.path, "rb") as file:
        return Commit.read(pq.read_metadata(file).metadata[FOOTER_KEY], path.name)


def test_a_folder_that_is_not_there_has_no_commits(folder: UPath) -> None:
    assert ParquetTable(folder).last_commit(SOURCE) is None


def test_nothing_is_visible_until_it_is_published(folder: UPath) -> None:
    table = ParquetTable(folder)

    with table.writing(SCHEMA) as part:
        part.write(batch("a", "b"))
        assert visible(folder) == []
        assert table.last_commit(SOURCE) is None
        path = part.publish(commit(1, "snapshot"))
        assert visible(folder) == ["snapshot.parquet"]

    assert visible(folder) == ["snapshot.parquet"]
    assert in_progress(folder) == []
    assert read(path).to_pylist() == batch("a", "b").to_pylist()


def test_rows_and_watermark_are_in_one_file(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a", "b")

    assert table.last_commit(SOURCE) == replace(commit(1, "snapshot"), rows=2)
    assert visible(folder) == ["snapshot.parquet"]
    assert footer(folder / "snapshot.parquet") == table.last_commit(SOURCE)


def test_a_crash_in_the_middle_leaves_nothing_and_the_next_run_works(folder: UPath) -> None:
    table = ParquetTable(folder)

    def crash() -> None:
        with table.writing(SCHEMA) as part:
            part.write(batch("a"))
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        crash()

    assert visible(folder) == []
    assert in_progress(folder) == []
    publish(table, 1, "snapshot", "a")
    assert visible(folder) == ["snapshot.parquet"]


def test_a_part_that_is_not_published_vanishes(folder: UPath) -> None:
    with ParquetTable(folder).writing(SCHEMA) as part:
        part.write(batch("a"))

    assert in_progress(folder) == []


def test_changes_follow_their_snapshot_in_order(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    publish(table, 2, "changes", "b")
    publish(table, 3, "changes", "c", "d")

    stored = {name: footer(folder / name) for name in visible(folder)}
    assert {name: (one.sequence, one.rows) for name, one in stored.items()} == {
        "snapshot.parquet": (1, 1),
        "changes-00000002.parquet": (2, 1),
        "changes-00000003.parquet": (3, 2),
    }
    assert table.last_commit(SOURCE) == stored["changes-00000003.parquet"]


def test_a_snapshot_supersedes_what_was_there(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    publish(table, 2, "changes", "b")
    publish(table, 3, "snapshot", "c")

    assert visible(folder) == ["snapshot.parquet"]
    assert read(folder / "snapshot.parquet")["id"].to_pylist() == ["c"]


def test_changes_that_a_crash_left_behind_their_snapshot_do_not_count(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    publish(table, 2, "changes", "b")
    left = (folder / "changes-00000002.parquet").read_bytes()
    publish(table, 3, "snapshot", "c")
    (folder / "changes-00000002.parquet").write_bytes(left)

    assert table.last_commit(SOURCE) == footer(folder / "snapshot.parquet")
    with table.writing(SCHEMA):
        assert visible(folder) == ["snapshot.parquet"]


@pytest.mark.parametrize("kind", ["snapshot", "changes"])
def test_two_runs_at_once_are_a_conflict_and_the_first_one_stays(folder: UPath, kind: Kind) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")

    def overtaken() -> None:
        with table.writing(SCHEMA) as slow:
            slow.write(batch("slow"))
            publish(table, 2, kind, "fast")
            slow.publish(commit(2, kind))

    with pytest.raises(Conflict, match="committed number 2 to"):
        overtaken()

    last = table.last_commit(SOURCE)
    assert last == replace(commit(2, kind), rows=1)
    newest = "snapshot.parquet" if kind == "snapshot" else "changes-00000002.parquet"
    assert read(folder / newest)["id"].to_pylist() == ["fast"]
    assert in_progress(folder) == []


def test_what_a_killed_run_left_is_removed_after_a_day_and_no_sooner(tmp_path: Path) -> None:
    left = tmp_path / "_inprogress"
    left.mkdir()
    for name, hours in (("old.part", 25), ("young.part", 23)):
        (left / name).write_bytes(b"x")
        then = time.time() - hours * 3600
        os.utime(left / name, (then, then))

    with ParquetTable(UPath(tmp_path)).writing(SCHEMA):
        names = {path.name for path in left.iterdir()}

    assert "young.part" in names
    assert "old.part" not in names


def test_a_part_that_grew_old_while_another_was_written_is_removed_with_its_end(
    tmp_path: Path,
) -> None:
    left = tmp_path / "_inprogress" / "old.part"
    table = ParquetTable(UPath(tmp_path))

    with table.writing(SCHEMA) as part:
        left.write_bytes(b"x")
        os.utime(left, (0, 0))
        part.publish(commit(1, "snapshot"))

    assert not left.exists()


def test_files_of_other_names_do_not_matter(folder: UPath) -> None:
    folder.mkdir(parents=True)
    for name in ("_SUCCESS", "changes-1.parquet", "snapshot.parquet.crc", "x-snapshot.parquet"):
        (folder / name).write_bytes(b"x")

    assert ParquetTable(folder).last_commit(SOURCE) is None
    publish(ParquetTable(folder), 2, "changes", "a")
    assert len(visible(folder)) == 5


def parquet(path: UPath, metadata: dict[bytes, bytes]) -> None:
    with path.fs.open(path.path, "wb") as file:
        pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(metadata), file)


@pytest.mark.parametrize("name", ["snapshot.parquet", "changes-00000001.parquet"])
@pytest.mark.parametrize("footer", [{}, {FOOTER_KEY: b"{}"}, {b"pandas": b"{}"}])
def test_a_parquet_file_of_somebody_else_is_refused(
    folder: UPath, name: str, footer: dict[bytes, bytes]
) -> None:
    folder.mkdir(parents=True)
    parquet(folder / name, footer)

    with pytest.raises(UnexpectedAnswer, match=f"{name} was not written by this provider"):
        ParquetTable(folder).last_commit(SOURCE)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,name\n1,x\n"])
def test_a_file_that_is_not_parquet_is_refused(folder: UPath, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "snapshot.parquet").write_bytes(content)

    with pytest.raises(UnexpectedAnswer, match="was not written by this provider") as caught:
        ParquetTable(folder).last_commit(SOURCE)

    assert caught.value.remedy.startswith("Give the transfer a folder of its own")


@pytest.mark.parametrize(
    "field", ["tenant_id", "environment", "company_id", "api", "entity_set", "query"]
)
def test_a_folder_belongs_to_one_source_and_one_query(folder: UPath, field: str) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")
    other = replace(SOURCE, **{field: "other"})

    with pytest.raises(ConfigurationError, match=f"{field} was .*, is 'other'"):
        table.last_commit(other)


def test_only_the_query_may_change_where_everything_is_replaced(folder: UPath) -> None:
    table = ParquetTable(folder)
    publish(table, 1, "snapshot", "a")

    assert table.last_commit(replace(SOURCE, query="other"), same_query=False)
    with pytest.raises(ConfigurationError):
        table.last_commit(replace(SOURCE, api="other"), same_query=False)


def test_rows_reach_the_file_in_row_groups_before_it_is_whole(tmp_path: Path) -> None:
    table = ParquetTable(UPath(tmp_path))
    large = pa.RecordBatch.from_pydict({"id": ["x" * 2**20] * 5, "at": [STAMP] * 5}, SCHEMA)

    with table.writing(SCHEMA) as part:
        for _ in range(8):
            part.write(large)
        path = part.publish(commit(1, "snapshot"))

    metadata = pq.read_metadata(path.path)
    assert metadata.num_rows == 40
    assert metadata.num_row_groups == 2


def test_no_rows_are_a_table_too(folder: UPath) -> None:
    table = ParquetTable(folder)
    with table.writing(SCHEMA) as part:
        path = part.publish(commit(1, "snapshot"))

    assert read(path).schema.equals(SCHEMA)
    assert table.last_commit(SOURCE) == replace(commit(1, "snapshot"), rows=0)


def test_a_store_that_does_not_hold_what_was_written_publishes_nothing(folder: UPath) -> None:
    table = ParquetTable(folder)

    class Miscounting(ParquetPart):
        def write(self, batch: pa.RecordBatch) -> None:
            super().write(batch)
            self.rows += 1

    (folder / "_inprogress").mkdir(parents=True)
    part = Miscounting(table, folder / "_inprogress" / "x.part", SCHEMA)
    part.write(batch("a"))

    with pytest.raises(UnexpectedAnswer, match="holds 1 rows, but 2 were written"):
        part.publish(commit(1, "snapshot"))

    part.discard()
    assert visible(folder) == []
    assert in_progress(folder) == []
