"""One connection that shares its load with others: two apps, two limits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.bc.authorization import AppRecord
from airflow_provider_bc.emulator.entra.directory import Application, Secret
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook

SECOND = "0b1c2d3e-1111-4222-8333-944445555666"
LATENCY = 0.25
REQUESTS = 200
ROWS = 50


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve(Emulator()) as server:
        add_second(server, monkeypatch)
        yield server


def add_second(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a second app, and let the first connection name it."""
    emulator = server.emulator
    emulator.directory.applications.append(Application(SECOND, "Second", [Secret("secret-2")]))
    emulator.app_records[SECOND] = AppRecord()
    name(monkeypatch, "bc_first", server, principals="bc_second, bc_first")
    name(monkeypatch, "bc_alone", server)
    name(monkeypatch, "bc_second", server, login=SECOND, password="secret-2")


def name(monkeypatch: pytest.MonkeyPatch, conn_id: str, server: Server, **changes: Any) -> None:
    standard: dict[str, Any] = {
        key: changes.pop(key) for key in ("login", "password") if key in changes
    }
    connection = {**server.connection, **standard}
    connection["extra"] = {**connection["extra"], **changes}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))


def asked_by(server: Server) -> list[str | None]:
    entries = server.emulator.log.entries
    return [one.principal for one in entries if one.kind == "data"]


def test_requests_alternate_between_two_apps(server: Server) -> None:
    with BusinessCentralHook("bc_first") as hook:
        pages = list(hook.read_pages("customers", page_size=10))
        assert len(pages) > 3

    by = asked_by(server)
    assert by == [(server.emulator.client_id, SECOND)[at % 2] for at in range(len(by))]


def test_they_do_so_on_an_event_loop(server: Server) -> None:
    async def read() -> int:
        async with await BusinessCentralHook("bc_first").get_async_conn() as client:
            return len([page async for page in client.read_pages("customers", page_size=10)])

    assert asyncio.run(read()) > 3
    assert set(asked_by(server)) == {server.emulator.client_id, SECOND}


def test_an_app_that_is_refused_is_set_aside(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    del server.emulator.app_records[SECOND]

    with BusinessCentralHook("bc_first") as hook:
        assert len(list(hook.read("customers", page_size=10))) > 30

    assert asked_by(server).count(SECOND) == 2  # a request, and its replay with a new token
    assert "'bc_second' is set aside" in caplog.text
    assert "secret-2" not in caplog.text


def test_when_every_app_is_refused_the_error_is_raised(server: Server) -> None:
    server.emulator.app_records.clear()

    with BusinessCentralHook("bc_first") as hook, pytest.raises(AuthenticationError):
        hook.companies()


def test_connections_to_two_environments_are_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(monkeypatch, "bc_second", server, environment="Sandbox")

    with (
        BusinessCentralHook("bc_first") as hook,
        pytest.raises(ConfigurationError, match="environment differ"),
    ):
        hook.companies()

    # a task that names the environment itself gives it to all of them
    with BusinessCentralHook("bc_first", environment="Production") as hook:
        assert hook.companies()


def test_one_that_does_not_exist_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    name(monkeypatch, "bc_first", server, principals="bc_gone")

    async def connect() -> None:
        await BusinessCentralHook("bc_first").get_async_conn()

    said = "'bc_first' names 'bc_gone' among its Other connections"
    with BusinessCentralHook("bc_first") as hook:
        with pytest.raises(ConfigurationError, match=said) as caught:
            hook.companies()
        assert "take it off" in caught.value.remedy
    with pytest.raises(ConfigurationError, match=said):
        asyncio.run(connect())


def test_a_task_may_name_the_tenant(server: Server) -> None:
    hook = BusinessCentralHook("bc_first", tenant_id="fabrikam.example.com")
    with hook, pytest.raises(AuthenticationError, match="AADSTS90002"):
        hook.companies()
    with BusinessCentralHook("bc_first", tenant_id=server.emulator.directory.domain) as hook:
        assert hook.companies()


@pytest.mark.prove
def test_two_apps_read_close_to_twice_as_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Emulator(page_latency=LATENCY)) as server:
        add_second(server, monkeypatch)
        alone, shared = rows_a_second("bc_alone"), rows_a_second("bc_first")

    assert shared > 1.7 * alone, f"{alone:.0f} rows/s alone, {shared:.0f} with a second app"


def rows_a_second(conn_id: str) -> float:
    """Read pages by as many threads as two apps may have requests under way."""
    with BusinessCentralHook(conn_id) as hook, ThreadPoolExecutor(10) as pool:

        def read(_: int) -> int:
            return len(list(hook.read("generalLedgerEntries", top=ROWS)))

        read(0)
        list(pool.map(read, range(2)))
        begun = time.monotonic()
        rows = sum(pool.map(read, range(REQUESTS)))
        speed = rows / (time.monotonic() - begun)
    print(f"{conn_id}: {speed:.0f} rows/s")  # noqa: T201 - `pytest -s` shows the figure
    return speed
