"""Resolve the files of `constraints/`: names and versions, nothing else.

Airflow is pinned, everything else is the newest that existed on the day written here: an Airflow
works with what its time had, and breaks with what came later (docs/decisions/0001).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path("constraints")
NEWEST_DAY = {"3.3.2": "2026-11-10", "3.2.2": "2026-06-15"}
PYTHONS = ("3.11", "3.13")
PIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[A-Za-z0-9.!+]+")


def resolve(airflow: str, python: str) -> list[str]:
    """Pin everything that the project with all its extras needs beside this Airflow.

    :raises SystemExit: nothing satisfies all requirements on that day.
    """
    with TemporaryDirectory() as folder:
        wish = Path(folder, "airflow.txt")
        wish.write_text(f"apache-airflow=={airflow}\n")
        command = ["uv", "pip", "compile", "pyproject.toml", "--all-extras", "--quiet"]
        command += ["--constraints", str(wish), "--python-version", python]
        command += ["--exclude-newer", NEWEST_DAY[airflow], "--no-header", "--no-annotate"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(
            f"Airflow {airflow} on Python {python} does not resolve as of {NEWEST_DAY[airflow]} "
            "(above). Loosen the requirement it names, or move the day in devtools/constraints.py."
        )
    pins = done.stdout.split("\n")[:-1]
    strange = [pin for pin in pins if not PIN.fullmatch(pin)]
    if strange:
        sys.exit(f"These are not 'name==version', so they cannot be pins: {', '.join(strange)}")
    return pins


def main() -> None:
    """Write one file for each Airflow and Python, whole or not at all."""
    if len(sys.argv) > 1:
        sys.exit("constraints takes no arguments; its table is in devtools/constraints.py.")
    for airflow in NEWEST_DAY:
        for python in PYTHONS:
            pins = resolve(airflow, python)
            target = FOLDER / f"airflow-{airflow}-py{python}.txt"
            draft = target.with_suffix(".draft")
            draft.write_text("\n".join(pins) + "\n")
            os.replace(draft, target)  # noqa: PTH105 - atomic, as the docstring promises
            print(f"{target}: {len(pins)} pins")


if __name__ == "__main__":
    main()
