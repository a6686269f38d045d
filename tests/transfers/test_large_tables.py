"""A million rows: each once, in the memory of a few pages. Run by `dev.py prove`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import CONNECTION
from tests.world import LEDGER

pytestmark = pytest.mark.prove

FACTS = """
    SELECT count(*), count(DISTINCT id), min(entryNumber), max(entryNumber),
           count(DISTINCT entryNumber), sum(debitAmount) = sum(creditAmount)
    FROM read_parquet('{folder}/**/*.parquet')
"""


@contextmanager
def emulator(entries: int) -> Iterator[str]:
    """Serve a ledger from another process, and give the connection to it."""
    command = [sys.executable, "-m", "airflow_provider_bc.emulator", "--port", "0"]
    with subprocess.Popen(
        [*command, "--ledger-entries", str(entries)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if CONNECTION in line)
        text = subprocess.check_output(
            ["/bin/sh", "-c", f'{line.strip().removeprefix("export ")}; printf %s "${CONNECTION}"'],
            text=True,
        )
        try:
            yield text
        finally:
            process.terminate()


def copy(entries: int, folder: Path) -> dict[str, Any]:
    """Copy a ledger of some entries in a process of its own."""
    script = [sys.executable, "-m", "tests.transfers.copy_in_a_process", folder.as_uri(), LEDGER]
    with emulator(entries) as connection:
        said = subprocess.check_output(script, env=os.environ | {CONNECTION: connection}, text=True)
    report = json.loads(said.splitlines()[-1])
    assert isinstance(report, dict)
    return report


def test_a_million_rows_once_each_in_flat_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = copy(100_000, tmp_path / "small")
    large = copy(1_000_000, tmp_path / "large")
    facts = duckdb.execute(FACTS.format(folder=tmp_path / "large")).fetchall()
    with capsys.disabled():
        for report in (small, large):
            rate = report["rows"] / report["seconds"]
            sys.stdout.write(
                f"\n{report['rows']:,} rows: {report['seconds']:.1f} s, {rate:,.0f} rows/s, "
                f"{report['cpu']:.1f} CPU s, peak {report['peak_mib']:.0f} MiB\n"
            )
    assert facts == [(1_000_000, 1_000_000, 1, 1_000_000, 1_000_000, True)]
    assert large["peak_mib"] < 300
    assert large["peak_mib"] <= small["peak_mib"] * 1.1
