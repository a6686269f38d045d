"""The job queue sensor, with the emulator over a socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.sensors.job_queue_entry import BusinessCentralJobQueueEntrySensor

NOBODY = "00000000-0000-0000-0000-00000000dead"
CRONUS = "CRONUS USA, Inc."


def sensor(key: str, **options: Any) -> BusinessCentralJobQueueEntrySensor:
    quick = {"poke_interval": 0.02, "timeout": 5, "deferrable": False, "company": CRONUS}
    given = {**quick, "job_queue_entry": key, **options}
    return BusinessCentralJobQueueEntrySensor(task_id="wait", **given)


def entry(server: Server, **values: Any) -> str:
    given = {"description": "Post", "status": "Ready", **values}
    return str(server.emulator.companies[0].create("jobQueueEntries", given)["id"])


def update(server: Server, key: str, **values: Any) -> None:
    server.emulator.companies[0].update("jobQueueEntries", key, values)


def test_an_entry_that_finishes_is_awaited(connection: Server) -> None:
    key = entry(connection)
    for status in ("Ready", "In\u00a0Process", "On\u00a0Hold", "Waiting"):
        update(connection, key, status=status)
        assert not sensor(key).poke(Context())
    update(connection, key, status="Finished")
    assert sensor(key).execute(Context()) == {"key": key, "state": "Finished"}


def test_an_entry_that_is_gone_has_finished_if_one_says_so(connection: Server) -> None:
    with pytest.raises(AirflowFailException, match="NotFound"):
        sensor(NOBODY).poke(Context())
    found = {"key": NOBODY, "state": "Finished"}
    assert sensor(NOBODY, missing_is_finished=True).execute(Context()) == found


def test_an_error_is_told_in_its_own_words(connection: Server) -> None:
    key = entry(connection, status="Error", errorMessage="The period is closed.")
    with pytest.raises(AirflowException, match=r"Post ended with an error: The period is closed"):
        sensor(key).execute(Context())
    nameless = entry(connection, status="Error", description="")
    with pytest.raises(AirflowException, match="does not say which"):
        sensor(nameless).execute(Context())


def test_a_recurring_entry_has_run_since_a_moment(connection: Server) -> None:
    key = entry(connection, recurringJob=True, lastReadyState="2026-03-02T08:00:00Z")
    with pytest.raises(AirflowFailException, match="recurring"):
        sensor(key).poke(Context())
    for since in ("2026-03-02T08:00:00+00:00", "2026-03-02T09:00:00"):
        assert not sensor(key, since=since).poke(Context())
    assert sensor(key, since="2026-03-02 07:59:59").execute(Context())["state"] == "Ready"
    update(connection, key, status="In\u00a0Process")
    assert not sensor(key, since="2026-03-02T07:00:00").poke(Context())


def test_it_waits_in_the_triggerer(connection: Server) -> None:
    key = entry(connection)
    with pytest.raises(TaskDeferred) as caught:
        sensor(key, deferrable=True).execute(Context())
    update(connection, key, status="Finished")
    event = json.loads(json.dumps(asyncio.run(first(caught.value.trigger))))
    found = sensor(key, deferrable=True).execute_complete(Context(), event)
    assert found == {"key": key, "state": "Finished"}


async def first(trigger: Any) -> Any:
    return (await anext(trigger.run())).payload
