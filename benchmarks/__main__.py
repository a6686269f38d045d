"""The command line: `python -m benchmarks`, or `python3 dev.py bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import chart, report, workload
from benchmarks.contenders import CONTENDERS
from benchmarks.measure import Scene, measure
from benchmarks.targets import Run, verdicts

DOCUMENT, CHART = Path("docs/benchmark.md"), Path("docs/benchmark.svg")
SIZES, LATENCY_MS = (100_000, 1_000_000), 300
QUICK_SIZES, QUICK_SLOW = (20_000, 100_000), 100_000
FILE_WIDTH = 160


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser("dev.py bench", description=__doc__)
    made.add_argument("--rows", type=int, nargs="+", help=f"sizes, {SIZES} unless told")
    made.add_argument(
        "--slow-rows", type=int, help=f"rows at {LATENCY_MS} ms a page; 0 leaves that round out"
    )
    made.add_argument("--quick", action="store_true", help=f"smaller: {QUICK_SIZES}")
    made.add_argument(
        "--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME"
    )
    made.add_argument(
        "--page-size", type=int, default=workload.PAGE_SIZE, help="rows a page, for all of them"
    )
    made.add_argument(
        "--patience", type=float, default=600.0, help="seconds after which a contender is ended"
    )
    made.add_argument(
        "--repeat", type=int, default=1, metavar="N", help="run each N times; least CPU counts"
    )
    made.add_argument("--save", action="store_true", help=f"write {DOCUMENT} and {CHART}")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge; 1 when a target was missed.

    :param arguments: the command line; that of this process unless told.
    """
    given = parser().parse_args(arguments)
    sizes = given.rows or (QUICK_SIZES if given.quick else SIZES)
    slow = given.slow_rows
    if slow is None:
        slow = QUICK_SLOW if given.quick else max(sizes)
    scenes = [Scene(rows) for rows in sizes] + ([Scene(slow, LATENCY_MS)] if slow else [])
    console = Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)
    run = Run(
        measure(
            scenes,
            given.contenders,
            page_size=given.page_size,
            patience=given.patience,
            repeats=given.repeat,
            say=lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True),
        )
    )
    judged = verdicts(run)
    report.show(run, judged, console)
    if given.save:
        report.write(report.markdown(run, judged), DOCUMENT)
        CHART.write_text(chart.svg(run))
        console.print(f"Written: {DOCUMENT}, {CHART}")
    return 1 if any(one.held is False for one in judged) else 0


if __name__ == "__main__":
    sys.exit(main())
