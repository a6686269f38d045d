"""Waiting in the worker, and waiting in the triggerer: the same question, the same end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk.exceptions import TaskDeferralTimeout as DeferralTimeout

from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.record_watch import RecordWatch
from airflow_provider_bc.operators.waiting_operator import WaitingOperator
from airflow_provider_bc.triggers.record import BusinessCentralRecordTrigger


class CancelableWatch(RecordWatch):
    """A record that is deleted when nobody waits for it any more."""

    def cancel(self, client: Vocabulary) -> Conversation[None]:
        yield from client.operations.request("DELETE", f"customers({self.key})")


class CancelableTrigger(BusinessCentralRecordTrigger):
    watch_class = CancelableWatch


class WaitForCity(WaitingOperator):
    """Waits for the city of a customer, then for its currency."""

    def __init__(self, *, key: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.key = key

    def execute(self, context: Context) -> Any:
        watch = CancelableWatch("customers", key=self.key, field="city", value="Kiel")
        return self.wait(context, CancelableTrigger, watch, self.arrived)

    def arrived(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        watch = CancelableWatch("customers", key=self.found(event)["key"])
        return self.wait(context, CancelableTrigger, watch, self.done)

    def done(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        del context
        return {**self.found(event)}


@pytest.fixture
def key(connection: Server) -> str:
    return str(connection.emulator.companies[0].create("customers", {"displayName": "New"})["id"])


def task(key: str, **arguments: Any) -> WaitForCity:
    quick: dict[str, Any] = {"poll_interval": 0.02, "timeout": 5, "failures_allowed": 1}
    return WaitForCity(task_id="wait", key=key, **{**quick, **arguments})


def let_it_arrive(server: Server, key: str) -> None:
    server.emulator.companies[0].update("customers", key, {"city": "Kiel"})


def deferred(one: WaitForCity) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        one.execute(Context())
    return caught.value


def deadline(left: TaskDeferred) -> float:
    return float(left.trigger.serialize()[1]["end_time"])


def event_of(left: TaskDeferred) -> dict[str, Any]:
    async def first() -> Any:
        return (await anext(left.trigger.run())).payload

    payload: dict[str, Any] = json.loads(json.dumps(asyncio.run(first())))
    return payload


def test_it_waits_in_the_worker(connection: Server, key: str) -> None:
    let_it_arrive(connection, key)
    assert task(key, deferrable=False).execute(Context()) == {"key": key}


def test_it_waits_in_the_triggerer_with_one_deadline_for_all_of_it(
    connection: Server, key: str
) -> None:
    first = deferred(task(key, deferrable=True))
    assert first.method_name == "arrived"
    let_it_arrive(connection, key)
    with pytest.raises(TaskDeferred) as caught:
        task(key, deferrable=True).arrived(Context(), event_of(first))
    second = caught.value
    assert second.method_name == "done"
    assert deadline(second) == deadline(first)
    assert task(key, deferrable=True).done(Context(), event_of(second)) == {"key": key}


def test_a_deadline_that_passes_says_that_a_retry_goes_on(connection: Server, key: str) -> None:
    said = r"customers .*: not ended within .* a retry"
    with pytest.raises(DeferralTimeout, match=said):
        task(key, deferrable=False, timeout=0.05).execute(Context())
    late = task(key, deferrable=True, timeout=0.05)
    left = deferred(late)
    with pytest.raises(DeferralTimeout, match=said):
        late.arrived(Context(), event_of(left))
    assert connection.emulator.log.count(path=f"/customers({key})") >= 2


def test_what_will_not_come_to_pass_fails_the_task(connection: Server, key: str) -> None:
    connection.emulator.companies[0].delete("customers", key)
    with pytest.raises(AirflowFailException, match="NotFound"):
        task(key, deferrable=False).execute(Context())
    left = deferred(task(key, deferrable=True))
    with pytest.raises(AirflowFailException, match="NotFound"):
        task(key).arrived(Context(), event_of(left))


@pytest.mark.parametrize(
    ("fault", "requests", "error"),
    [
        ("unavailable", 1, "Unavailable"),
        ("gateway_timeout", 1, "RequestTooLarge"),
        ("request_timeout", 1, "RequestTooLarge"),
        ("cut_json", 3, "GarbledAnswer"),  # one look asks three times for a whole answer
    ],
)
def test_failures_in_a_row_are_counted_in_the_worker_too(
    impatient: Server, fault: str, requests: int, error: str
) -> None:
    company = impatient.emulator.companies[0]
    there = str(company.create("customers", {"displayName": "New", "city": "Kiel"})["id"])
    impatient.emulator.faults.add(fault, times=requests, where="/customers")
    assert task(there, deferrable=False).execute(Context()) == {"key": there}
    impatient.emulator.faults.add(fault, times=2 * requests, where="/customers")
    with pytest.raises(AirflowException, match=error):
        task(there, deferrable=False).execute(Context())
    assert not impatient.emulator.faults.pending


def test_ending_the_task_stops_what_can_be_stopped(connection: Server, key: str) -> None:
    left = deferred(task(key, deferrable=True))
    asyncio.run(left.trigger.on_kill())
    rows = connection.emulator.companies[0].rows("customers")
    assert key not in {row["id"] for row in rows}


def test_ending_the_task_in_its_worker_does_so_too(connection: Server, key: str) -> None:
    here = task(key, deferrable=False)
    here.on_kill()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(here.execute, Context())
        while connection.emulator.log.count(path=f"/customers({key})") == 0:
            time.sleep(0.01)
        here.on_kill()
        with pytest.raises(AirflowFailException, match="NotFound"):
            waiting.result()
    assert connection.emulator.log.count(method="DELETE") == 1


def test_without_a_triggerer_the_waiting_ends_behind_the_deadline(
    connection: Server, key: str
) -> None:
    late = task(key, deferrable=True, timeout=0.05)
    left = deferred(late)
    # Where there is a triggerer, its own event is first, with what the trouble was.
    assert timedelta(minutes=15) <= left.timeout <= timedelta(minutes=15, seconds=1)
    assert event_of(left)["status"] == "timeout"
    with pytest.raises(DeferralTimeout, match="Trigger timeout"):
        late.resume_execution("__fail__", {"error": "Trigger timeout"}, Context())


def test_a_retry_has_the_whole_time_again(connection: Server, key: str) -> None:
    before = time.time()
    left = deferred(task(key, deferrable=True, timeout=100))
    assert before + 100 <= deadline(left) <= time.time() + 100
