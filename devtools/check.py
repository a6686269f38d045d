"""Run every gate but the tests; all of them, so that one run shows all there is to mend."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from devtools import gates

TOOLS: dict[str, Sequence[str]] = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy --strict": ["mypy"],
    "import contracts": ["lint-imports"],
}

GATES: dict[str, Callable[[Path], Iterator[str]]] = {
    "sizes": gates.sizes,
    "no patches in tests": gates.patches,
    "no registry addresses": gates.addresses,
    "constraints": gates.pins,
    "wheel": gates.wheel,
}


def tool(command: Sequence[str]) -> list[str]:
    """Run a tool; its whole output is the complaint when it fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return [done.stdout.rstrip()] if done.returncode else []


def complaints_of(gate: Callable[[Path], Iterator[str]], folder: Path) -> list[str]:
    """Ask a gate; a file that does not parse is a complaint too."""
    try:
        return list(gate(folder))
    except SyntaxError as error:
        return [f"{error.filename}:{error.lineno}: does not parse: {error.msg}"]


def report(name: str, complaints: list[str], seconds: float) -> bool:
    """Print one gate's outcome; true when it holds."""
    print(f"{'FAILED' if complaints else 'ok':<7} {name} ({seconds:.1f} s)", flush=True)
    for complaint in complaints:
        print(f"        {complaint.replace(chr(10), chr(10) + ' ' * 8)}", flush=True)
    return not complaints


def main() -> int:
    """Run the tools and the gates."""
    here = Path.cwd()
    held = []
    for name, command in TOOLS.items():
        start = time.monotonic()
        complaints = tool(command)
        held.append(report(name, complaints, time.monotonic() - start))
    for name, gate in GATES.items():
        start = time.monotonic()
        complaints = complaints_of(gate, here)
        held.append(report(name, complaints, time.monotonic() - start))
    broken = held.count(False)
    print(f"{broken} of {len(held)} gates failed." if broken else f"All {len(held)} gates hold.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
