"""The job queue sensor, with the emulator over a socket."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.bc import job_queue
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.sensors.job_queue_entry import BusinessCentralJobQueueEntrySensor

NOBODY = "00000000-0000-0000-0000-00000000dead"
CRONUS = "CRONUS USA, Inc."


def sensor(key: str, **options: Any) -> BusinessCentralJobQueueEntrySensor:
    quick = {"poke_interval": 0.02, "timeout": 5, "deferrable": False, "company": CRONUS}
    given = {**quick, "job_queue_entry": key, **options}
    return BusinessCentralJobQueueEntrySensor(task_id="wait", **given)


def entry(server: Server, **values: Any) -> str:
    given = {"description": "Post", "status": "Ready", "jobQueueEntryId": str(uuid4()), **values}
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


def run(server: Server, key: str) -> None:
    job_queue.run(server.emulator.companies[0], key)


def now() -> str:
    time.sleep(0.002)  # the service tells milliseconds
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def test_a_recurring_entry_has_run_when_its_log_says_so(connection: Server) -> None:
    key, other = entry(connection, recurringJob=True), entry(connection, recurringJob=True)
    run(connection, key)
    since = now()
    run(connection, other)
    assert not sensor(key, since=since).poke(Context())
    connection.emulator.background.seconds = 3600
    run(connection, key)
    assert not sensor(key, since=since).poke(Context())
    connection.emulator.clock.advance(3600)
    assert sensor(key, since=since).execute(Context()) == {"key": key, "state": "Ready"}
    assert not sensor(key, since=now()).poke(Context())


def test_a_recurring_entry_that_was_restarted_has_not_run_by_that(connection: Server) -> None:
    key = entry(connection, recurringJob=True)
    since = now()
    background = connection.emulator.background
    background.failures["job"] = "The period is closed."
    run(connection, key)
    with pytest.raises(AirflowException, match="The period is closed"):
        sensor(key, since=since).poke(Context())
    with BusinessCentralHook(company=CRONUS) as hook:
        hook.act("jobQueueEntries", key, "restart")
    assert not sensor(key, since=since).poke(Context())
    background.failures.clear()
    run(connection, key)
    assert sensor(key, since=since).poke(Context())


def test_a_run_that_failed_is_a_failure_unless_it_is_tried_again(connection: Server) -> None:
    key = entry(connection, recurringJob=True)
    since = now()
    connection.emulator.background.failures["job"] = "The period is closed."
    run(connection, key)
    update(connection, key, status="Ready", numberOfAttemptsToRun=1)
    assert not sensor(key, since=since).poke(Context())
    update(connection, key, numberOfAttemptsToRun=0)
    with pytest.raises(AirflowException, match=r"Post ended with an error: The period is closed"):
        sensor(key, since=since).poke(Context())


def test_a_recurring_entry_needs_a_moment(connection: Server) -> None:
    key = entry(connection, recurringJob=True)
    with pytest.raises(AirflowFailException, match=r"recurring.*Give since"):
        sensor(key).poke(Context())


@pytest.mark.parametrize("since", ["None", "", "yesterday", "2026-03-02T08:00:00"])
def test_a_moment_that_is_none_is_said_at_once(connection: Server, since: str) -> None:
    for key in (entry(connection), entry(connection, recurringJob=True)):
        for deferrable in (False, True):
            with pytest.raises(AirflowFailException, match="since is "):
                sensor(key, since=since, deferrable=deferrable).execute(Context())


@pytest.mark.parametrize("key", ["", "POST", "None"])
def test_what_is_no_id_has_not_finished(connection: Server, key: str) -> None:
    with pytest.raises(AirflowFailException, match="job_queue_entry is "):
        sensor(key, missing_is_finished=True).execute(Context())


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
