"""Operational limits (facts: bc-data-api.md section 9)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve
from airflow_provider_bc.emulator.limits import Limits
from airflow_provider_bc.emulator.odata.errors import ODataError

from .conftest import Client


def test_the_window_slides_by_the_clock() -> None:
    clock = VirtualClock()
    limits = Limits(clock)
    for _ in range(3000):
        limits.count("a")
    clock.advance(200)
    for _ in range(3000):
        limits.count("a")
    with pytest.raises(ODataError, match=r"Actual \(6001\). Maximum \(6000\)"):
        limits.count("a")
    limits.count("b")
    clock.advance(100)
    for _ in range(3000):
        limits.count("a")
    with pytest.raises(ODataError):
        limits.count("a")


def test_over_the_wire(client: Client) -> None:
    client.emulator.limits.rate = 2
    codes = [client.get("items/$count").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    answer = client.get("items")
    assert client.error(answer) == (429, "Application_TooManyRequests")
    assert "retry-after" not in answer.headers
    client.emulator.limits.enabled = False
    assert client.get("items").status_code == 200


def test_running_and_waiting() -> None:
    limits = Limits(VirtualClock())
    started: list[int] = []
    assert all(limits.arrive("a", lambda: None) for _ in range(5))
    for number in range(95):
        assert not limits.arrive("a", lambda n=number: started.append(n))  # type: ignore[misc]
    with pytest.raises(ODataError, match=r"Actual \(101\). Maximum \(100\)"):
        limits.arrive("a", lambda: None)
    assert limits.arrive("b", lambda: None)
    limits.leave("a")
    limits.leave("a")
    assert started == [0, 1]


def _get(client: Client) -> int:
    return httpx.get(
        client.server.url + client.path("items/$count"),
        headers=client.http.headers,
        timeout=20,
    ).status_code


def test_five_at_once_the_others_wait() -> None:
    with serve(Emulator(page_latency=0.1)) as running:
        client = Client(running)
        with closing(client.http), ThreadPoolExecutor(12) as pool:
            codes = list(pool.map(lambda _: _get(client), range(12)))
    assert codes == [200] * 12


def test_a_full_queue_and_a_queue_that_takes_too_long() -> None:
    emulator = Emulator(page_latency=1.5)
    emulator.limits.concurrent, emulator.limits.queue = 1, 1
    emulator.limits.patience = 0.7
    with serve(emulator) as running:
        client = Client(running)
        with closing(client.http), ThreadPoolExecutor(3) as pool:
            codes = sorted(pool.map(lambda _: _get(client), range(3)))
            assert codes == [200, 429, 503]
            assert _get(client) == 200
