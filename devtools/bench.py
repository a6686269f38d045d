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

    @property
    def extra(self) -> str:
        """What the contenders need, and nothing that only tests do: it would weigh on them."""
        return "bench"


def main() -> NoReturn:
    """Install what the peers need, then become the benchmark."""
    found = dev.probe(sys.executable)
    if found is None:
        sys.exit(f"{sys.executable} does not run")
    place = Place(*found, metadata.version("apache-airflow"))
    try:
        dev.prepare(place)
    except dev.Stop as stop:
        sys.exit(f"bench: {stop}")
    python = place.venv / "bin" / "python"
    arguments = [str(python), "-m", "benchmarks", *sys.argv[1:]]
    os.execve(python, arguments, dev.environment(place.venv))  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main()
