"""The DAG that builds a sandbox, on a real Airflow with scheduler and triggerer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import sandbox
from tests.live.live_airflow import LiveAirflow
from tests.live.tenant import RememberingEmulator

pytestmark = pytest.mark.live

ONCE = {
    "copies": 1,
    "companies": 1,
    "packages": 1,
    "imports": 1,
    "applications": 1,
    "extensions": 1,
}


def test_a_sandbox_is_built_and_no_slot_is_held_while_it_waits(
    airflow: LiveAirflow, emulator: RememberingEmulator, tmp_path: Path
) -> None:
    emulator.operation_seconds = emulator.background.seconds = 8
    run = sandbox.begin(airflow, tmp_path, "Live")
    for task_id in sandbox.WAITING:
        trigger = sandbox.deferred(airflow, run, task_id)
        slots, states = sandbox.slots(airflow), {one["state"] for one in airflow.tasks(run)}
        assert sandbox.trigger_of(airflow, run, task_id) == trigger, "the waiting was too short"
        assert not {"running", "queued"} & states
        assert slots == {"occupied": 0, "running": 0, "queued": 0}
    assert airflow.end_of(run) == "success"
    assert sandbox.works(emulator, "Live")
    assert sandbox.begun(emulator, "Live") == ONCE
    links = airflow.links(run, "copy_environment")
    assert str(links["Business Central environment"]).endswith("/Live")
