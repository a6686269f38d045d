#!/usr/bin/env python3
"""Every command of this project, from a fresh clone.

Python 3.11 or newer, git and a network are enough:

    python3 dev.py demo

The first command makes a virtual environment inside the clone and installs what
`constraints/` pins; later ones start at once. The work itself is done by the modules of
`devtools/`, inside that environment. Outside the clone there are uv's cache, and the programs of
Debian that tests need: `devtools/system.py` installs those that are missing.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader may well have an older one
    sys.exit(
        "dev.py needs Python 3.11 or newer; this is "
        + sys.version.split()[0]
        + ". Start it with a newer one, for example: python3.13 dev.py"
    )

import argparse
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

REPOSITORY = Path(__file__).resolve().parent
DEFAULT_AIRFLOW = "3.3.2"
OLDEST_PYTHON = (3, 11)

COMMANDS: dict[str, tuple[str, Sequence[str]]] = {
    "demo": ("see it work: an emulated Business Central read by a DAG", ["devtools.demo"]),
    "test": (
        "the tests and their coverage gates; takes --without-live, or pytest's arguments",
        ["devtools.suite"],
    ),
    "check": ("linters, types, contracts and the other gates", ["devtools.check"]),
    "prove": ("the long proofs; takes pytest's arguments", ["devtools.suite", "-m", "prove"]),
    "bench": ("this provider measured beside its peers; see --help", ["devtools.bench"]),
    "airflow": ("a real Airflow with the emulator, until Ctrl-C", ["devtools.standalone"]),
    "constraints": ("resolve the files of constraints/ again", ["devtools.constraints"]),
}


class Stop(Exception):
    """The command cannot go on: the text says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One place in the matrix: an interpreter and an Airflow.

    :param python: the interpreter, outside any virtual environment.
    :param version: its version, as in `3.13.0`.
    :param airflow: the version of Airflow.
    :param root: the repository.
    """

    python: Path
    version: str
    airflow: str = DEFAULT_AIRFLOW
    root: Path = REPOSITORY

    @property
    def minor(self) -> int:
        """The y of Python 3.y."""
        return int(self.version.split(".")[1])

    @property
    def venv(self) -> Path:
        """Where its virtual environment is: `.venv` for the usual one."""
        if (self.airflow, self.minor) == (DEFAULT_AIRFLOW, sys.version_info.minor):
            return self.root / ".venv"
        return self.root / ".venvs" / f"airflow-{self.airflow}-py3.{self.minor}"

    @property
    def constraints(self) -> Path:
        """The pins made for this Python, or for the newest one that is older."""
        folder = self.root / "constraints"
        pins = {
            int(path.stem.rpartition("-py3.")[2]): path
            for path in folder.glob(f"airflow-{self.airflow}-py3.*.txt")
        }
        fitting = [minor for minor in pins if minor <= self.minor]
        if not fitting:
            known = ", ".join(sorted({path.name.split("-")[1] for path in folder.glob("*.txt")}))
            raise Stop(
                f"constraints/ has no pins for Airflow {self.airflow} on Python 3.{self.minor}. "
                f"It has Airflow {known or 'nothing'}: choose one of them with --airflow, or add "
                "the version to devtools/constraints.py and run: python3 dev.py constraints"
            )
        return pins[max(fitting)]

    @property
    def extra(self) -> str:
        """Which extra of this package brings what the environment is for."""
        return "dev"

    @property
    def fingerprint(self) -> str:
        """What the environment is made from: when it changes, the environment is stale."""
        digest = hashlib.sha256(f"{self.python} {self.version} {self.root}".encode())
        sources = [self.root / "pyproject.toml", self.root / "airflow_provider_bc" / "__init__.py"]
        for path in [*sources, self.constraints]:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def probe(python: str | Path) -> tuple[Path, str] | None:
    """Ask an interpreter where it really is and which version; None if it does not run."""
    question = "import sys, platform; print(sys.base_prefix, platform.python_version(), sep='\\n')"
    try:
        answer = subprocess.run(
            [python, "-I", "-c", question], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    prefix, version = answer.stdout.splitlines()
    major, minor = version.split(".")[:2]
    outside = Path(prefix, "bin", f"python{major}.{minor}")
    return outside if outside.exists() else Path(python), version


def places(wish: str) -> Iterator[str]:
    """Where an interpreter may be that was named by a path, a command or a version."""
    yield wish
    yield f"python{wish}"
    for path in sorted(Path.home().glob(f".pyenv/versions/{wish}*/bin/python")):
        yield str(path)


def choose(airflow: str, wish: str | None) -> Combination:
    """Find the interpreter that was wished for, or take the one that runs this file."""
    found = next(filter(None, map(probe, places(wish or sys.executable))), None)
    if found is None:
        raise Stop(
            f"No Python answers to {wish!r}. Install it, or name one that is there by its path, "
            "for example: --python /usr/bin/python3.13"
        )
    python, version = found
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_PYTHON:
        raise Stop(f"{python} is Python {version}; 3.11 or newer is needed. Name another one.")
    return Combination(python, version, airflow)


def say(text: str) -> None:
    """Tell the user what is happening, apart from what commands print."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def environment(venv: Path) -> dict[str, str]:
    """List the variables for commands inside: ours first on PATH, nothing of another Airflow."""
    foreign = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith("AIRFLOW_")
    }
    path = f"{venv / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "VIRTUAL_ENV": str(venv)}


