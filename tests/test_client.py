"""The vocabulary of both clients, spoken with the emulator over a socket."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import AsyncClient, Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError, Unavailable
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.settings import Settings
from tests.drivers import DRIVERS, Driver


@pytest.fixture(scope="module")
def bc() -> Iterator[Server]:
    with serve(Emulator(limits=False)) as server:
        yield server


def connected(server: Server, **extra: Any) -> Settings:
    connection = server.connection
    return Settings.from_connection(
        login=connection["login"],
        password=connection["password"],
        host=connection["host"],
        port=connection["port"],
        extra={**connection["extra"], **extra},
    )


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def kind(request: pytest.FixtureRequest) -> type[Driver]:
    driver: type[Driver] = request.param
    return driver


@pytest.fixture
def driver(kind: type[Driver], bc: Server) -> Iterator[Driver]:
    with kind(connected(bc)) as made:
        yield made


def test_companies_and_the_company_of_the_connection(driver: Driver, bc: Server) -> None:
    names = [one.name for one in driver.call("companies")]

    assert driver.call("company").name == bc.connection["extra"]["company"]
    assert driver.call("company", names[-1]).name == names[-1]


def test_rows_come_whole_over_many_pages(driver: Driver, bc: Server) -> None:
    truth = bc.emulator.company(bc.connection["extra"]["company"]).rows("customers")

    rows = driver.call("read", "customers", select=["id", "number"], page_size=3)
    pages = driver.call("read_pages", "customers", count=True, page_size=3)

    assert sorted(row["id"] for row in rows) == sorted(str(row["id"]) for row in truth)
    assert len(pages) == -(-len(truth) // 3)
    assert pages[0].count == len(truth)
    assert sum(len(page.rows) for page in pages) == len(truth)


def test_a_value_in_the_middle_is_found_without_the_rows(driver: Driver) -> None:
    ledger = "generalLedgerEntries"
    last = driver.call("count", ledger) - 1

    assert driver.call("value_at", ledger, "entryNumber", last) == last + 1
    assert driver.call("value_at", ledger, "entryNumber", last + 1) is None


def test_count_and_filter_agree(driver: Driver) -> None:
    first = driver.call("read", "customers", top=1)[0]
    where = Field("number") == first["number"]

    assert driver.call("count", "customers", where=where) == 1
    assert driver.call("read", "customers", where=where)[0]["id"] == first["id"]


def test_one_entity_by_its_key(driver: Driver) -> None:
    first = driver.call("read", "customers", top=1)[0]

    assert (
        driver.call("get", "customers", first["id"], select=["number"])["number"]
        == (first["number"])
    )


def test_metadata_describes_what_can_be_read(driver: Driver) -> None:
    assert "customers" in driver.call("metadata").entity_sets


def test_a_free_request_writes(driver: Driver) -> None:
    created = driver.call("request", "POST", "customers", json={"displayName": "Bob's & Söhne"})

    assert created.status == 201
    assert driver.call("count", "customers", where=Field("displayName") == "Bob's & Söhne") in (
        1,
        2,
    )


def test_throttling_is_waited_out_as_long_as_the_server_asks(kind: type[Driver]) -> None:
    with serve(Emulator(limits=False)) as server:
        server.emulator.faults.add("throttled", times=2, where="/companies", retry_after=7)
        with kind(connected(server), retries=Retries(fraction=lambda: 0.0)) as driver:
            assert driver.call("companies")

    assert driver.waits == [7, 7]


def test_the_retries_are_those_of_the_connection(kind: type[Driver]) -> None:
    with serve(Emulator(limits=False)) as server:
        server.emulator.faults.add("unavailable", times=9, where="/companies")
        with kind(connected(server, max_retries=1)) as driver, pytest.raises(Unavailable):
            driver.call("companies")

    assert len(driver.waits) == 1


def test_a_refused_token_is_renewed(kind: type[Driver]) -> None:
    with serve(Emulator(limits=False)) as server, kind(connected(server)) as driver:
        driver.call("companies")
        server.emulator.revoke_tokens()

        assert driver.call("read", "customers", top=1)

        assert server.emulator.log.count(kind="token") == 2


def test_a_wrong_secret_is_refused_with_its_remedy(kind: type[Driver], bc: Server) -> None:
    settings = connected(bc).model_copy(update={"client_secret": SecretStr("wrong")})

    with kind(settings) as driver, pytest.raises(AuthenticationError) as caught:
        driver.call("companies")

    assert caught.value.code == "AADSTS7000215"


def test_no_secret_reaches_a_log(
    kind: type[Driver], bc: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    tokens = TokenCache()
    settings = connected(bc)

    with kind(settings, tokens) as driver:
        driver.call("companies")
        bearer = driver.perform(driver.client.operations.identity())

    assert caplog.messages
    assert bearer.app_id == settings.client_id
    assert bc.emulator.client_secret not in caplog.text
    assert "Bearer " not in caplog.text
    assert "eyJ" not in caplog.text


def test_a_client_that_was_closed_asks_nothing_more(bc: Server) -> None:
    with Client(connected(bc), TokenCache()) as client:
        client.companies()

    with pytest.raises(RuntimeError, match="closed"):
        client.count("customers")


def test_threads_share_one_client_and_one_token() -> None:
    with (
        serve(Emulator(limits=False)) as server,
        Client(connected(server), TokenCache()) as client,
        ThreadPoolExecutor(5) as pool,
    ):
        counts = list(pool.map(lambda _: client.count("customers"), range(20)))

        assert len(set(counts)) == 1
        assert server.emulator.log.count(kind="token") == 1


def test_tasks_share_one_client_and_one_token() -> None:
    async def scene(server: Server) -> list[int]:
        async with AsyncClient(connected(server), TokenCache()) as client:
            return await asyncio.gather(*(client.count("customers") for _ in range(20)))

    with serve(Emulator(limits=False)) as server:
        assert len(set(asyncio.run(scene(server)))) == 1
        assert server.emulator.log.count(kind="token") == 1


def test_a_read_that_is_broken_off_leaves_the_client_usable(bc: Server) -> None:
    async def scene() -> int:
        async with AsyncClient(connected(bc), TokenCache()) as client:
            rows = client.read("customers", page_size=2)
            await anext(rows)
            await rows.aclose()  # type: ignore[attr-defined]
            return await client.count("customers")

    with Client(connected(bc), TokenCache()) as client:
        next(client.read("customers", page_size=2))
        assert client.count("customers") == asyncio.run(scene())


@pytest.mark.parametrize("name", ["read", "read_pages"])
def test_a_read_for_threads_checks_its_arguments_at_the_call(name: str, bc: Server) -> None:
    with Client(connected(bc), TokenCache()) as client:
        begin = getattr(client, name)
        with pytest.raises(ConfigurationError, match="top is 0"):
            begin("customers", top=0)
        with pytest.raises(TypeError, match="did you mean where"):
            begin("customers", wher="number eq '1'")
        with pytest.raises(ConfigurationError, match="Nobody"):
            begin("customers", company="Nobody")


@pytest.mark.parametrize("name", ["read", "read_pages"])
def test_both_clients_refuse_a_misspelt_option(driver: Driver, name: str) -> None:
    with pytest.raises(TypeError, match="There is no option 'wher'; did you mean where"):
        driver.call(name, "customers", wher="number eq '1'")


def vocabulary(client: type) -> dict[str, str]:
    return {
        name: str(inspect.signature(method)).replace("Async", "").replace("Awaitable[None]", "None")
        for name, method in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_")
    }


def test_both_clients_speak_the_same_words() -> None:
    assert vocabulary(Client) == vocabulary(AsyncClient)
    for name in vocabulary(Client):
        assert getattr(Client, name).__doc__
