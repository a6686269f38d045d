"""The computed ledger behaves like a table, whatever is laid over it."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from .conftest import Client

SET = "generalLedgerEntries"


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
