"""Every fault over a real socket, aimed into the middle of a walk."""

from __future__ import annotations

import time

import httpx
import pytest

from airflow_provider_bc.emulator import FAULTS

from .conftest import Client, sign_in

SIZE = {"Prefer": "odata.maxpagesize=50"}
STATUS = {
    "throttled": 429,
    "throttled_text": 429,
    "unavailable": 503,
    "bad_gateway": 502,
    "server_error": 500,
    "gateway_timeout": 504,
    "request_timeout": 408,
    "too_large": 413,
    "html_error": 500,
    "expired_token": 401,
    "revoked": 401,
    "redirect": 302,
    "unauthorized_xml": 401,
    "permission_denied": 400,
    "forbidden": 403,
}
LOST = ("dropped", "dropped_midway", "answer_lost")
SPOILED = (
    "cut_json",
    "error_in_200",
    "missing_value",
    "looping_next_link",
    "foreign_next_link",
    "empty_page_with_next_link",
    "slow",
)


def test_every_fault_is_shown_here() -> None:
    assert {*STATUS, *LOST, *SPOILED} == set(FAULTS)


@pytest.mark.parametrize("name", STATUS)
def test_faults_with_a_status(client: Client, name: str) -> None:
    plan = client.emulator.faults.add(name, after=1, retry_after=7)
    first = client.get("customers", SIZE)
    assert first.status_code == 200
    answer = client.http.get(first.json()["@odata.nextLink"], headers=SIZE)
    assert answer.status_code == STATUS[name]
    assert plan.times == 0
    assert client.emulator.faults.pending == []
    assert client.emulator.log.entries[-1].fault == name
    if name == "revoked":
        assert client.get("customers").status_code == 401
        client.sign_in()
    assert client.get("customers", SIZE).status_code == 200


def test_retry_after_and_bodies(client: Client) -> None:
    faults = client.emulator.faults
    for name, seconds in (("throttled", "9"), ("unavailable", "9"), ("bad_gateway", "9")):
        faults.add(name, retry_after=9)
        assert client.get("items").headers["retry-after"] == seconds
    faults.add("throttled_text")
    answer = client.get("items")
    assert (answer.headers["retry-after"], answer.text) == ("60", "Too Many Requests")
    assert answer.headers["content-type"] == "text/plain"
    faults.add("throttled")
    assert client.error(client.get("items")) == (429, "Application_TooManyRequests")
    faults.add("permission_denied")
    assert client.error(client.get("items")) == (400, "Internal_ServerError")
    faults.add("unauthorized_xml")
    assert client.get("items").text.startswith("<?xml")
    faults.add("redirect")
    assert client.get("items").headers["location"].startswith("https://elsewhere.invalid/")
    faults.add("html_error")
    assert client.get("items").text.startswith("<html>")


@pytest.mark.parametrize("name", LOST)
def test_lost_connections(client: Client, name: str) -> None:
    client.emulator.faults.add(name, after=1)
    assert client.get("customers").status_code == 200
    with pytest.raises(httpx.TransportError):
        client.get("customers")
    assert client.get("customers").status_code == 200
    status = 200 if name == "dropped_midway" else None
    assert client.emulator.log.entries[-2].status == status


def test_a_part_arrives_before_the_connection_is_lost(client: Client) -> None:
    client.emulator.faults.add("dropped_midway")
    received: list[bytes] = []
    with client.http.stream("GET", client.path("customers")) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.TransportError):
            received.extend(answer.iter_raw())
    assert b"".join(received).startswith(b'{"@odata.context"')


def test_spoiled_pages(client: Client) -> None:
    faults = client.emulator.faults
    url = str(httpx.URL(client.server.url + client.path("customers")))
    whole = client.get("customers", SIZE)
    faults.add("cut_json")
    assert whole.text.startswith(client.get("customers", SIZE).text)
    faults.add("error_in_200")
    answer = client.get("customers", SIZE)
    assert (answer.status_code, "error" in answer.json()) == (200, True)
    faults.add("missing_value")
    assert "value" not in client.get("customers", SIZE).json()
    faults.add("looping_next_link")
    loop = client.get("customers", SIZE).json()
    assert (loop["@odata.nextLink"], len(loop["value"])) == (url, 50)
    faults.add("foreign_next_link")
    foreign = client.get("customers", SIZE).json()["@odata.nextLink"]
    assert foreign.startswith("https://elsewhere.invalid/v2.0/")
    faults.add("empty_page_with_next_link")
    empty = client.get("customers", SIZE).json()
    assert (empty["value"], empty["@odata.nextLink"]) == ([], url)


def test_slow(client: Client) -> None:
    client.emulator.faults.add("slow", delay=0.2)
    start = time.monotonic()
    assert client.get("customers", SIZE).status_code == 200
    assert time.monotonic() - start >= 0.2


def test_spoiling_waits_for_an_answer_that_is_right(client: Client) -> None:
    plan = client.emulator.faults.add("cut_json")
    assert client.get("nope").status_code == 404
    assert plan.times == 1


def test_where(client: Client) -> None:
    faults = client.emulator.faults
    faults.add("unavailable", where="token")
    faults.add("server_error", times=2, where="/vendors")
    faults.add("too_large", where="metadata")
    assert client.get("customers").status_code == 200
    assert sign_in(client.http, client.emulator).status_code == 503
    assert sign_in(client.http, client.emulator).status_code == 200
    assert [client.get("vendors").status_code for _ in range(3)] == [500, 500, 200]
    assert client.http.get("/v2.0/Production/api/v2.0/$metadata").status_code == 413
    faults.add("throttled_text", where="discovery")
    assert client.http.get("/common/discovery/v2.0/keys").status_code == 429
    faults.add("server_error")
    faults.clear()
    assert client.get("customers").status_code == 200


def test_plans_that_make_no_sense(client: Client) -> None:
    for wrong in ({"name": "nope"}, {"name": "slow", "where": ""}, {"name": "slow", "times": -1}):
        with pytest.raises(ValueError, match=r"unknown fault|must not"):
            client.emulator.faults.add(**wrong)


def test_in_memory_a_drop_is_lost(client: Client) -> None:
    from airflow_provider_bc.wire import Lost, Request, Response  # noqa: PLC0415

    request = Request("GET", f"{client.server.url}/common/discovery/v2.0/keys")
    client.emulator.faults.add("dropped", where="discovery")
    client.emulator.faults.add("dropped_midway", where="discovery")
    first, second = client.emulator.handle(request), client.emulator.handle(request)
    assert isinstance(first, Lost)
    assert isinstance(second, Lost)
    assert "before the response" in first.reason
    assert "bytes of the body" in second.reason
    assert isinstance(client.emulator.handle(request), Response)
