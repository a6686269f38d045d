"""Late commits and roll-backs: when rows are seen, and which stamps they carry."""

from __future__ import annotations

from decimal import Decimal

import pytest

from .conftest import Client

LEDGER = "generalLedgerEntries"
START = "2026-03-02T08:00:00Z"
LATER = "2026-03-02T08:01:40Z"


def _names(client: Client) -> dict[str, str]:
    return {row["id"]: row["displayName"] for row in client.values("customers")}


def test_a_late_commit_publishes_rows_with_old_stamps(client: Client) -> None:
    company, clock = client.company, client.emulator.clock
    old, gone = (str(company.rows("customers")[place]["id"]) for place in (3, 4))
    before = client.get("customers").content
    transaction = company.begin()
    new = transaction.create("customers", {"displayName": "Late"})
    transaction.update("customers", str(new["id"]), {"city": "Later"})
    transaction.update("customers", old, {"city": "Late"})
    transaction.delete("customers", gone)
    clock.advance(100)
    assert client.get("customers").content == before
    other = company.create("customers", {"displayName": "Meanwhile"})
    transaction.commit()
    rows = {row["id"]: row for row in company.rows("customers")}
    assert rows[new["id"]]["city"] == "Later"
    assert rows[new["id"]]["lastModifiedDateTime"] == START
    assert rows[old]["lastModifiedDateTime"] == START
    assert other["lastModifiedDateTime"] == LATER
    assert gone not in rows
    watermark = client.values("customers", filter=f"lastModifiedDateTime ge {LATER}")
    assert [row["id"] for row in watermark] == [other["id"]]


@pytest.mark.parametrize("dirty", [False, True])
def test_a_rollback_undoes_everything(client: Client, *, dirty: bool) -> None:
    company = client.company
    sets = ("customers", "salesOrders", "salesOrderLines", LEDGER)
    before = {name: company.rows(name) for name in sets}
    etags = [row["@odata.etag"] for row in client.values("customers")]
    client.emulator.clock.advance(60)
    transaction = company.begin(dirty=dirty)
    transaction.create("customers", {"displayName": "Ghost"})
    for place in (3, 3, 5):
        transaction.update("customers", str(before["customers"][place]["id"]), {"city": "Ghost"})
    transaction.delete("customers", str(before["customers"][7]["id"]))
    transaction.delete("salesOrders", str(before["salesOrders"][0]["id"]))
    transaction.create(LEDGER, {"debitAmount": Decimal(1)})
    transaction.update(LEDGER, str(before[LEDGER][9]["id"]), {"description": "Ghost"})
    transaction.delete(LEDGER, str(before[LEDGER][19]["id"]))
    seen = company.rows("customers") != before["customers"]
    assert seen == dirty
    assert (client.get(f"{LEDGER}({before[LEDGER][19]['id']})").status_code == 404) == dirty
    transaction.rollback()
    assert {name: company.rows(name) for name in sets} == before
    assert [row["@odata.etag"] for row in client.values("customers")] == etags
    assert client.get(f"{LEDGER}/$count").text == "\ufeff2000"


def test_dirty_rows_are_seen_before_their_commit_and_after(client: Client) -> None:
    transaction = client.company.begin(dirty=True)
    new = transaction.create("customers", {"displayName": "Dirty"})
    assert _names(client)[str(new["id"])] == "Dirty"
    transaction.update("customers", str(new["id"]), {"displayName": "Dirtier"})
    assert _names(client)[str(new["id"])] == "Dirtier"
    client.emulator.clock.advance(100)
    transaction.commit()
    row = client.get(f"customers({new['id']})").json()
    assert (row["displayName"], row["lastModifiedDateTime"]) == ("Dirtier", START)


def test_a_transaction_sees_its_own_documents(client: Client) -> None:
    company = client.company
    customer = company.rows("customers")[0]
    item = company.rows("items")[0]
    transaction = company.begin()
    order = transaction.create("salesOrders", {"customerId": customer["id"]})
    for quantity in (2, 3):
        line = {"documentId": order["id"], "itemId": item["id"], "quantity": Decimal(quantity)}
        sequence = transaction.create("salesOrderLines", line)["sequence"]
    assert sequence == 20_000
    assert company.lines("salesOrders", str(order["id"])) == []
    transaction.commit()
    found = client.get(f"salesOrders({order['id']})", expand="salesOrderLines").json()
    assert [line["quantity"] for line in found["salesOrderLines"]] in ([2, 3], [3, 2])
    assert found["totalAmountExcludingTax"] > 0


def test_numbers_are_given_once(client: Client) -> None:
    company = client.company
    one, two = company.begin(), company.begin(dirty=True)
    entries = [
        writer.create(entity_set, {})["entryNumber"]
        for entity_set in (LEDGER, "itemLedgerEntries")
        for writer in (one, two, company, one)
    ]
    assert entries == [2001, 2002, 2003, 2004, 401, 402, 403, 404]
    two.rollback()
    one.commit()
    assert company.create(LEDGER, {})["entryNumber"] == 2005
    assert len(company.rows(LEDGER)) == 2004
    up = client.values(LEDGER, filter="entryNumber gt 2000", orderby="entryNumber")
    assert [row["entryNumber"] for row in up] == [2001, 2003, 2004, 2005]


def test_deleted_rows_stay_deleted_after_a_commit(client: Client) -> None:
    key = str(client.company.rows(LEDGER)[4]["id"])
    transaction = client.company.begin()
    transaction.update(LEDGER, key, {"description": "first"})
    transaction.delete(LEDGER, key)
    with pytest.raises(KeyError):
        transaction.update(LEDGER, key, {"description": "second"})
    transaction.commit()
    assert len(client.company.rows(LEDGER)) == 1999


def test_a_transaction_ends_once(client: Client) -> None:
    for end in ("commit", "rollback"):
        transaction = client.company.begin()
        getattr(transaction, end)()
        for again in (transaction.commit, transaction.rollback):
            with pytest.raises(RuntimeError, match="already"):
                again()
        with pytest.raises(RuntimeError, match="already"):
            transaction.create("customers", {})


def test_row_versions_grow_in_a_transaction(client: Client) -> None:
    route = "contoso/warehouse/v1.0"
    rows = client.company.rows("warehouseItems", route)
    transaction = client.company.begin()
    first = transaction.create("warehouseItems", {}, route)
    second = transaction.update("warehouseItems", str(rows[0]["id"]), {"binCode": "X"}, route)
    third = transaction.create("warehouseItems", {"number": "N"}, route)
    numbers = [int(str(row["systemRowVersion"])) for row in (first, second, third)]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > max(int(str(row["systemRowVersion"])) for row in rows)
    transaction.delete("warehouseItems", str(third["id"]), route)
    transaction.commit()
    assert len(client.company.rows("warehouseItems", route)) == len(rows) + 1
