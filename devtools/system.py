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


def install(package: str) -> str:
    """Install a Debian package and return the path of the program of the same name."""
    remedy = (
        f"Install {package} by hand, so that the command '{package}' is on PATH, and try again."
    )
    apt = shutil.which("apt-get")
    if apt is None:
        sys.exit(f"The tests need {package}, which is not here, and neither is apt-get. {remedy}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    print(f"Installing {package} for the tests, with apt-get (once, about a minute)", flush=True)
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
    program = shutil.which(package)
    if program is None:
        sys.exit(f"apt-get installed {package}, but no command '{package}' is on PATH. {remedy}")
    return program
