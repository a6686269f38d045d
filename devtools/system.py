"""Programs that tests need and that no Python package brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Find Chromium, or install Debian's.

    :raises SystemExit: there is none and none can be installed; tests are never left out for it.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or install("chromium")


def mariadbd() -> str:
    """Find MariaDB's server, or install Debian's, which starts no service.

    :raises SystemExit: there is none and none can be installed; tests are never left out for it.
    """
    return which("mariadbd") or install("mariadb-server-core", "mariadbd")


def which(program: str) -> str | None:
    """Find a program, also where only root looks for one."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def install(package: str, program: str | None = None) -> str:
    """Install a Debian package and return the path of its program.

    :param package: its name.
    :param program: the command that it brings, where its name is another.
    """
    program = program or package
    remedy = (
        f"Install {package} by hand, so that the command '{program}' is on PATH, and try again."
    )
    apt = shutil.which("apt-get")
    if apt is None:
        sys.exit(f"The tests need {package}, which is not here, and neither is apt-get. {remedy}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    said = f"Installing {package} for the tests, with apt-get (once, about a minute)"
    print(said, file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", package]):
        try:
            done = subprocess.run(
                [*prefix, apt, "--quiet", "--quiet", *step],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            sys.exit(f"Installing {package} needs root, and sudo is not here. {remedy}")
        if done.returncode:
            sys.exit(f"{done.stderr.strip()}\n\n'apt-get {' '.join(step)}' failed. {remedy}")
    found = which(program)
    if found is None:
        sys.exit(f"apt-get installed {package}, but no command '{program}' is on PATH. {remedy}")
    return found
