"""Run the benchmark in an environment of its own: the peers bring what tests must not see."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import dev


class Place(dev.Combination):
    """The interpreter and the Airflow of this command, in another virtual environment."""

    __slots__ = ()

    @property
    def venv(self) -> Path:
        """Where its virtual environment is."""
        return self.root / ".venvs" / f"bench-airflow-{self.airflow}-py3.{self.minor}"


def main() -> NoReturn:
    """Install what the peers need, then become the benchmark."""
    found = dev.probe(sys.executable)
    if found is None:
        sys.exit(f"{sys.executable} does not run")
    place = Place(*found, metadata.version("apache-airflow"))
    python, pins = place.venv / "bin" / "python", place.constraints
    try:
        dev.prepare(place)
        dev.run(
            [
                *(place.venv / "bin" / "uv", "pip", "install", "--python", python, "-c", pins),
                *("--build-constraints", pins, "-e", f"{place.root}[dev,bench]"),
            ],
            venv=place.venv,
            remedy="Is the network there, and do the peers resolve with these constraints?",
        )
    except dev.Stop as stop:
        sys.exit(f"bench: {stop}")
    arguments = [str(python), "-m", "benchmarks", *sys.argv[1:]]
    os.execve(python, arguments, dev.environment(place.venv))  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main()
