"""One real Airflow for all live tests, beside an emulated Business Central on a real socket."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_bc.emulator import Server, serve
from devtools import live
from tests.airflow_environment import DAGS
from tests.live.live_airflow import LiveAirflow, processes_of
from tests.live.runs import (
    AnsweredRun,
    CopiedRuns,
    MappedRun,
    WaitedRun,
    ask_and_answer,
    copy_twice,
    map_companies,
    wait_then_act,
)
from tests.live.tenant import RememberingEmulator

CONNECTION_ID = "business_central_default"
WEB_CLIENT = "https://bc.example.com"
"""Where people would open what the emulator imitates."""


@pytest.fixture(scope="session")
def emulator() -> RememberingEmulator:
    return RememberingEmulator()


@pytest.fixture(scope="session")
def server(emulator: RememberingEmulator) -> Iterator[Server]:
    with serve(emulator) as server:
        yield server


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example DAGs, which wait seconds instead of minutes and start only when told."""
    return quick_examples(tmp_path_factory.mktemp("dags"))


def quick_examples(folder: Path) -> Path:
    """Copy the example DAGs so that they wait seconds and start only when told."""
    waits = 0
    for path in DAGS.glob("*.py"):
        text = re.sub(r'schedule="@\w+"', "schedule=None", path.read_text())
        text, shortened = re.subn(r"timedelta\(minutes=1\)", "timedelta(seconds=1)", text)
        text, often = re.subn(r"poll_interval=30\b", "poll_interval=1", text)
        assert 'schedule="' not in text, (
            f"{path} has another schedule: its copy would start by itself"
        )
        waits += shortened + often
        (folder / path.name).write_text(text)
    assert waits == 1 + 4, "a wait of wait_then_act.py or build_sandbox.py is written differently"
    return folder


@pytest.fixture(scope="session")
def airflow(
    tmp_path_factory: pytest.TempPathFactory, dags: Path, server: Server
) -> Iterator[LiveAirflow]:
    """A running Airflow that has the emulator as its default connection.

    It logs all it can, as one does to find a fault: even then no secret may be in its logs.
    """
    home = tmp_path_factory.mktemp("live") / "airflow"
    environment = live.variables(home, dags, {})
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    with live.standalone({**environment, "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG"}) as url:
        running = LiveAirflow(environment, url)
        extra = {**server.connection["extra"], "web_client_url": WEB_CLIENT}
        stored = json.dumps({**server.connection, "extra": extra})
        added = running.command("connections", "add", CONNECTION_ID, "--conn-json", stored)
        assert added.returncode == 0, added.stderr
        assert processes_of(home), "its processes cannot be seen, so none would be seen to stay"
        yield running
    assert processes_of(home) == [], "Airflow left processes behind"


@pytest.fixture(scope="session")
def waited(airflow: LiveAirflow, emulator: RememberingEmulator) -> WaitedRun:
    return wait_then_act(airflow, emulator)


@pytest.fixture(scope="session")
def answered(airflow: LiveAirflow, emulator: RememberingEmulator) -> dict[str, AnsweredRun]:
    return ask_and_answer(airflow, emulator.companies[0])


@pytest.fixture(scope="session")
def mapped(airflow: LiveAirflow, tmp_path_factory: pytest.TempPathFactory) -> MappedRun:
    return map_companies(airflow, tmp_path_factory.mktemp("companies"))


@pytest.fixture(scope="session")
def copied(
    airflow: LiveAirflow, emulator: RememberingEmulator, tmp_path_factory: pytest.TempPathFactory
) -> CopiedRuns:
    return copy_twice(airflow, emulator, tmp_path_factory.mktemp("copies"))
