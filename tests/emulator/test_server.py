"""The doors: loopback only, quick to open and close, driven from outside."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, SystemClock, VirtualClock, serve
from airflow_provider_bc.emulator.__main__ import main
from airflow_provider_bc.wire import Request, Response

from .conftest import Client, sign_in

if TYPE_CHECKING:
    from airflow_provider_bc.emulator import Server


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "example.com", ""])  # noqa: S104
def test_only_the_loopback_is_bound(host: str) -> None:
    with pytest.raises(ValueError, match="only"), serve(Emulator(), host=host):
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_loopback_names(host: str) -> None:
    with serve(Emulator(), host=host) as running:
        assert httpx.get(f"{running.url}/nope").status_code == 501
        assert running.url == f"http://{host}:{running.port}"


def test_opening_and_closing_is_quick() -> None:
    emulator = Emulator()
    start = time.monotonic()
    for _ in range(5):
        with serve(emulator) as running, httpx.Client(base_url=running.url) as http:
            assert sign_in(http, emulator).status_code == 200
    assert (time.monotonic() - start) / 5 < 0.5


def test_tls() -> None:
    with serve(Emulator(), tls=True) as running:
        assert running.url.startswith("https://127.0.0.1:")
        assert running.connection["host"] == "https://127.0.0.1"
        import ssl  # noqa: PLC0415

        context = ssl.create_default_context(cafile=running.ca_file)
        with httpx.Client(base_url=running.url, verify=context) as http:
            assert sign_in(http, running.emulator).status_code == 200


def test_connection(server: Server) -> None:
    connection = json.loads(server.connection_json)
    assert connection == server.connection
    assert connection["conn_type"] == "business_central"
    assert connection["login"] == server.emulator.client_id
    assert connection["password"] == server.emulator.client_secret
    assert connection["port"] == server.port
    assert connection["host"] == "http://127.0.0.1"
    assert connection["extra"] == {
        "tenant_id": server.emulator.tenant_id,
        "environment": "Production",
        "company": "CRONUS USA, Inc.",
        "authority_host": server.url,
    }
    assert server.ca_file is None


def test_no_token_outlives_its_emulator_when_the_port_comes_back() -> None:
    with serve(Emulator()) as first, closing(Client(first).http) as http:
        token = sign_in(http, first.emulator).json()["access_token"]
    with serve(Emulator(), first.port) as second, httpx.Client(base_url=second.url) as http:
        assert second.connection["password"] != first.connection["password"]
        path = f"/v2.0/{second.emulator.tenant_id}/Production/api/v2.0/companies"
        answer = http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert sign_in(http, second.emulator).status_code == 200


def test_gzip_on_demand() -> None:
    with serve(Emulator(), compressed=True) as running:
        client = Client(running)
        with closing(client.http):
            assert client.get("items").headers["content-encoding"] == "gzip"
            plain = client.get("items", {"Accept-Encoding": "identity"})
            assert "content-encoding" not in plain.headers
            raw = {"Accept-Encoding": "gzip"}
            with client.http.stream("GET", client.path("items"), headers=raw) as answer:
                assert gzip.decompress(b"".join(answer.iter_raw())) == plain.content


def test_log_knows_no_secret(client: Client) -> None:
    client.emulator.log.clear()
    client.get("customers", {"Prefer": "odata.maxpagesize=5", "client-request-id": "mine"}, top="1")
    client.sign_in()
    client.http.get("/nope")
    data, token, unknown = client.emulator.log.entries
    assert (data.method, data.kind, data.status, data.bearer) == ("GET", "data", 200, True)
    assert data.query == "%24top=1"
    assert data.principal == client.emulator.client_id
    assert data.headers["prefer"] == "odata.maxpagesize=5"
    assert data.headers["client-request-id"] == "mine"
    assert "authorization" not in data.headers
    assert (token.kind, unknown.kind) == ("token", "unknown")
    assert client.emulator.log.count() == 3
    assert client.emulator.log.count("token") == 1
    assert client.emulator.log.count(path="customers", method="GET", status=200) == 1
    assert client.emulator.client_secret not in repr(client.emulator.log.entries)


def _order(client: Client, method: str, what: str, **body: Any) -> httpx.Response:
    return client.http.request(method, f"/_emulator/{what}", json=body or None)


def test_control_door(client: Client) -> None:
    assert _order(client, "GET", "connection").json() == client.server.connection
    day = _order(client, "POST", "business-day").json()
    assert day["company"] == "CRONUS USA, Inc."
    other = _order(client, "POST", "business-day", company="Bob's Ümlaut & Co.").json()
    assert other["created"]["customers"]
    fault = _order(client, "POST", "faults", name="unavailable", times=2).json()
    assert fault["times"] == 2
    assert client.get("items").status_code == 503
    assert _order(client, "DELETE", "faults").status_code == 200
    assert client.get("items").status_code == 200
    entries = _order(client, "GET", "log").json()["entries"]
    assert entries[-1]["path"].endswith("/items")
    assert _order(client, "DELETE", "log").status_code == 200
    assert client.emulator.log.entries == []
    assert _order(client, "POST", "clock/advance", seconds=5).json()["now"]
    assert _order(client, "POST", "revoke-tokens").status_code == 200
    assert client.get("items").status_code == 401


@pytest.mark.parametrize(
    ("method", "what", "body", "status"),
    [
        ("POST", "nope", {}, 501),
        ("POST", "faults", {"name": "nope"}, 400),
        ("POST", "faults", {"nope": 1}, 400),
        ("POST", "clock/advance", {"seconds": -1}, 400),
        ("POST", "clock/advance", {"seconds": "x"}, 400),
        ("POST", "clock/advance", {"seconds": "nan"}, 400),
        ("POST", "clock/step", {"seconds": None}, 400),
        ("POST", "clock/step", {"seconds": "inf"}, 400),
        ("POST", "business-day", {"company": "nobody"}, 400),
        ("POST", "business-day", [1], 400),
    ],
)
def test_orders_that_make_no_sense(
    shared: Client,
    method: str,
    what: str,
    body: Any,
    status: int,
) -> None:
    answer = shared.http.request(method, f"/_emulator/{what}", json=body)
    assert answer.status_code == status


def test_every_clock_is_moved_through_the_door() -> None:
    with serve(Emulator()) as running:
        door = f"{running.url}/_emulator/clock"
        before = running.emulator.clock.now()
        now = httpx.post(f"{door}/advance", json={"seconds": 3600}).json()["now"]
        assert before + 3600 <= now < before + 3700
        answer = httpx.post(f"{door}/step", json={"seconds": -7200})
        assert before - 3600 <= answer.json()["now"] < before - 3500
        date = parsedate_to_datetime(answer.headers["date"]).timestamp()
        assert date == pytest.approx(before - 3600, abs=60)


def test_other_protocols_are_ignored(server: Server) -> None:
    import asyncio  # noqa: PLC0415

    from airflow_provider_bc.emulator.asgi import Door  # noqa: PLC0415

    async def never(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(Door(server.emulator)({"type": "lifespan"}, never, never))


def test_fixtures(business_central: Server, business_central_session: Server) -> None:
    assert business_central.emulator.limits.enabled
    assert not business_central_session.emulator.limits.enabled
    assert business_central.url != business_central_session.url


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_command_line(end: signal.Signals) -> None:
    command = [sys.executable, "-m", "airflow_provider_bc.emulator", "--port", "0", "--tls"]
    with subprocess.Popen(  # our own command
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().partition(" on ")[2].partition(",")[0]
        line = process.stdout.readline()
        name, _, value = line.strip().partition("=")
        authority = process.stdout.readline().strip().removeprefix("SSL_CERT_FILE=")
        shown = subprocess.run(  # a shell must read the line as it is
            ["/bin/sh", "-c", f'{name}={value}; printf %s "${name}"'],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        connection = json.loads(shown)
        assert name == "AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT"
        assert connection["extra"]["authority_host"] == url
        import ssl  # noqa: PLC0415

        context = ssl.create_default_context(cafile=authority)
        assert httpx.get(f"{url}/nope", verify=context).status_code == 501
        process.send_signal(end)
        assert process.wait(5) == 0


def test_command_line_refuses_other_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
    try:
        assert main(["--host", "0.0.0.0", "--port", "0", "--virtual-clock"]) == 1  # noqa: S104
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert "only" in capsys.readouterr().err


def test_business_days_are_deterministic_and_true() -> None:
    one, two = Emulator(clock=VirtualClock()), Emulator(clock=VirtualClock())
    before = {row["id"] for row in one.companies[0].rows("customers")}
    for _ in range(3):
        assert one.business_day() == two.business_day()
    changes = one.business_day()
    company = one.company(changes.company)
    rows = {row["id"]: row for row in company.rows("customers")}
    assert set(changes.created["customers"]) <= set(rows)
    assert not set(changes.deleted["customers"]) & set(rows)
    for key in changes.updated["customers"]:
        assert rows[key]["lastModifiedDateTime"] == "2026-03-02T08:15:00Z"
    assert one.clock.now() == VirtualClock().now() + 4 * 300
    assert before - set(rows)
    assert len(company.rows("generalLedgerEntries")) == 2008


def test_small_companies_survive_business_days() -> None:
    emulator = Emulator(ledger_entries=0, clock=VirtualClock())
    for _ in range(6):
        emulator.business_day("Bob's Ümlaut & Co.")
    assert emulator.companies[1].rows("salesOrders")


def test_unknown_names_in_a_company() -> None:
    company = Emulator().companies[0]
    with pytest.raises(KeyError):
        company.table("nope")
    with pytest.raises(KeyError):
        company.table("items", "nope")
    with pytest.raises(KeyError):
        company.update("items", "nope", {})
    with pytest.raises(KeyError):
        company.delete("items", "nope")


@pytest.mark.parametrize("clock", [VirtualClock(0), SystemClock()])
def test_clocks(clock: VirtualClock | SystemClock) -> None:
    start = clock.now()
    clock.advance(1_000.5)
    assert clock.now() == pytest.approx(start + 1_000.5, abs=60)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    clock.step(-5_000)
    assert clock.now() == pytest.approx(start - 3_999.5, abs=60)


def test_time_that_was_skipped_ages_tokens_and_dates_answers() -> None:
    emulator = Emulator()
    with serve(emulator) as running:
        client = Client(running)
        with closing(client.http):
            assert client.get("items").status_code == 200
            for _ in range(12):
                emulator.business_day()
            answer = client.get("items")
            assert answer.status_code == 401
            date = parsedate_to_datetime(answer.headers["date"]).timestamp()
            assert date == pytest.approx(emulator.clock.now(), abs=60)
            client.sign_in()
            assert client.get("items").status_code == 200


def test_answers_in_memory_are_dated() -> None:
    reply = Emulator(clock=VirtualClock()).handle(Request("GET", "http://127.0.0.1/nope"))
    assert isinstance(reply, Response)
    assert reply.headers["date"] == "Mon, 02 Mar 2026 08:00:00 GMT"
