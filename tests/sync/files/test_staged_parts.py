"""Rows on their way, and what may happen to their files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.sync.files.formats import Parquet
from airflow_provider_bc.sync.files.staged_parts import StagedParts
from airflow_provider_bc.sync.files.staged_twice import older_versions
from tests.sync.conformance_rows import SCHEMA, batch, row

DAY = 86_400


def parts(folder: Path, *, resumable: bool = True) -> StagedParts:
    return StagedParts(
        UPath(folder), "task" if resumable else None, Parquet(), SCHEMA, part_bytes=1
    )


def test_a_part_without_a_row_to_drop_is_kept_as_it_is(tmp_path: Path) -> None:
    staged = parts(tmp_path)
    for key in "abc":
        staged.write(batch([row(key)]), key.encode())
    first, second, third = staged.parts

    staged.drop([1])

    assert staged.parts == [first, third]
    assert staged.path(second).exists(), "another attempt may go on from it"


def test_a_folder_that_somebody_else_writes_to_is_left(tmp_path: Path) -> None:
    staged = parts(tmp_path, resumable=False)
    staged.write(batch([row("a")]), None)
    staged.finish()
    (folder,) = tmp_path.iterdir()
    (folder / "part-of-a-successor.parquet").write_bytes(b"x")

    staged.leave()

    assert [one.name for one in folder.iterdir()] == ["part-of-a-successor.parquet"]


def test_what_nobody_came_back_for_is_removed_after_a_day(tmp_path: Path) -> None:
    for name, age in (("forgotten", 2 * DAY), ("yesterday", DAY / 2)):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "part-1.parquet"
        file.write_bytes(b"x")
        os.utime(file, (time.time() - age,) * 2)

    parts(tmp_path).tidy()

    assert [one.name for one in tmp_path.iterdir()] == ["yesterday"]


class Forgetful(MemoryFileSystem):  # type: ignore[misc]
    """A store that loses what it was given."""

    protocol = "forgetful"

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        return {**super().info(path, **options), "size": 0}


@pytest.mark.filterwarnings("ignore:UPath 'forgetful'")
def test_a_store_that_does_not_hold_what_was_written_is_told() -> None:
    fsspec.register_implementation("forgetful", Forgetful, clobber=True)
    staged = StagedParts(UPath("forgetful://lake/_inprogress"), None, Parquet(), SCHEMA)
    staged.write(batch([row("a")]), None)

    with pytest.raises(UnexpectedAnswer, match=r"holds 0 bytes, but \d+ were written"):
        staged.finish()
    assert staged.parts == []


def test_rows_that_were_met_once_are_not_looked_at_again() -> None:
    batches = [batch([row("a")]), batch([row("b", 1), row("b", 2)])]
    twice = frozenset({hash("b")})

    places = older_versions(batches, ("id",), "modified", twice)

    assert places == [1]
