"""The hook against the emulator, as a custom task uses it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from cryptography.fernet import Fernet

from airflow_provider_bc import errors
from airflow_provider_bc.api.records import Records
from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.hooks import failures
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.token_store import process_tokens
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.query import Expand


@pytest.fixture
def hook(connection: Server) -> Iterator[BusinessCentralHook]:
    with BusinessCentralHook() as hook:
        yield hook


def test_companies_come_with_all_their_names(hook: BusinessCentralHook, connection: Server) -> None:
    assert [(one.id, one.name, one.display_name) for one in hook.companies()] == [
        (one.id, one.name, one.display_name) for one in connection.emulator.companies
    ]


def test_rows_are_read_through_every_page(hook: BusinessCentralHook, connection: Server) -> None:
    rows = list(hook.read("customers", select=["id", "creditLimit"], page_size=7))
    true = connection.emulator.companies[0].rows("customers")
    assert {row["id"]: row["creditLimit"] for row in rows} == {
        row["id"]: row["creditLimit"] for row in true
    }
    assert not any(isinstance(row["creditLimit"], float) for row in rows)


def test_pages_are_read_one_at_a_time(hook: BusinessCentralHook, connection: Server) -> None:
    connection.emulator.log.clear()
    pages = hook.read_pages("customers", page_size=10)
    assert len(next(pages).rows) == 10
    read = [one for one in connection.emulator.log.entries if one.path.endswith("/customers")]
    assert len(read) == 1


def test_a_record_is_got_by_its_id_with_its_lines(hook: BusinessCentralHook) -> None:
    order = next(hook.read("salesOrders", top=1, expand=[Expand("salesOrderLines")]))
    got = hook.get("salesOrders", order["id"], select=["number"], expand=["salesOrderLines"])
    assert got["number"] == order["number"]
    assert len(got["salesOrderLines"]) == len(order["salesOrderLines"]) > 0


def test_rows_are_counted(hook: BusinessCentralHook, connection: Server) -> None:
    true = connection.emulator.companies[0].rows("customers")
    wanted = sum(row["city"] == "Miami" for row in true)
    assert hook.count("customers", where=Field("city") == "Miami") == wanted
    assert hook.count("customers") == len(true)


def test_metadata_tells_keys_and_types(hook: BusinessCentralHook) -> None:
    customer = hook.metadata().entity_type_of("customers")
    assert customer.key == ("id",)
    assert customer.properties["creditLimit"].type == "Edm.Decimal"


def test_a_record_is_created_changed_and_deleted(hook: BusinessCentralHook) -> None:
    body = {"displayName": "Näßjö & Söhne", "creditLimit": Decimal("12345678901234.56789")}
    made = hook.request("POST", "customers", json=body).json()
    assert made["creditLimit"] == body["creditLimit"]
    path, etag = f"customers({made['id']})", made["@odata.etag"]
    hook.request("PATCH", path, json={"city": "Kiel"}, headers={"If-Match": etag})
    with pytest.raises(errors.Conflict, match="Read the record again"):
        hook.request("PATCH", path, json={"city": "Bonn"}, headers={"If-Match": etag})
    assert hook.request("DELETE", path, headers={"If-Match": "*"}).status == 204
    with pytest.raises(errors.NotFound):
        hook.get("customers", made["id"])


def test_a_request_reaches_what_lies_outside_the_company(hook: BusinessCentralHook) -> None:
    (first, *_) = hook.request("GET", "companies", within="api").json()["value"]
    assert first["name"] == hook.companies()[0].name
    listed = hook.request("GET", "/environments/v1.2", within="host").json()["value"]
    assert [one["name"] for one in listed] == ["Production"]


def test_the_token_goes_to_no_other_host(hook: BusinessCentralHook) -> None:
    with pytest.raises(errors.ConfigurationError, match="is not the API of this connection"):
        hook.request("GET", "https://evil.example/v2.0/Production/api/v2.0/companies")


@pytest.mark.parametrize("spelling", ["id", "name", "display_name", "upper"])
def test_a_company_is_found_however_it_is_called(connection: Server, spelling: str) -> None:
    other = connection.emulator.companies[1]
    wanted = other.name.upper() if spelling == "upper" else str(getattr(other, spelling))
    with BusinessCentralHook(company=wanted) as hook:
        assert hook.get_conn().company().id == other.id
        assert hook.count("customers") == len(other.rows("customers"))


def test_a_web_service_is_read_by_company_name(connection: Server) -> None:
    other = connection.emulator.companies[1]
    with BusinessCentralHook(company=other.id) as hook:
        rows = list(hook.read("Customer", api="ODataV4"))
    assert len(rows) == len(other.rows("customers"))


def test_a_custom_api_is_read(hook: BusinessCentralHook) -> None:
    api = "contoso/warehouse/v1.0"
    (entity_set, *_) = (one for one in hook.metadata(api).entity_sets if one != "companies")
    assert isinstance(list(hook.read(entity_set, api=api)), list)


def test_a_wrong_company_and_environment_are_answered_with_the_right_ones(
    connection: Server,
) -> None:
    with (
        BusinessCentralHook(company="CRONUS USA Inc") as hook,
        pytest.raises(errors.ConfigurationError, match=r"Did you mean 'CRONUS USA, Inc\.'\?"),
    ):
        hook.count("customers")
    with (
        BusinessCentralHook(environment="Prodution") as hook,
        pytest.raises(errors.ConfigurationError, match=r"Did you mean 'Production'\?"),
    ):
        hook.count("customers")
    assert connection.emulator.log.count(kind="token") == 1


def test_twenty_threads_with_hooks_of_their_own_cause_one_token_request(
    connection: Server,
) -> None:
    ready = threading.Barrier(20)
    counts: list[int] = []

    def work() -> None:
        with BusinessCentralHook() as hook:
            ready.wait()
            counts.append(hook.count("customers"))

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 20
    assert len(set(counts)) == 1
    assert connection.emulator.log.count(kind="token") == 1


def test_a_token_that_expires_or_is_revoked_mid_walk_loses_and_repeats_no_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(Emulator(token_lifetime=31)) as server:
        monkeypatch.setenv("AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT", server.connection_json)
        with BusinessCentralHook() as hook:
            ids: list[str] = []
            for number, page in enumerate(hook.read_pages("generalLedgerEntries", page_size=100)):
                ids += [row["id"] for row in page.rows]
                if number % 5 == 1:
                    server.emulator.revoke_tokens()
        rows = server.emulator.companies[0].rows("generalLedgerEntries")
        true = [str(row["id"]) for row in rows]
        assert sorted(ids) == sorted(true)
        assert server.emulator.log.count(kind="token") >= 4


def test_the_event_loop_shares_the_token(hook: BusinessCentralHook, connection: Server) -> None:
    expected = hook.count("items")

    async def count_twice() -> list[int]:
        async with await BusinessCentralHook().get_async_conn() as client:
            return list(await asyncio.gather(client.count("items"), client.count("items")))

    assert asyncio.run(count_twice()) == [expected, expected]
    assert connection.emulator.log.count(kind="token") == 1


def test_the_token_cache_says_nothing(hook: BusinessCentralHook) -> None:
    hook.companies()
    assert "ey" not in repr(process_tokens())


def test_a_closed_hook_opens_again(hook: BusinessCentralHook) -> None:
    hook.count("items")
    hook.close()
    hook.close()
    assert hook.count("items") > 0


@pytest.mark.parametrize("kind", failures.TABLE)
def test_each_error_becomes_the_exception_of_the_table(
    kind: type[errors.BusinessCentralError],
) -> None:
    with pytest.raises(AirflowException) as caught, failures.airflow_failures():
        raise kind("It broke.", remedy="Mend it.")
    assert type(caught.value) is failures.TABLE[kind]
    assert str(caught.value) == f"{kind.__name__}: It broke. Mend it."
    assert isinstance(caught.value.__cause__, kind)


def test_the_table_names_every_error() -> None:
    known = {one for one in vars(errors).values() if isinstance(one, type)}
    assert set(failures.TABLE) == known - {errors.BusinessCentralError}


def test_an_error_keeps_its_meaning_on_its_way_from_a_trigger() -> None:
    for kind, exception in failures.TABLE.items():
        event = failures.error_event(kind("It broke."))
        with pytest.raises(AirflowException, match="It broke") as caught:
            failures.raise_for_event(event)
        assert type(caught.value) is exception


@pytest.mark.parametrize("event", [None, {}, {"status": "odd"}])
def test_an_event_that_is_none_of_ours_fails(event: dict[str, str] | None) -> None:
    with pytest.raises(AirflowFailException, match="something unknown"):
        failures.raise_for_event(event)


def test_a_model_reads_every_row_and_writes_it(connection: Server) -> None:
    with BusinessCentralHook() as hook:
        for entity_set in ("customers", "items", "salesOrders"):
            model = hook.model(entity_set)
            assert all(model.model_validate(row).etag for row in hook.read(entity_set))
        new = hook.model("customers").model_validate({"displayName": "A", "blocked": "Ship"})
        created = hook.perform(Records(hook.entities).create("customers", new.values()))
        assert created["blocked"] == "Ship"


def test_the_first_look_for_the_token_store_does_not_hold_up_the_event_loop(
    connection: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Fernet.generate_key().decode()
    monkeypatch.delenv("AIRFLOW__CORE__FERNET_KEY")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY_CMD", f"sh -c 'sleep 1; echo {key}'")
    process_tokens.cache_clear()
    ticks = 0

    async def watch() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def connect() -> None:
        watcher = asyncio.create_task(watch())
        await asyncio.sleep(0.05)
        begun, before = time.monotonic(), ticks
        async with await BusinessCentralHook().get_async_conn():
            meanwhile = ticks - before
        watcher.cancel()
        assert time.monotonic() - begun >= 1
        assert meanwhile > 20, "of about 100 on a quiet machine, and of none where the loop is held"

    try:
        asyncio.run(connect())
    finally:
        process_tokens.cache_clear()
