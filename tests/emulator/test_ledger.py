"""The computed ledger behaves like a table, whatever is laid over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from time import perf_counter

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve

from .conftest import API, Client

SET = "generalLedgerEntries"
TAIL = "0000-0000-0000-000000000000"


def test_rows_on_the_wire_are_the_true_rows(shared: Client) -> None:
    text = shared.get(SET, top="30").text
    wire = httpx.Response(200, text=text).json(parse_float=Decimal)["value"]
    for row, truth in zip(wire, shared.company.rows(SET)[:30], strict=True):
        etag = row.pop("@odata.etag")
        assert row == truth
        assert list(row) == list(truth)
        assert etag.startswith('W/"')
    one = shared.get(f"{SET}({wire[3]['id']})").json()
    assert one["entryNumber"] == 4
    assert one["@odata.etag"] == shared.values(SET, top="4")[3]["@odata.etag"]


def test_awkward_values(shared: Client) -> None:
    rows = shared.company.rows(SET)
    amounts = {row["debitAmount"] for row in rows}
    assert Decimal("12345678901234.56789") in amounts
    stamps = {str(row["lastModifiedDateTime"]) for row in rows}
    assert "0001-01-01T00:00:00Z" in stamps
    assert {len(stamp) for stamp in stamps} == {20, 22, 23}
    assert "12345678901234.56789" in shared.get(SET).text


def test_overlay(client: Client) -> None:
    company = client.company
    before = company.rows(SET)
    new = company.create(SET, {"debitAmount": Decimal("0.1"), "accountNumber": "40100"})
    assert new["entryNumber"] == 2001
    changed, gone = str(before[9]["id"]), str(before[19]["id"])
    company.update(SET, changed, {"description": "changed"})
    company.delete(SET, gone)
    rows = [row for page in client.walk(SET, 7) for row in page]
    assert [row["entryNumber"] for row in rows] == [n for n in range(1, 2002) if n != 20]
    assert rows[9]["description"] == "changed"
    assert client.get(f"{SET}/$count").text.lstrip("\ufeff") == "2000"
    assert client.get(f"{SET}({gone})").status_code == 404
    stamp = new["lastModifiedDateTime"]
    fresh = client.values(SET, filter=f"lastModifiedDateTime ge {stamp}")
    assert {row["id"] for row in fresh} == {new["id"], changed}
    company.update(SET, changed, {"description": "again"})
    company.delete(SET, str(new["id"]))
    assert len(company.rows(SET)) == 1999
    assert client.get(f"{SET}(ffffffff-0000-0000-0000-000000000000)").status_code == 404
    with pytest.raises(KeyError):
        company.delete(SET, gone)


@pytest.mark.parametrize("operator", ["gt", "ge", "lt", "le", "eq", "ne"])
@pytest.mark.parametrize("place", [0, 24, 25, 1000, 1999])
def test_watermark_filters_agree_with_the_true_rows(
    shared: Client,
    operator: str,
    place: int,
) -> None:
    rows = shared.company.rows(SET)
    mark = str(rows[place]["lastModifiedDateTime"])
    compare = {"gt": "__gt__", "ge": "__ge__", "lt": "__lt__", "le": "__le__"}
    method = compare.get(operator, "__eq__" if operator == "eq" else "__ne__")
    wanted = [
        row["id"]
        for row in rows
        if getattr(str(row["lastModifiedDateTime"])[:-1], method)(mark[:-1])
    ]
    found = shared.values(SET, filter=f"lastModifiedDateTime {operator} {mark}", select="id")
    assert [row["id"] for row in found] == wanted


def test_windows_and_order(shared: Client) -> None:
    rows = [r for r in shared.company.rows(SET) if str(r["lastModifiedDateTime"]) > "2025"]
    low, high = (str(rows[n]["lastModifiedDateTime"]) for n in (500, 1500))
    window = f"lastModifiedDateTime gt {low} and lastModifiedDateTime le {high}"
    wanted = [r["id"] for r in rows if low[:-1] < str(r["lastModifiedDateTime"])[:-1] <= high[:-1]]
    pages = shared.walk(SET, 300, filter=window, orderby="lastModifiedDateTime asc")
    assert [row["id"] for page in pages for row in page] == wanted
    down = shared.walk(SET, 900, orderby="entryNumber desc", select="entryNumber")
    assert [r["entryNumber"] for page in down for r in page] == list(range(2000, 0, -1))
    up = shared.walk(SET, 900, orderby="entryNumber", select="entryNumber")
    assert [r["entryNumber"] for page in up for r in page] == list(range(1, 2001))


@pytest.fixture(scope="module")
def changed() -> Iterator[Client]:
    """A ledger with new, changed, deleted and oddly numbered entries laid over it."""
    with serve(Emulator(clock=VirtualClock(), limits=False)) as running:
        made = Client(running)
        company = made.company
        rows = company.rows(SET)
        for place in (0, 99, 100, 101, 1200, 1999):
            company.update(SET, str(rows[place]["id"]), {"description": "changed"})
        for place in (5, 102, 497, 998, 1998):
            company.delete(SET, str(rows[place]["id"]))
        for _ in range(5):
            company.create(SET, {"debitAmount": Decimal(1)})
        company.delete(SET, str(company.rows(SET)[-1]["id"]))
        with closing(made.http):
            yield made


RANGES = [
    "entryNumber ge 1 and entryNumber lt 300",
    "entryNumber gt 498 and entryNumber le 998",
    "entryNumber eq 499",
    "entryNumber eq 101",
    "entryNumber gt 1990",
    "entryNumber lt 10",
    "entryNumber ge 900 and entryNumber lt 800",
    "entryNumber ge 5000",
    "entryNumber le -7",
    "entryNumber ge 100 and lastModifiedDateTime gt {mark}",
    "entryNumber lt 1300 and lastModifiedDateTime ge {mark} and entryNumber gt 700",
    "entryNumber gt 400 and lastModifiedDateTime lt {mark}",
    "entryNumber le 1500 and lastModifiedDateTime le {mark} and lastModifiedDateTime gt {low}",
    "lastModifiedDateTime eq 0001-01-01T00:00:00Z and entryNumber gt 600",
    "lastModifiedDateTime gt 0001-01-01T00:00:00Z",
    "lastModifiedDateTime ge 0001-01-01T00:00:00Z and entryNumber lt 1100",
    "entryNumber ge 400 and entryNumber lt 1400 and documentType eq 'Invoice'",
    "entryNumber ge 400 and entryNumber ne 450 and entryNumber lt 500",
    "id eq {id}",
    "id ge {id} and entryNumber lt 1010",
    "id gt {id} and id lt {other}",
    "id le {id} and entryNumber ge 995",
]
OPERATORS = {
    "ge": "__ge__",
    "gt": "__gt__",
    "le": "__le__",
    "lt": "__lt__",
    "eq": "__eq__",
    "ne": "__ne__",
}


def _holds(row: Mapping[str, object], text: str) -> bool:
    for term in text.split(" and "):
        name, operator, literal = term.split()
        held: object = row[name]
        wanted: object = int(literal) if name == "entryNumber" else literal.strip("'")
        if name == "lastModifiedDateTime":
            held, wanted = str(held)[:-1], literal[:-1]
        if not getattr(held, OPERATORS[operator])(wanted):
            return False
    return True


@pytest.mark.parametrize("text", RANGES)
@pytest.mark.parametrize("pristine", [True, False])
def test_ranges_agree_with_the_true_rows(
    shared: Client,
    changed: Client,
    text: str,
    *,
    pristine: bool,
) -> None:
    client = shared if pristine else changed
    rows = client.company.rows(SET)
    mark, low = (str(rows[place]["lastModifiedDateTime"]) for place in (1003, 804))
    one, two = (str(rows[place]["id"]) for place in (1000, 1100))
    text = text.format(mark=mark, low=low, id=one, other=two)
    wanted = [row["entryNumber"] for row in rows if _holds(row, text)]
    pages = client.walk(SET, 70, filter=text, select="entryNumber")
    assert [row["entryNumber"] for page in pages for row in page] == wanted
    assert all(len(page) == 70 for page in pages[:-1])
    assert client.get(f"{SET}/$count", filter=text).text == f"\ufeff{len(wanted)}"
    counted = client.get(SET, filter=text, count="true", top="3").json()
    assert counted["@odata.count"] == len(wanted)
    assert [row["entryNumber"] for row in counted["value"]] == wanted[:3]
    skipped = client.values(SET, filter=text, orderby="entryNumber asc", skip="60", top="5")
    assert [row["entryNumber"] for row in skipped] == wanted[60:65]


def test_an_entry_with_an_id_of_its_own_is_sorted_in(client: Client) -> None:
    own = "00000005-0000-0000-0000-000000000000"
    client.company.create(SET, {"id": own})
    up = client.values(SET, orderby="entryNumber", select="entryNumber,id")
    assert up[-1]["id"] == own
    assert [row["entryNumber"] for row in up] == list(range(1, 2002))
    assert client.values(SET, top="5")[4]["id"] == own
    client.company.delete(SET, own)
    assert len(client.values(SET, orderby="entryNumber")) == 2000


@pytest.mark.parametrize("pristine", [True, False])
@pytest.mark.parametrize("size", [7, 3])
def test_entries_that_are_named_are_found(
    shared: Client,
    changed: Client,
    size: int,
    *,
    pristine: bool,
) -> None:
    client = shared if pristine else changed
    rows = [client.company.rows(SET)[place] for place in (0, 97, 98, 99, 1200, 1993)]
    text = " or ".join(f"id eq {row['id']}" for row in [*rows[3:], *rows[:3]])
    text = f"({text} or id eq ffffffff-0000-0000-0000-000000000000) and entryNumber gt 1"
    found = [row["id"] for page in client.walk(SET, size, filter=text) for row in page]
    assert found == [row["id"] for row in rows[1:]]
    assert client.get(f"{SET}/$count", filter=text).text == "\ufeff5"
    text += " and contains(description, '')"
    assert len(client.values(SET, filter=text)) == 5
    number = " or ".join(f"entryNumber eq {n}" for n in (5, 7, 2001))
    assert len(client.values(SET, filter=number)) == 3 - pristine


@pytest.fixture(scope="module")
def million() -> Iterator[Client]:
    emulator = Emulator(1_000_000, clock=VirtualClock(), limits=False, wide_entries=1_000_000)
    emulator.business_day()
    with serve(emulator) as running:
        made = Client(running)
        with closing(made.http):
            yield made


@pytest.mark.parametrize(
    ("tail", "options", "most"),
    [
        (SET, {"orderby": "entryNumber asc", "skip": "800000", "top": "1"}, 0.2),
        (SET, {"orderby": "entryNumber", "skip": "800000", "top": "1"}, 0.2),
        (SET, {"filter": "entryNumber ge 800000 and entryNumber lt 800100"}, 0.2),
        (f"{SET}/$count", {"filter": "entryNumber ge 100000 and entryNumber lt 900000"}, 0.2),
        (f"{SET}/$count", {"filter": "lastModifiedDateTime gt 2025-02-01T00:00:00Z"}, 0.2),
        (SET, {"filter": " or ".join(f"id eq {number:08x}-{TAIL}" for number in range(90))}, 0.5),
        (SET, {"select": "id"}, 0.5),
        (SET, {"filter": "lastModifiedDateTime eq 0001-01-01T00:00:00Z"}, 0.5),
    ],
)
def test_a_million_entries_are_not_looked_at_one_by_one(
    million: Client,
    tail: str,
    options: dict[str, str],
    most: float,
) -> None:
    million.get(tail, **options)
    best = []
    for _ in range(3):  # the machine may be busy with something else
        start = perf_counter()
        assert million.get(tail, **options).status_code == 200
        best.append(perf_counter() - start)
    assert min(best) < most


WIDE = "wideLedgerEntries"
ROUTE = "cronus/benchmark/v1.0"


def _wide(client: Client, tail: str, **options: str) -> httpx.Response:
    path = client.path(f"{WIDE}{tail}").replace(API, f"/v2.0/Production/api/{ROUTE}")
    return client.http.get(path, params={f"${name}": value for name, value in options.items()})


def test_wide_entries_are_what_they_say(million: Client) -> None:
    answer = _wide(million, "", top="5000")
    assert 1_100 < len(answer.content) / 5_000 < 1_300
    table = million.company.table(WIDE, ROUTE)
    wire = httpx.Response(200, text=answer.text).json(parse_float=Decimal)["value"]
    truth = table.scan()
    for row in wire:
        row.pop("@odata.etag")
        assert row == next(truth).values()
    assert len(wire[0]) == 31
    assert {type(value) for value in wire[0].values()} == {str, int, bool, Decimal}
    amounts = {str(value) for row in wire for value in row.values() if isinstance(value, Decimal)}
    assert b"E-" not in answer.content
    assert {"98765432109876.54321", "1.000000000000000001", "1.23456789E-7"} <= amounts
    assert {row["systemModifiedAt"] for row in wire} > {"0001-01-01T00:00:00Z"}
    metadata = million.http.get(f"/v2.0/Production/api/{ROUTE}/$metadata").text
    assert 'Name="wideLedgerEntry"' in metadata


def test_wide_entries_are_filtered_selected_and_written(million: Client) -> None:
    text = "entryNumber ge 999990 and systemModifiedAt gt 2025-01-01T00:00:00Z"
    rows = _wide(million, "", filter=text, select="entryNumber,comment,open").json()["value"]
    never_touched = 999_995
    numbers = [number for number in range(999_990, 1_000_001) if number != never_touched]
    assert [row["entryNumber"] for row in rows] == numbers
    assert list(rows[0]) == ["@odata.etag", "entryNumber", "comment", "open"]
    count = _wide(million, "/$count", filter="entryNumber gt 10").text
    assert count == "\ufeff999990"
    new = million.company.create(WIDE, {"comment": "new"}, ROUTE)
    assert new["entryNumber"] == 1_000_001
    found = _wide(million, "", filter="entryNumber gt 1000000").json()["value"]
    assert [row["comment"] for row in found] == ["new"]
    assert million.emulator.companies[1].rows(WIDE, ROUTE) == []
