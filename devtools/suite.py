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

from devtools import system

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
ENGINE = ("tests/sync", "tests/transfers", "tests/write_back")
SHARES: dict[str, Sequence[str]] = {
    "live": ["-m", "live and not prove"],
    "engine": ["-m", "not live and not prove", *ENGINE],
    "rest": ["-m", "not live and not prove", *(f"--ignore={folder}" for folder in ENGINE)],
}
"""What runs in a process of its own."""
BESIDE, REST = ("live", "engine"), "rest"
"""A real Airflow wants at most one busy neighbour: its answers have deadlines."""

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


def gate(title: str, floor: int, selection: str, environment: Mapping[str, str]) -> bool:
    """Print one group's coverage with what is missing; true when it reaches its floor."""
    print(f"\nCoverage {title}, at least {floor} %:", flush=True)
    command = [sys.executable, "-m", "coverage", "report", "--show-missing", "--skip-covered"]
    command += [selection, f"--fail-under={floor}"]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def whole(reports: Path, environment: Mapping[str, str]) -> int:
    """Run every test under coverage, in two rows side by side, for two cores.

    What the first row says is printed once the second has ended.
    """
    run = [sys.executable, "-m", "coverage", "run", "-m", "pytest"]

    def follow(share: str) -> int:
        report = f"--junit-xml={reports / share}.xml"
        with (reports / f"{share}.txt").open("w") as said:
            command = [*run, report, *SHARES[share]]
            return subprocess.run(
                command, env=environment, stdout=said, stderr=said, check=False
            ).returncode

    with ThreadPoolExecutor(1) as beside:
        ended = [beside.submit(follow, share) for share in BESIDE]
        last = [*run, f"--junit-xml={reports / REST}.xml", *SHARES[REST]]
        failed = subprocess.run(last, env=environment, check=False).returncode
    for share, status in zip(BESIDE, ended, strict=True):
        print(
            f"\nBeside it, {share}:\n{(reports / share).with_suffix('.txt').read_text()}",
            flush=True,
        )
        failed = failed or status.result()
    return failed


def measure(reports: Path, environment: Mapping[str, str]) -> int:
    """Run the whole suite under coverage, then hold both groups to their gates."""
    below = patterns()
    status = whole(reports, environment)
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
    """Run what was asked for in a throw-away home, and close with the counts."""
    with TemporaryDirectory(prefix="bc-tests-") as folder:
        reports = Path(folder, "reports")
        reports.mkdir()
        environment = os.environ | {
            "AIRFLOW_HOME": str(Path(folder, "airflow")),
            "CHROMIUM": system.chromium(),
            "COVERAGE_FILE": str(Path(folder, "coverage")),
        }
        if arguments:
            report = f"--junit-xml={reports / 'selection'}.xml"
            command = [sys.executable, "-m", "pytest", report, *arguments]
            status = subprocess.run(command, env=environment, check=False).returncode
            print("\nA selection was run: the coverage gates hold for the whole suite only.")
        else:
            status = measure(reports, environment)
        if found := sorted(reports.glob("*.xml")):
            print(f"\n{counts(found)}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
