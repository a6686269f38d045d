"""Kill the triggerer, the scheduler or a worker while a task waits: nothing is begun twice."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from devtools import live
from tests.live import sandbox
from tests.live.components import Components, components
from tests.live.conftest import CONNECTION_ID, quick_examples
from tests.live.live_airflow import LiveAirflow, processes_of, wait_for
from tests.live.test_sandbox import ONCE

pytestmark = [pytest.mark.live, pytest.mark.prove]


@pytest.fixture(scope="module")
def business_central_with_time() -> Iterator[Server]:
    """An emulator whose operations take long enough to be disturbed."""
    emulator = Emulator()
    emulator.tenant.quotas["Sandbox"] = 99
    emulator.operation_seconds = emulator.background.seconds = 8
    with serve(emulator) as server:
        yield server


@pytest.fixture(scope="module")
def parts(
    tmp_path_factory: pytest.TempPathFactory, business_central_with_time: Server
) -> Iterator[tuple[Components, LiveAirflow]]:
    home = tmp_path_factory.mktemp("killed") / "airflow"
    dags = quick_examples(tmp_path_factory.mktemp("dags"))
    connections = {CONNECTION_ID: business_central_with_time.connection}
    environment = live.variables(home, dags, connections)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    with components(environment) as running:
        yield running
    assert processes_of(home) == [], "Airflow left processes behind"


def ended_well(airflow: LiveAirflow, emulator: Emulator, run: str, name: str) -> None:
    end = wait_for(f"the end of {run}", lambda: airflow.ended(run), 300)
    assert end["state"] == "success", airflow.errors_of(run)
    assert sandbox.works(emulator, name)
    assert sandbox.begun(emulator, name) == ONCE


@pytest.mark.parametrize("part", ["triggerer", "scheduler"])
@pytest.mark.parametrize("task_id", sandbox.WAITING)
def test_a_part_that_dies_while_a_task_waits(
    parts: tuple[Components, LiveAirflow],
    business_central_with_time: Server,
    tmp_path: Path,
    part: str,
    task_id: str,
) -> None:
    running, airflow = parts
    emulator = business_central_with_time.emulator
    name = f"{part}-{task_id}".replace("_", "-")[:29]
    run = sandbox.begin(airflow, tmp_path, name)
    assert sandbox.deferred(airflow, run, task_id)
    running.kill(part)
    running.start(part)
    ended_well(airflow, emulator, run, name)


def test_a_worker_that_dies_between_the_request_and_its_answer(
    parts: tuple[Components, LiveAirflow], business_central_with_time: Server, tmp_path: Path
) -> None:
    running, airflow = parts
    emulator = business_central_with_time.emulator
    emulator.faults.add("slow", delay=30, where="/environments/Production/copy")
    run = sandbox.begin(airflow, tmp_path, "worker")

    def copying() -> str | None:
        (task,) = (one for one in airflow.tasks(run) if one["task_id"] == "copy_environment")
        accepted = any(one.name == "worker" for one in emulator.environments)
        return str(task["id"]) if accepted and task["state"] == "running" else None

    running.kill_task(wait_for("the copy that was accepted", copying))
    ended_well(airflow, emulator, run, "worker")
    (copy,) = (one for one in airflow.tasks(run) if one["task_id"] == "copy_environment")
    assert copy["try_number"] >= 2
