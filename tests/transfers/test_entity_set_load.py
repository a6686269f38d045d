"""Loads against the emulator, read back by DuckDB and compared with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ConfigurationError, Conflict
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.policy import Policy
from tests.destinations import DESTINATIONS
from tests.world import LEDGER, World

SWEPT = Policy(lag=timedelta(0), sweep_every=timedelta(0))
SOFTLY = Policy(lag=timedelta(0), sweep_every=timedelta(0), deletes="soft")


@pytest.fixture(params=sorted(DESTINATIONS))
def any_world(
    request: pytest.FixtureRequest, business_central: Server, tmp_path: Path
) -> Iterator[World]:
    """The same for every kind of destination."""
    world = World(business_central, tmp_path, request.param)
    yield world
    world.close()


def kinds(world: World) -> list[str]:
    """Name the kinds of the files that a reader can see."""
    return [name.partition("-")[0] for name in world.published()]


def test_the_first_load_is_complete_and_exact(world: World) -> None:
    report = world.copy(page_size=300)
    rows = {row["id"]: row for row in world.truth()}
    assert (report.kind, report.rows, report.pages) == ("snapshot", len(rows), 10)
    world.assert_copied()
    columns = "id, debitAmount, creditAmount, postingDate, documentType, entryNumber"
    for key, debit, credit, posted, kind, number in world.copied(columns=columns):
        row = rows[key]
        assert (debit, credit, number) == (
            row["debitAmount"],
            row["creditAmount"],
            row["entryNumber"],
        )
        assert str(posted) == str(row["postingDate"])
        assert kind == decode_name(str(row["documentType"]))


@pytest.mark.parametrize(
    "entity_set", ["customers", "items", "vendors", "salesInvoices", "salesOrders", "employees"]
)
def test_masters_and_documents_come_whole(any_world: World, entity_set: str) -> None:
    world = any_world
    world.copy(entity_set, page_size=7)
    world.assert_copied(entity_set)


def test_money_is_exact_to_the_last_digit(world: World) -> None:
    amounts = [Decimal("0.1"), Decimal("12345678901234.56789"), Decimal("-0.00001")]
    company = world.company
    for number, amount in enumerate(amounts):
        company.create("customers", {"number": f"EXACT{number}", "creditLimit": amount})
    world.copy("customers")
    found = dict(world.copied("customers", "number, creditLimit"))
    assert [found[f"EXACT{number}"] for number in range(len(amounts))] == amounts
    (kind,) = set(world.copied("customers", "typeof(creditLimit)"))
    assert kind == ("DECIMAL(38,20)",)


def test_unset_dates_are_null_and_set_ones_are_dates(world: World) -> None:
    world.copy("employees")
    true = {str(row["id"]): str(row["birthDate"]) for row in world.truth("employees")}
    unset = {key for key, value in true.items() if value == "0001-01-01"}
    assert unset, "the emulator has no employee without a birthday"
    for key, birthday in world.copied("employees", "id, birthDate"):
        assert birthday is None if key in unset else isinstance(birthday, date)


def test_a_second_load_adds_what_changed_and_nothing_else(world: World) -> None:
    client = world.client()
    world.copy("customers", client)
    company = world.company
    changed = str(world.truth("customers")[3]["id"])
    company.update("customers", changed, {"city": "Näßjö"})
    created = company.create("customers", {"displayName": "Bob's & Söhne"})
    report = world.copy("customers", client)
    assert (report.kind, report.rows) == ("changes", 2)
    world.assert_copied("customers")
    found = {row[0]: row[1:] for row in world.copied("customers", "id, city, displayName")}
    assert found[changed][0] == "Näßjö"
    assert found[str(created["id"])][1] == "Bob's & Söhne"


def test_a_load_without_changes_writes_nothing(world: World) -> None:
    client = world.client()
    first = world.copy("customers", client)
    before = world.files.names()
    for _ in range(3):
        report = world.copy("customers", client)
        assert (report.kind, report.rows, report.path) == ("nothing", 0, first.path)
        assert report.watermark == first.watermark
    assert world.files.names() == before
    assert kinds(world) == ["snapshot"]


def test_an_unchanged_table_costs_three_requests_at_most(world: World) -> None:
    world.copy("customers")
    world.emulator.log.clear()
    world.copy("customers")
    assert world.emulator.log.count(kind="data") <= 3


@pytest.mark.parametrize("days", [4, pytest.param(30, marks=pytest.mark.prove)])
def test_business_days_arrive_day_by_day(any_world: World, days: int) -> None:
    world = any_world
    sets = ("customers", "items", "salesOrders")
    for _ in range(days):
        world.emulator.clock.advance(86_400)
        world.emulator.business_day()
        for entity_set in sets:
            world.copy(entity_set)
    for entity_set in sets:
        world.assert_copied(entity_set)


def test_a_full_load_replaces_what_was_there(world: World) -> None:
    client = world.client()
    world.copy("customers", client)
    company = world.company
    company.create("customers", {"displayName": "New"})
    world.copy("customers", client)
    assert kinds(world) == ["changes", "snapshot"]
    company.delete("customers", str(world.truth("customers")[0]["id"]))
    world.copy("customers", client, mode="full")
    assert kinds(world) == ["snapshot"]
    world.assert_copied("customers")


def test_rows_with_an_unset_stamp_come_with_the_first_load(world: World) -> None:
    unset = [
        row["id"]
        for entity_set in ("customers", "items", "vendors")
        for row in world.truth(entity_set)
        if str(row["lastModifiedDateTime"]).startswith("0001")
    ]
    assert unset, "the emulator has no row with an unset stamp"
    for entity_set in ("customers", "items", "vendors"):
        world.copy(entity_set)
        world.assert_copied(entity_set)


def test_a_selection_keeps_key_and_stamp(world: World) -> None:
    world.copy("customers", select=["DISPLAYNAME"])
    rows = world.place.rows("customers")
    assert rows
    assert set(rows[0]) == {"id", "displayName", "lastModifiedDateTime"}
    world.copy("customers", select=["DISPLAYNAME"])


def test_expanded_lines_become_lists_of_structs(world: World) -> None:
    lines = Expand("salesOrderLines", select=["quantity", "unitPrice", "shipmentDate"])
    world.copy("salesOrders", expand=[lines, "customer"])
    found = world.copied("salesOrders", "id, salesOrderLines, customer.displayName")
    true = {row["id"]: row for row in world.truth("salesOrders")}
    count = 0
    for key, order_lines, name in found:
        count += len(order_lines)
        assert name == true[key]["customerName"]
        assert all(isinstance(line["quantity"], Decimal) for line in order_lines)
    assert count == len(world.truth("salesOrderLines"))


def test_a_condition_limits_what_is_copied(world: World) -> None:
    world.copy("customers", where="blocked eq 'All'")
    wanted = {r["id"] for r in world.truth("customers") if r["blocked"] == "All"}
    assert {row[0] for row in world.copied("customers", "id")} == wanted


def test_a_folder_refuses_another_query(world: World) -> None:
    client = world.client()
    world.copy("customers", client, select=["number"])
    with pytest.raises(ConfigurationError, match=r"query was .*mode=\"full\""):
        world.copy("customers", client, select=["city"])
    assert world.copy("customers", client, select=["city"], mode="full").kind == "snapshot"


def test_an_entity_set_without_a_stamp_is_read_whole_and_compared(any_world: World) -> None:
    world, client = any_world, any_world.client()
    buyers = "salesInvoices/customer"
    first = world.copy(buyers, client)
    assert (first.kind, first.watermark) == ("snapshot", None)
    assert first.rows > 0
    assert world.copy(buyers, client).kind == "nothing"
    buyer = str(world.truth("salesInvoices")[0]["customerId"])
    world.company.update("customers", buyer, {"displayName": "New"})
    assert world.copy(buyers, client).kind == "snapshot"
    assert world.copy(buyers, client).kind == "nothing"


def test_an_unknown_entity_set_is_named_with_the_nearest(world: World) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean customers"):
        world.copy("custmers")
    assert world.published() == []


def test_an_unknown_mode_is_refused(world: World) -> None:
    unknown: Any = "delta"
    with pytest.raises(ConfigurationError, match="mode is 'delta'"):
        world.copy(mode=unknown)


def test_the_log_tells_what_is_done(world: World) -> None:
    said: list[str] = []
    report = world.copy("customers", say=said.append)
    assert said[0] == (
        f"Reading customers of CRONUS USA, Inc. into {report.path}: every row, as commit 1"
    )
    assert "snapshot" in said[-1]
    assert "rows/s" in said[-1]


def test_companies_do_not_mix(world: World) -> None:
    for company in world.emulator.companies:
        world.copy("customers", world.client(company=company.name))
    folders = sorted(path.name for path in (world.folder / "Production").iterdir())
    assert folders == ["Bob_s_Ümlaut_Co", "CRONUS_USA_Inc"]


def test_two_runs_at_once_cannot_both_commit(any_world: World) -> None:
    world = any_world
    first, second = world.client(), world.client()
    world.copy("customers", first)
    world.company.create("customers", {"displayName": "New"})
    started = False

    def overtake(_: float) -> None:
        nonlocal started
        if not started:
            started = True
            world.copy("customers", second)

    world.emulator.faults.add("throttled", after=1, where="/customers")
    late = world.client(sleep=overtake)
    with pytest.raises(Conflict):
        world.copy("customers", late, page_size=1)
    assert started
    assert world.place.traces() == []
    world.assert_copied("customers")
    world.company.create("customers", {"displayName": "Newer"})
    assert world.copy("customers", first).rows == 1
    world.assert_copied("customers")


def test_rows_deleted_while_reading_do_not_fail_the_load(any_world: World) -> None:
    world, company = any_world, any_world.company
    keys = sorted(str(row["id"]) for row in world.truth("customers"))

    def delete_ahead(_: float) -> None:
        for key in keys[-2:]:
            company.delete("customers", key)

    world.emulator.faults.add("throttled", after=1, where="/customers")
    client = world.client(sleep=delete_ahead)
    assert world.copy("customers", client, page_size=50).rows == len(keys) - 2
    world.assert_copied("customers")


def test_the_watermark_is_the_latest_stamp(world: World) -> None:
    report = world.copy(LEDGER)
    latest = max(str(row["lastModifiedDateTime"]) for row in world.truth())
    assert report.watermark is not None
    assert datetime.fromisoformat(report.watermark) == datetime.fromisoformat(latest)
