"""The figures as tables: for the terminal, and for the document between its markers."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import workload
from benchmarks.contenders import CONTENDERS, FLOOR, OURS
from benchmarks.measure import Measurement, Scene
from benchmarks.targets import Run, Verdict

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEADINGS = (
    "contender",
    "rows/s",
    "wall s",
    "CPU s",
    "CPU s with imports",
    "CPU µs/row",
    "CPU to ours",
    "CPU to the floor",
    "peak MiB",
    "requests",
    "decimals",
)
_PACKAGES = ("apache-airflow", "httpx", "msgspec", "pyarrow", "requests", "dlt")
_PACKAGES_OF_AIRFLOW = ("apache-airflow-providers-http",)


def rows_of(run: Run, scene: Scene) -> list[list[str]]:
    """Give one line for each contender, as texts.

    :param run: what was measured.
    :param scene: the conditions.
    """
    ours, floor = run.find(OURS, scene), run.find(FLOOR, scene)
    return [_line(one, ours, floor) for one in run.measurements if one.scene == scene]


def _line(one: Measurement, ours: Measurement | None, floor: Measurement | None) -> list[str]:
    title = CONTENDERS[one.contender].title + (", again" if one.again else "")
    if one.complaint:
        reason = one.complaint.splitlines()[0]
        return [f"{title}: {reason}", *([""] * (len(HEADINGS) - 1))]
    return [
        title,
        "" if one.again else f"{one.rate:,.0f}",
        f"{one.seconds:.1f}",
        f"{one.cpu:.1f}",
        f"{one.process_cpu:.1f}",
        "" if one.again else f"{one.cpu_per_row:.1f}",
        _ratio(one, ours),
        _ratio(one, floor),
        f"{one.peak_mib:,.0f}",
        f"{one.requests} + {one.sign_ins}",
        one.decimals.lower(),
    ]


def _ratio(one: Measurement, other: Measurement | None) -> str:
    return f"{one.cpu / other.cpu:.2f} x" if other and other.cpu and not one.again else ""


def show(run: Run, judged: Sequence[Verdict], console: Console) -> None:
    """Print the tables and the targets.

    :param run: what was measured.
    :param judged: the targets.
    :param console: where to.
    """
    for scene in [*run.quiet, *run.slow]:
        table = Table(title=str(scene), title_justify="left")
        for place, heading in enumerate(HEADINGS):
            table.add_column(heading, justify="right" if place else "left", overflow="fold")
        for line in rows_of(run, scene):
            table.add_row(*line)
        console.print(table)
    targets = Table(title="Targets", title_justify="left")
    for heading in ("target", "", "figure"):
        targets.add_column(heading, overflow="fold")
    for one in judged:
        colour = {True: "green", False: "bold red", None: "yellow"}[one.held]
        targets.add_row(one.target, f"[{colour}]{one.word}[/]", one.figure)
    console.print(targets)


def markdown(run: Run, judged: Sequence[Verdict]) -> str:
    """Write the tables and the targets for the document.

    :param run: what was measured.
    :param judged: the targets.
    """
    parts = [conditions()]
    for scene in [*run.quiet, *run.slow]:
        parts += [f"### {scene}", _table(HEADINGS, rows_of(run, scene), "---:")]
    lines = [[one.target, one.word, one.figure] for one in judged]
    parts += ["### Targets", _table(("target", "", "figure"), lines)]
    return "\n\n".join(parts)


def conditions() -> str:
    """Say on what machine and with which packages this runs."""
    versions = [f"{name} {_version(name)}" for name in (*_PACKAGES, *_PACKAGES_OF_AIRFLOW)]
    today = datetime.now(tz=UTC).date()
    return (
        f"{today}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, {', '.join(versions)}; `{workload.ENTITY_SET}` of "
        f"`{workload.API}`, {workload.PAGE_SIZE:,} rows a page."
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not there)"


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]], rest: str = "---") -> str:
    rule = ["---", *([rest] * (len(headings) - 1))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [headings, rule, *lines])


def write(text: str, document: Path) -> None:
    """Replace what is between the markers of a document.

    :param text: the figures.
    :param document: which has both markers.
    """
    old = document.read_text()
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(old):
        raise ValueError(f"{document} has no {BEGIN} and {END}")
    document.write_text(pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", old))
