"""Loads against the emulator, read back by DuckDB and compared with the truth."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from upath import UPath

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve
from airflow_provider_bc.errors import ConfigurationError, Conflict
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead
from airflow_provider_bc.transfers.parquet_load import load_to_parquet
from tests.world import LEDGER, World


def test_the_first_load_is_complete_and_exact(world: World) -> None:
    report = world.copy(page_size=300)
    rows = {row["id"]: row for row in world.truth()}
    assert (report.kind, report.rows, report.pages) == ("snapshot", len(rows), 7)
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
def test_masters_and_documents_come_whole(world: World, entity_set: str) -> None:
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
    (kind,) = duckdb.execute(
        f"SELECT DISTINCT typeof(creditLimit) FROM '{world.folder}/**/snapshot.parquet'"
    ).fetchall()
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
    before = world.published()
    for _ in range(3):
        report = world.copy("customers", client)
        assert (report.kind, report.rows, report.path) == ("nothing", 0, None)
        assert report.watermark == first.watermark
    assert world.published() == before == ["snapshot.parquet"]


def test_an_unchanged_table_costs_three_requests_at_most(world: World) -> None:
    world.copy("customers")
    world.emulator.log.clear()
    world.copy("customers")
    assert world.emulator.log.count(kind="data") <= 3


def test_ten_business_days_arrive_day_by_day(tmp_path: Path) -> None:
    clock = VirtualClock()
    with serve(Emulator(ledger_entries=300, clock=clock)) as server:
        world = World(server, tmp_path)
        for _ in range(10):
            clock.advance(86_400)
            server.emulator.business_day()
            world.copy("customers")
        found = {row[0] for row in world.copied("customers", "id")}
        assert found >= {row["id"] for row in world.truth("customers")}
        world.close()


def test_a_full_load_replaces_what_was_there(world: World) -> None:
    client = world.client()
    world.copy("customers", client)
    company = world.company
    company.create("customers", {"displayName": "New"})
    world.copy("customers", client)
    assert world.published() == ["changes-00000002.parquet", "snapshot.parquet"]
    company.delete("customers", str(world.truth("customers")[0]["id"]))
    world.copy("customers", client, mode="full")
    assert world.published() == ["snapshot.parquet"]
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
    (row,) = duckdb.execute(
        f"SELECT count(COLUMNS(*)) FROM '{world.folder}/**/snapshot.parquet'"
    ).fetchall()
    assert len(row) == 3
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


def test_an_entity_set_without_a_stamp_needs_the_full_mode(world: World) -> None:
    client = world.client()
    with pytest.raises(ConfigurationError, match='mode="full"'):
        world.copy("customerSales", client)
    order = world.truth("salesOrders")[0]["id"]
    report = world.copy(f"salesOrders({order})/salesOrderLines", client, mode="full")
    assert report.rows > 0
    assert world.published() == ["snapshot.parquet"]


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
    world.copy("customers", say=said.append)
    assert said[0] == "Reading customers of CRONUS USA, Inc.: every row, as commit 1"
    assert "snapshot" in said[-1]
    assert "rows/s" in said[-1]


def test_files_go_to_any_store_that_fsspec_knows(world: World) -> None:
    read = EntitySetRead(world.client(), "customers")
    store = UPath("memory://bucket/bc")
    said: list[str] = []
    kinds = [load_to_parquet(read, store, "incremental", say=said.append).kind for _ in range(2)]
    assert kinds == ["snapshot", "nothing"]
    assert [path.name for path in store.glob("**/*.parquet")] == ["snapshot.parquet"]


def test_companies_do_not_mix(world: World) -> None:
    for company in world.emulator.companies:
        world.copy("customers", world.client(company=company.name))
    folders = sorted(path.name for path in (world.folder / "Production").iterdir())
    assert folders == ["Bob_s_Ümlaut_Co", "CRONUS_USA_Inc"]


def test_two_runs_at_once_cannot_both_commit(world: World) -> None:
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
    with pytest.raises(Conflict, match=r"Another run has committed number 2"):
        world.copy("customers", late, page_size=1)
    assert started
    world.assert_copied("customers")


def test_rows_deleted_while_reading_do_not_fail_the_load(world: World) -> None:
    company = world.company
    keys = sorted(str(row["id"]) for row in world.truth("customers"))

    def delete_ahead(_: float) -> None:
        for key in keys[-2:]:
            company.delete("customers", key)

    world.emulator.faults.add("throttled", after=1, where="/customers")
    client = world.client(sleep=delete_ahead)
    assert world.copy("customers", client, page_size=50).rows == len(keys) - 2
    world.assert_copied("customers")


def test_the_watermark_is_the_latest_stamp_less_the_duration(world: World) -> None:
    report = world.copy(LEDGER)
    latest = max(str(row["lastModifiedDateTime"]) for row in world.truth())
    assert report.watermark is not None
    before = datetime.fromisoformat(latest) - datetime.fromisoformat(report.watermark)
    assert 0 < before.total_seconds() <= report.seconds


def test_a_row_that_changes_after_its_page_was_read_comes_with_the_next_load(
    tmp_path: Path,
) -> None:
    clock = VirtualClock()
    with serve(Emulator(clock=clock)) as server:
        world = World(server, tmp_path)
        keys = sorted(str(row["id"]) for row in world.truth("customers"))

        def change_behind_and_ahead(_: float) -> None:
            clock.advance(60)
            world.company.update("customers", keys[0], {"city": "Behind"})
            clock.advance(3600)
            world.company.update("customers", keys[-1], {"city": "Ahead"})

        server.emulator.faults.add("throttled", after=1, where="/customers")
        ticks = itertools.count(step=1800)
        read = EntitySetRead(world.client(sleep=change_behind_and_ahead), "customers", page_size=50)
        load_to_parquet(
            read, UPath(tmp_path), "incremental", say=lambda _: None, clock=lambda: next(ticks)
        )
        world.copy("customers")
        found = dict(world.copied("customers", "id, city"))
        assert (found[keys[0]], found[keys[-1]]) == ("Behind", "Ahead")
        world.close()


def test_a_stamp_in_the_future_does_not_end_incremental_loads(world: World) -> None:
    far = {"displayName": "Far", "lastModifiedDateTime": "2099-01-01T00:00:00Z"}
    world.company.create("customers", far)
    world.copy("customers")
    changed = str(world.truth("customers")[0]["id"])
    world.company.update("customers", changed, {"city": "Kiel"})
    world.copy("customers")
    assert dict(world.copied("customers", "id, city"))[changed] == "Kiel"


def test_two_changes_within_one_millisecond_both_arrive(tmp_path: Path) -> None:
    with serve(Emulator(clock=VirtualClock())) as server:
        world = World(server, tmp_path)
        key = str(world.truth("customers")[0]["id"])
        for city in ("Kiel", "Bonn"):
            world.company.update("customers", key, {"city": city})
            world.copy("customers")
        rows = duckdb.execute(
            f"SELECT city FROM read_parquet('{tmp_path}/**/*.parquet') WHERE id = '{key}'"
        ).fetchall()
        assert {city for (city,) in rows} >= {"Kiel", "Bonn"}
        world.close()


def test_what_a_killed_full_load_left_is_removed_by_the_next_run(world: World) -> None:
    world.copy("customers")
    world.company.create("customers", {"displayName": "New"})
    world.copy("customers")
    (changes,) = world.folder.rglob("changes-*.parquet")
    left = changes.read_bytes()
    world.copy("customers", mode="full")
    changes.write_bytes(left)
    assert world.copy("customers").kind == "nothing"
    assert world.published() == ["snapshot.parquet"]


def test_a_missing_file_is_noticed(world: World) -> None:
    for number in range(3):
        world.company.create("customers", {"displayName": f"New {number}"})
        world.copy("customers")
    next(world.folder.rglob("changes-00000002.parquet")).unlink()
    with pytest.raises(ConfigurationError, match=r"lacks changes-00000002\.parquet"):
        world.copy("customers")
    assert world.copy("customers", mode="full").kind == "snapshot"


def test_a_filtered_incremental_load_says_what_it_cannot_see(world: World) -> None:
    said: list[str] = []
    world.copy("customers", where="city eq 'Miami'", say=said.append)
    assert any("stays in the copy as it was last read" in line for line in said)
