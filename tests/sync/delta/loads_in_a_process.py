"""Loads that a test kills, or runs beside each other: ``python -m … folder rows until``."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from airflow_provider_bc.errors import Conflict
from tests.sync.conformance_rows import NOON, load, plan, row
from tests.sync.delta.store import delta_table


def run(folder: Path, rows: int, until: int) -> None:
    """Make commits; each gives every row the number of the commit, and removes one more row."""
    while True:
        table = delta_table(folder, merge_up_to=0 if rows % 2 else 2**20, compact_after=3)
        work = plan(table, "snapshot")
        work = plan(table) if work.last else work
        number = work.sequence
        if number > until:
            return
        changed = [row(f"{key:06}", number, group=str(number)) for key in range(rows)]
        try:
            load(table, [*changed, row("moment", number)], work, gone=[row("moment before")])
            print(number, NOON + timedelta(minutes=number), flush=True)  # noqa: T201 - for the test
        except Conflict as error:
            print(error, flush=True)  # noqa: T201 - for the test


if __name__ == "__main__":
    print("begun", flush=True)  # noqa: T201 - for the test
    run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
