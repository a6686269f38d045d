"""Run pytest; when it runs the whole suite, measure coverage and hold it to the two gates.

Below Airflow 99 % of the branches are tested: a few are taken only when two runs meet. Above it,
where Airflow's own code decides, 95 % are. A room that is not named here belongs above, so nothing
escapes both gates.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from devtools import system

Variables = Mapping[str, str]

PACKAGE = Path("airflow_provider_bc")
BELOW_AIRFLOW = (
    "api",
    "auth",
    "client",
    "delivery",
    "errors",
    "odata",
    "pace",
    "settings",
    "sync",
    "wire",
    "write_back",
)
LIVE, OTHERS = "live and not prove", "not live and not prove"
TRANSFERS = ("tests/transfers",)
ENGINE = ("tests/sync", "tests/write_back")
SERVICES = ("tests/emulator", "tests/api", "tests/auth")
SHARES: dict[str, Sequence[str]] = {
    "rest": ["-m", OTHERS, *(f"--ignore={one}" for one in (*TRANSFERS, *ENGINE, *SERVICES))],
    "transfers": ["-m", OTHERS, *TRANSFERS],
    "live": ["-m", LIVE],
    "engine": ["-m", OTHERS, *ENGINE],
    "services": ["-m", OTHERS, *SERVICES],
}
"""The suite, in the order in which its parts begin, the longest first.

Two run at a time: there are two cores, and a real Airflow, whose answers have deadlines, wants at
most one busy neighbour.
"""
WITHOUT_LIVE = "--without-live"

GATE_BELOW = 99
GATE_ABOVE = 95


def patterns(package: Path = PACKAGE) -> str:
    """Name the files below Airflow, as coverage wants them.

    :raises SystemExit: a room is gone, and its gate would hold nothing.
    """
    gone = [
        room
        for room in BELOW_AIRFLOW
        if not (package / room).is_dir() and not (package / f"{room}.py").is_file()
    ]
    if gone:
        sys.exit(
            f"The coverage gate names {', '.join(gone)}, which {package} does not have. "
            "Correct BELOW_AIRFLOW in devtools/suite.py."
        )
    return ",".join(
        pattern
        for room in BELOW_AIRFLOW
        for pattern in (f"{package}/{room}.py", f"{package}/{room}/*")
    )


def counts(reports: Sequence[Path]) -> str:
    """Say what pytest's reports say, in the words that any reader of test runs knows."""
    total = passed = failed = skipped = 0
    roots = [ET.parse(report).getroot() for report in reports]  # noqa: S314 - written by our own pytest
    for suite in (suite for root in roots for suite in root.iter("testsuite")):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    passed = total - failed - skipped
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def gate(title: str, floor: int, selection: str, environment: Variables) -> bool:
    """Print one group's coverage with what is missing; true when it reaches its floor."""
    print(f"\nCoverage {title}, at least {floor} %:", flush=True)
    command = [sys.executable, "-m", "coverage", "report", "--show-missing", "--skip-covered"]
    command += [selection, f"--fail-under={floor}"]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def run(pytest: Sequence[str], shares: Sequence[str], reports: Path, variables: Variables) -> int:
    """Run shares of the suite in two rows side by side; a row takes the next that nobody has.

    What the first row says is printed once both have ended.

    :param pytest: how pytest is started.
    :param shares: names of `SHARES`.
    :param reports: a folder for what the shares report and say.
    :param variables: the environment.
    :return: 0, or the status of a share that failed.
    """
    waiting = iter(shares)
    statuses: list[int] = []

    def begin(share: str, said: IO[str] | None) -> None:
        command = [*pytest, f"--junit-xml={reports / share}.xml", *SHARES[share]]
        done = subprocess.run(command, env=variables, stdout=said, stderr=said, check=False)
        statuses.append(done.returncode)

    def row(share: str | None) -> list[Path]:
        said = []
        while share is not None:
            said.append(reports / f"{share}.txt")
            with said[-1].open("w") as file:
                begin(share, file)
            share = next(waiting, None)
        return said

    with ThreadPoolExecutor(1) as beside:
        quiet = beside.submit(row, next(waiting))
        for share in waiting:
            begin(share, None)
    for path in quiet.result():
        print(f"\nBeside it, {path.stem}:\n{path.read_text()}", flush=True)
    return max(statuses, key=abs)


def measure(reports: Path, environment: Variables) -> int:
    """Run the whole suite under coverage, then hold both groups to their gates."""
    below = patterns()
    pytest = [sys.executable, "-m", "coverage", "run", "-m", "pytest"]
    status = run(pytest, list(SHARES), reports, environment)
    if status:
        return status
    combine = [sys.executable, "-m", "coverage", "combine", "--quiet"]
    subprocess.run(combine, env=environment, check=False)
    held = [
        gate("below Airflow", GATE_BELOW, f"--include={below}", environment),
        gate("above", GATE_ABOVE, f"--omit={below}", environment),
    ]
    return 0 if all(held) else 1


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for in a throw-away home, and close with the counts.

    :param arguments: none for the whole suite with its gates, `WITHOUT_LIVE` for the suite without
        the tests that start a real Airflow, or else pytest's.
    """
    with TemporaryDirectory(prefix="bc-tests-") as folder:
        reports = Path(folder, "reports")
        reports.mkdir()
        environment = os.environ | {
            "AIRFLOW_HOME": str(Path(folder, "airflow")),
            "CHROMIUM": system.chromium(),
            "COVERAGE_FILE": str(Path(folder, "coverage")),
        }
        if arguments == [WITHOUT_LIVE]:
            quiet = [one for one in SHARES if one != "live"]
            status = run([sys.executable, "-m", "pytest"], quiet, reports, environment)
        elif arguments:
            report = f"--junit-xml={reports / 'selection'}.xml"
            command = [sys.executable, "-m", "pytest", report, *arguments]
            status = subprocess.run(command, env=environment, check=False).returncode
        else:
            status = measure(reports, environment)
        if arguments:
            print("\nA selection was run: the coverage gates hold for the whole suite only.")
        if found := sorted(reports.glob("*.xml")):
            print(f"\n{counts(found)}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