def run(command: Sequence[str | Path], *, venv: Path, remedy: str) -> None:
    """Run one step of the installation; when it fails, show what it said and the remedy."""
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(venv), cwd=REPOSITORY, check=False
    )
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise Stop(f"{(done.stdout + done.stderr).strip()}\n\nThis failed: {words}\n{remedy}")


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Let one process at a time build an environment; the others wait for it."""
    import fcntl  # noqa: PLC0415 - absent on Windows, where main has ended already

    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(combination: Combination) -> None:
    """Make the virtual environment and install what the constraints pin."""
    venv, pins = combination.venv, combination.constraints
    python, uv, pip = (venv / "bin" / name for name in ("python", "uv", "pip"))
    found = probe(python)
    whole = uv.exists() or pip.exists()
    if not whole or found is None or found[1] != combination.version:
        shutil.rmtree(venv, ignore_errors=True)
        run(
            [combination.python, "-m", "venv", venv],
            venv=venv,
            remedy="Python's venv module is incomplete. On Debian and Ubuntu: "
            f"apt-get install python3.{combination.minor}-venv",
        )
    network = "Is the network there, and does pip reach its package index?"
    if not uv.exists():
        quiet = ["--quiet", "--disable-pip-version-check"]
        run([python, "-m", "pip", "install", *quiet, "-c", pins, "uv"], venv=venv, remedy=network)
    install: list[str | Path] = [uv, "pip", "install", "--python", python, "--compile-bytecode"]
    package = f"{combination.root}[{combination.extra}]"
    run(
        [*install, "-c", pins, "--build-constraints", pins, "-e", package],
        venv=venv,
        remedy=network,
    )


def prepare(combination: Combination) -> None:
    """Bring the virtual environment up to date; at once when nothing changed."""
    stamp, wanted = combination.venv / "dev-fingerprint", combination.fingerprint
    with alone(combination.root / ".venvs" / f"{combination.venv.name}.lock"):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        place = combination.venv.relative_to(combination.root)
        pins = combination.constraints
        say(f"installing Airflow {combination.airflow} and the tools into {place} ({pins.name})")
        if not pins.stem.endswith(f"-py3.{combination.minor}"):
            say(f"no pins were made for Python 3.{combination.minor}: {pins.name} is the nearest")
        stamp.unlink(missing_ok=True)
        build(combination)
        stamp.write_text(wanted)


def parser() -> argparse.ArgumentParser:
    """Read the command line; what is not known here belongs to the command."""
    lines = [f"  {name:<12} {text}" for name, (text, _) in COMMANDS.items()]
    reader = argparse.ArgumentParser(
        prog="dev.py",
        usage="python3 dev.py COMMAND [--airflow VERSION] [--python PYTHON] [ARGUMENT ...]",
        description="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    reader.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    reader.add_argument(
        "--airflow",
        default=DEFAULT_AIRFLOW,
        metavar="VERSION",
        help=f"the Airflow to work with, {DEFAULT_AIRFLOW} unless told",
    )
    reader.add_argument(
        "--python",
        metavar="PYTHON",
        help="a path, a command or a version such as 3.13; this interpreter unless told",
    )
    return reader


def main(arguments: Sequence[str]) -> NoReturn:
    """Prepare the environment, then become the command inside it."""
    if os.name != "posix":
        sys.exit("Airflow runs on Linux and macOS. On Windows use WSL 2, and start dev.py there.")
    options, rest = parser().parse_known_args(arguments)
    try:
        combination = choose(options.airflow, options.python)
        prepare(combination)
    except Stop as stop:
        sys.exit(f"dev.py: {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
    python = str(combination.venv / "bin" / "python")
    _, module = COMMANDS[options.command]
    os.chdir(REPOSITORY)
    os.execve(python, [python, "-m", *module, *rest], environment(combination.venv))  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main(sys.argv[1:])
