"""The record trigger, as the triggerer runs it."""

from __future__ import annotations

import asyncio
import importlib
import json
import time
from typing import Any

from airflow.sdk.serde import deserialize, serialize
from airflow.triggers.base import TriggerEvent

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.record_watch import RecordWatch
from airflow_provider_bc.triggers.record import BusinessCentralRecordTrigger


def trigger(seconds: float = 5, **watch: Any) -> BusinessCentralRecordTrigger:
    return BusinessCentralRecordTrigger(
        bc_conn_id="business_central_default",
        environment=None,
        company=None,
        end_time=time.time() + seconds,
        poll_interval=0.02,
        failures_allowed=2,
        **{"entity_set": "customers", **watch},
    )


async def first_event(one: BusinessCentralRecordTrigger) -> TriggerEvent:
    return await anext(one.run())


def run(one: BusinessCentralRecordTrigger) -> dict[str, Any]:
    payload = asyncio.run(first_event(one)).payload
    assert isinstance(payload, dict)
    assert json.loads(json.dumps(payload)) == payload
    return payload


def test_it_survives_the_way_to_the_triggerer() -> None:
    there = trigger(where="city eq 'O''Hara'", at_least=2)
    path, arguments = there.serialize()
    assert all(
        value is None or isinstance(value, str | int | float | bool) for value in arguments.values()
    )
    travelled = deserialize(json.loads(json.dumps(serialize(arguments))))
    assert isinstance(travelled, dict)
    module, _, name = path.rpartition(".")
    back = getattr(importlib.import_module(module), name)(**travelled)
    assert back.serialize() == (path, arguments)
    assert back.watch == RecordWatch("customers", where="city eq 'O''Hara'", at_least=2)


def test_it_tells_at_once_what_is_there_already(connection: Server) -> None:
    found = run(trigger(where="city eq 'Miami'"))
    assert found["status"] == "success"
    assert found["found"]["rows"] > 0


def test_it_waits_until_the_record_changes(connection: Server) -> None:
    company = connection.emulator.companies[0]
    key = str(company.create("customers", {"displayName": "New"})["id"])

    async def change_while_waiting() -> Any:
        watch = trigger(60, key=key, field="city", value="Kiel")
        waiting = asyncio.create_task(first_event(watch))
        while connection.emulator.log.count(path=f"/customers({key})") < 2:
            assert not waiting.done()
            await asyncio.sleep(0.02)
        assert not waiting.done()
        company.update("customers", key, {"city": "Kiel"})
        return await waiting

    event = asyncio.run(change_while_waiting())
    assert event.payload["found"] == {"key": key, "value": "Kiel"}


def test_it_gives_up_at_the_deadline(connection: Server) -> None:
    found = run(trigger(0.1, where="city eq 'Nowhere'"))
    assert (found["status"], found["message"]) == ("timeout", "")
    assert found["subject"] == "customers city eq 'Nowhere'"


def test_it_looks_once_more_at_the_deadline_itself(connection: Server) -> None:
    late = BusinessCentralRecordTrigger(
        bc_conn_id="business_central_default",
        environment=None,
        company=None,
        end_time=time.time() + 3,
        poll_interval=60,
        failures_allowed=2,
        entity_set="customers",
        where="city eq 'Nowhere'",
    )
    started = time.monotonic()
    assert run(late)["status"] == "timeout"
    assert time.monotonic() - started > 2.5
    assert connection.emulator.log.count(path="/customers/$count") == 2


def test_the_deadline_names_what_was_wrong(impatient: Server) -> None:
    impatient.emulator.faults.add("unavailable", times=100, where="/customers")
    found = run(trigger(0.1, where="city eq 'Miami'"))
    assert found["status"] == "timeout"
    assert "HTTP 503" in found["message"]


def test_it_tells_what_no_waiting_cures(connection: Server) -> None:
    found = run(trigger(where="city eq Nowhere'"))
    assert (found["status"], found["error"]) == ("error", "ConfigurationError")


def test_failures_in_a_row_are_counted(impatient: Server) -> None:
    impatient.emulator.faults.add("unavailable", times=2, where="/customers")
    assert run(trigger(where="city eq 'Miami'"))["status"] == "success"
    impatient.emulator.faults.add("unavailable", times=3, where="/customers")
    found = run(trigger(where="city eq 'Miami'"))
    assert (found["status"], found["error"]) == ("error", "Unavailable")


def test_it_does_not_hold_up_the_triggerer(connection: Server) -> None:
    """Two dozen triggers share one event loop, and each of them gets its turn."""
    connection.emulator.limits.enabled = False

    async def all_of_them() -> list[Any]:
        many = [trigger(where="city eq 'Miami'") for _ in range(24)]
        return list(await asyncio.gather(*(first_event(one) for one in many)))

    events = asyncio.run(all_of_them())
    assert {event.payload["status"] for event in events} == {"success"}
    assert connection.emulator.log.count(kind="token") == 1


def test_an_app_of_several_tenants_is_told_which(connection: Server) -> None:
    arguments: dict[str, Any] = {**trigger().serialize()[1], "tenant_id": "x.com"}
    said = run(BusinessCentralRecordTrigger(**arguments))
    assert said["status"] == "error"
    assert "AADSTS90002" in said["message"]
