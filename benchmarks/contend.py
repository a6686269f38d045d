"""One contender in this process: `python -m benchmarks.contend NAME FOLDER` prints what it took.

The work is measured from the moment its modules are imported: what an Airflow worker or a notebook
has imported anyway is no cost of a row. What the whole process took is printed beside it.
"""

from __future__ import annotations

import importlib
import json
import re
import resource
import sys
import time
from pathlib import Path

from benchmarks.service import Service

_STATUS = Path("/proc/self/status")
_HIGH_WATER = re.compile(r"VmHWM:\s+(\d+) kB")


def cpu() -> float:
    """Give the seconds of CPU that this process and its ended children took so far."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def peak_mib() -> float:
    """Give the most memory that this process, or one of its children, ever held.

    `ru_maxrss` of a new process begins with what its parent held when it started it, so Linux is
    asked elsewhere. https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    unit = 1024 if sys.platform == "darwin" else 1
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    if _STATUS.exists():
        found = _HIGH_WATER.search(_STATUS.read_text())
        mine = float(found[1]) if found else mine
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    return max(mine, children) / 1024


def main(name: str, folder: str) -> None:
    """Let a contender copy, and print one line of JSON."""
    copy = importlib.import_module(f"benchmarks.contenders.{name}").copy
    service = Service.from_environment()
    before, start = cpu(), time.perf_counter()
    files = copy(service, Path(folder))
    seconds = time.perf_counter() - start
    after = cpu()
    report = {
        "files": files,
        "seconds": seconds,
        "cpu": after - before,
        "process_cpu": after,
        "peak_mib": peak_mib(),
    }
    sys.stdout.write(f"\n{json.dumps(report)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
