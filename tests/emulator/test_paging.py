"""Server-driven paging (facts: bc-data-api.md section 5)."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve

from .conftest import Client


def test_pages_hold_every_row_once_in_key_order(shared: Client) -> None:
    pages = shared.walk("customers", 50)
    ids = [row["id"] for page in pages for row in page]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert ids == sorted(str(row["id"]) for row in shared.company.rows("customers"))


def test_page_that_is_just_full_has_no_next_link(shared: Client) -> None:
    assert [len(page) for page in shared.walk("customers", 60)] == [60, 60]


def test_preference_is_clamped_and_echoed(shared: Client) -> None:
    answer = shared.get("customers", {"Prefer": "odata.maxpagesize=99999"})
    assert answer.headers["preference-applied"] == "odata.maxpagesize"
    assert "preference-applied" not in shared.get("customers").headers
    assert "preference-applied" not in shared.get("customers", {"Prefer": "wait=5"}).headers
    odd = shared.get("customers", {"Prefer": "odata.maxpagesize=no"})
    assert "preference-applied" not in odd.headers


def test_top_within_the_page_has_no_next_link(shared: Client) -> None:
    answer = shared.get("customers", {"Prefer": "odata.maxpagesize=50"}, top="50").json()
    assert len(answer["value"]) == 50
    assert "@odata.nextLink" not in answer


def test_next_link_of_a_larger_top_asks_for_the_remainder(shared: Client) -> None:
    answer = shared.get(
        "customers",
        {"Prefer": "odata.maxpagesize=50"},
        top="70",
        select="number",
        filter="displayName ne 'Zürich & Co'",
    ).json()
    link = answer["@odata.nextLink"]
    options = parse_qs(urlsplit(link).query)
    assert link.startswith(shared.server.url)
    assert options["$top"] == ["20"]
    assert options["$select"] == ["number"]
    assert options["$filter"] == ["displayName ne 'Zürich & Co'"]
    pages = shared.walk("customers", 50, top="70")
    assert [len(page) for page in pages] == [50, 20]


def test_skip_and_count(shared: Client) -> None:
    rows = shared.company.rows("customers")
    answer = shared.get("customers", skip="118", count="true").json()
    assert answer["@odata.count"] == 120
    assert [row["id"] for row in answer["value"]] == [row["id"] for row in rows[118:]]
    pages = shared.walk("customers", 50, skip="60", filter="number ne 'x'", count="true")
    assert [len(page) for page in pages] == [50, 10]


def test_count_is_of_the_filter_not_of_the_page(shared: Client) -> None:
    answer = shared.get("customers", top="1", count="true", filter="country eq 'JP'").json()
    assert (answer["@odata.count"], len(answer["value"])) == (20, 1)
    text = shared.get("customers/$count", filter="country eq 'JP'")
    assert text.content == b"\xef\xbb\xbf20"
    assert shared.get("customers/$count").content == b"\xef\xbb\xbf120"


@pytest.mark.parametrize("order", ["city", "city desc,number", "creditLimit desc", "taxLiable"])
def test_ordered_pages_hold_every_row_once(shared: Client, order: str) -> None:
    rows = [row for page in shared.walk("customers", 33, orderby=order) for row in page]
    assert len({row["id"] for row in rows}) == len(rows) == 120
    column = order.partition(",")[0].partition(" ")[0]
    assert [r[column] for r in rows] == sorted((r[column] for r in rows), reverse="desc" in order)


def test_ordered_walk_survives_the_loss_of_its_last_row(client: Client) -> None:
    prefer = {"Prefer": "odata.maxpagesize=60"}
    first = client.get("customers", prefer, orderby="number").json()
    client.company.delete("customers", first["value"][-1]["id"])
    second = client.http.get(first["@odata.nextLink"], headers=prefer).json()
    assert len(second["value"]) == 60


def test_a_foreign_skip_token_is_refused(shared: Client) -> None:
    answer = shared.get("customers", orderby="city", skiptoken="nonsense")
    assert shared.error(answer) == (400, "BadRequest")


def test_ledger_is_served_once_whole_and_fast() -> None:
    with serve(Emulator(ledger_entries=50_000, limits=False)) as running:
        client = Client(running)
        with closing(client.http):
            pages = client.walk("generalLedgerEntries", 5000)
            assert [len(page) for page in pages] == [5000] * 10
            ids = {row["id"] for page in pages for row in page}
            assert len(ids) == 50_000
            chosen = client.walk("generalLedgerEntries", 20_000, select="entryNumber")
            numbers = [row["entryNumber"] for page in chosen for row in page]
            assert numbers == list(range(1, 50_001))


def test_default_page_is_20000_rows() -> None:
    emulator = Emulator(ledger_entries=20_001, clock=VirtualClock())
    with serve(emulator) as running:
        client = Client(running)
        with closing(client.http):
            page = client.get("generalLedgerEntries", select="entryNumber").json()
            assert len(page["value"]) == 20_000
            assert "@odata.nextLink" in page
