"""A real Airflow whose parts are processes of their own: each can be killed and replaced."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from devtools import live
from tests.live.live_airflow import LiveAirflow, wait_for

PARTS = ("api-server", "dag-processor", "scheduler", "triggerer")
SOON_MISSED = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "6",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "4",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "10",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
}
"""How Airflow notices a death within seconds: by default it takes minutes."""


class Components:
    """The parts of one Airflow.

    :param environment: its variables.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**environment, **SOON_MISSED}
        self.home = Path(environment["AIRFLOW_HOME"])
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str) -> None:
        """Start a part, in a process group of its own."""
        with (self.home / f"{part}.log").open("ab") as output:
            self._running[part] = subprocess.Popen(
                ["airflow", part],
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """Let a part die with all its children at once, as if its machine had lost power."""
        process = self._running.pop(part)
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        psutil.wait_procs(children, timeout=10)

    def kill_task(self, instance_id: str) -> None:
        """Kill the process that runs a task instance, and the one that supervises it."""
        scheduler = psutil.Process(self._running["scheduler"].pid)
        running = [one for one in scheduler.children(recursive=True) if instance_id in _title(one)]
        assert running, "no process runs that task"
        supervisors = {one.parent() for one in running} - {scheduler, None}
        for one in {*running, *supervisors}:
            if one is not None and one.is_running():
                one.kill()

    def close(self) -> None:
        """End every part."""
        for part in list(self._running):
            self.kill(part)


def _title(process: psutil.Process) -> str:
    """Read what a process calls itself; "" for one that has ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


@contextmanager
def components(environment: Mapping[str, str]) -> Iterator[tuple[Components, LiveAirflow]]:
    """Run an Airflow in parts while the block runs."""
    parts = Components(environment)
    parts.home.mkdir(parents=True)
    migrate = ["airflow", "db", "migrate"]
    subprocess.run(migrate, env=parts.environment, check=True, capture_output=True)
    url = environment["AIRFLOW__API__BASE_URL"]
    try:
        for part in PARTS:
            parts.start(part)
        wait_for("a healthy Airflow", lambda: live.healthy(url), live.START_SECONDS)
        yield parts, LiveAirflow(parts.environment, url)
    finally:
        parts.close()
