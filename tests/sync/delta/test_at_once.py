"""Loads that are killed, and loads that run beside each other."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deltalake import CommitProperties, write_deltalake

from airflow_provider_bc.errors import Conflict
from airflow_provider_bc.sync.delta.delta_table import IN_PROGRESS
from tests.sync.conformance_rows import (
    SCHEMA,
    SOURCE,
    batch,
    commit_of,
    keys_table,
    load,
    plan,
    row,
)
from tests.sync.delta.store import delta_table, opened, queried

NOTHING = keys_table([], ("id",), SCHEMA)


def started(folder: Path, rows: int, until: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.sync.delta.loads_in_a_process"]
    arguments = [str(folder), str(rows), str(until)]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)


def check_whole(folder: Path, rows: int) -> int:
    """See that every row is of the last commit, and give its number."""
    commit = delta_table(folder).last_commit(SOURCE)
    if commit is None:
        return 0
    found = queried(folder, 'SELECT "group" AS number, count(*) AS rows FROM t GROUP BY 1')
    counts = {one["number"]: one["rows"] for one in found}
    assert counts == {str(commit.sequence): rows, "group of moment": 1}
    return commit.sequence


@pytest.mark.parametrize("rows", [3000, 3001])
def test_whenever_it_is_killed_rows_and_watermark_agree(tmp_path: Path, rows: int) -> None:
    chance = random.Random(rows)  # noqa: S311 - when to kill is no secret
    reached: list[int] = []
    for _ in range(8):
        process = started(tmp_path, rows, 10_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        if reached and not chance.randrange(3):
            process.stdout.readline()
        time.sleep(chance.uniform(0, 2))
        process.kill()
        process.wait()
        process.stdout.close()
        reached.append(check_whole(tmp_path, rows))

    assert reached == sorted(reached)
    assert reached[-1] > 0
    last = reached[-1] + 2
    assert started(tmp_path, rows, last).communicate()[0].count("\n") == 3  # begun, and two commits
    assert check_whole(tmp_path, rows) == last


def test_many_runs_at_once_make_each_commit_once(tmp_path: Path) -> None:
    processes = [started(tmp_path, 10, 12) for _ in range(3)]
    lines = "".join(process.communicate()[0] for process in processes).splitlines()

    assert [process.returncode for process in processes] == [0, 0, 0]
    made = sorted(int(line.split()[0]) for line in lines if line[0].isdigit())
    assert made == list(range(1, 13))
    assert check_whole(tmp_path, 10) == 12


def test_others_may_tidy_between_plan_and_commit(tmp_path: Path) -> None:
    table = delta_table(tmp_path)
    load(table, [row("a"), row("b")], plan(table, "snapshot"))
    load(delta_table(tmp_path, merge_up_to=0), [row("c")])
    work = plan(table)

    with table.staging(work, SCHEMA) as staging:
        staging.write(batch([row("a", 1)]), None)
        opened(tmp_path).optimize.compact()
        staging.commit(commit_of(work), NOTHING)

    assert len(queried(tmp_path, "FROM t")) == 3


def test_a_table_that_came_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    table = delta_table(tmp_path)
    work = plan(table, "snapshot")

    with table.staging(work, SCHEMA) as staging:
        staging.write(batch([row("a")]), None)
        foreign = CommitProperties(custom_metadata={"who": "somebody else"})
        write_deltalake(tmp_path.as_uri(), batch([row("x")]), commit_properties=foreign)
        with pytest.raises(Conflict, match="Nothing was changed"):
            staging.commit(commit_of(work), NOTHING)

    assert [one["id"] for one in queried(tmp_path, "FROM t")] == ["x"]
    assert not list((tmp_path / IN_PROGRESS).iterdir())
