"""Each contender in a process of its own, one after the other, and what it needed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import verify, workload
from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.emulated import Emulated, emulated
from benchmarks.service import DATABASE
from devtools import databases

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """The conditions of one round.

    :param rows: of the table.
    :param latency_ms: how long the service takes for every answer.
    """

    rows: int
    latency_ms: int = 0

    def __str__(self) -> str:
        return f"{self.rows:,} rows" + (f", {self.latency_ms} ms a page" if self.latency_ms else "")


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one contender needed in one scene.

    :param contender: its name.
    :param scene: the conditions.
    :param again: whether it ran a second time, with nothing changed.
    :param seconds: of wall time, after its imports.
    :param cpu: seconds of CPU, user and system, after its imports.
    :param process_cpu: the same with its imports.
    :param peak_mib: the most memory it held.
    :param requests: that it sent to the API.
    :param sign_ins: requests it sent to sign in.
    :param decimals: the type that decimals were kept in.
    :param complaint: why the figures do not count; empty where they do.
    """

    contender: str
    scene: Scene
    again: bool = False
    seconds: float = 0.0
    cpu: float = 0.0
    process_cpu: float = 0.0
    peak_mib: float = 0.0
    requests: int = 0
    sign_ins: int = 0
    decimals: str = ""
    complaint: str = ""

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.scene.rows / self.seconds if self.seconds else 0.0

    @property
    def cpu_per_row(self) -> float:
        """Microseconds of CPU a row."""
        return self.cpu / self.scene.rows * 1e6


def missing(name: str) -> str:
    """Say why a contender cannot run here; nothing when it can.

    :param name: of the contender.
    """
    contender = CONTENDERS[name]
    try:
        found = importlib.util.find_spec(contender.needs)
    except ModuleNotFoundError:
        found = None
    return "" if found else f"{contender.needs} is not installed"


def measure(
    scenes: list[Scene],
    names: list[str],
    *,
    page_size: int = workload.PAGE_SIZE,
    patience: float = 600.0,
    repeats: int = 1,
    say: Say,
) -> list[Measurement]:
    """Run the contenders in every scene.

    :param scenes: the conditions.
    :param names: of the contenders.
    :param page_size: rows a page.
    :param patience: seconds after which a contender is ended.
    :param repeats: how often each runs; the one that took least CPU counts, for all of them.
    :param say: writes a line of progress.
    """
    measurements = []
    for scene in scenes:
        with emulated(scene.rows, scene.latency_ms, page_size) as service:
            for name in names:
                reason = missing(name)
                if reason:
                    found = [_said(Measurement(name, scene, complaint=f"not run: {reason}"), say)]
                else:
                    rounds = [_round(name, scene, service, patience, say) for _ in range(repeats)]
                    found = min(rounds, key=_rank)
                measurements += found
    return measurements


def _rank(found: list[Measurement]) -> tuple[bool, float]:
    """Put a copy that is not right before all others: no repetition hides it."""
    return not any(one.complaint for one in found), found[0].cpu


def _round(
    name: str, scene: Scene, service: Emulated, patience: float, say: Say
) -> list[Measurement]:
    """Run a contender on an empty folder, and us a second time on what is there then."""
    with TemporaryDirectory(prefix="bc-benchmark-") as folder, _database(name) as database:
        place = Path(folder)
        environment = {**_environment(service, place), **database}
        contend = partial(
            _measured, name, scene, service, environment, folder=place, patience=patience
        )
        found = [_said(contend(), say)]
        if name == OURS and not scene.latency_ms:
            found.append(_said(contend(again=True), say))
    return found


@contextmanager
def _database(name: str) -> Iterator[Mapping[str, str]]:
    """Run an empty database for a contender that wants one, and say where it is."""
    if not CONTENDERS[name].database:
        yield {}
        return
    with databases.server("postgresql") as port:
        yield {DATABASE: f"postgresql://bc@127.0.0.1:{port}/postgres"}


def _said(one: Measurement, say: Say) -> Measurement:
    title = CONTENDERS[one.contender].title + (", again" if one.again else "")
    figures = (
        f"{one.seconds:.1f} s, {one.cpu:.1f} CPU s, peak {one.peak_mib:,.0f} MiB, "
        f"{one.requests} requests"
    )
    say(f"{one.scene}: {title}: {one.complaint or figures}")
    return one


def _measured(
    name: str,
    scene: Scene,
    service: Emulated,
    environment: Mapping[str, str],
    *,
    folder: Path,
    patience: float,
    again: bool = False,
) -> Measurement:
    service.forget()
    rows = folder / "rows"
    rows.mkdir(exist_ok=True)
    try:
        report = _contend(name, rows, environment, patience)
        sent = service.requests()
        found = verify.read(report.pop("files"))
    except subprocess.TimeoutExpired:
        why = f"ended: it took more than {patience:,.0f} s"
        return Measurement(name, scene, again, complaint=why)
    except subprocess.CalledProcessError as error:
        said = ((error.output or "") + (error.stderr or ""))[-2000:]
        why = f"FAILED with exit code {error.returncode}:\n{said}"
        return Measurement(name, scene, again, complaint=why)
    return Measurement(
        name,
        scene,
        again,
        requests=sent["api"],
        sign_ins=sent["sign-in"],
        decimals=found.decimals,
        complaint=found.complaint(scene.rows, again=again),
        **report,
    )


def _contend(
    name: str, rows: Path, environment: Mapping[str, str], patience: float
) -> dict[str, Any]:
    """Run a contender in a process of its own; its last line is its report."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.contend", name, str(rows)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=patience,
    )
    report = json.loads(done.stdout.splitlines()[-1])
    return {key: value if key == "files" else float(value) for key, value in report.items()}


def _environment(service: Emulated, folder: Path) -> Mapping[str, str]:
    """Give a contender an Airflow without a past, and no proxy between it and the loopback."""
    return os.environ | {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "NO_PROXY": "127.0.0.1",
        **service.variables,
    }
