"""Documents and entries: what CRONUS sold, bought and booked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.cronus.seed import Seed
    from airflow_provider_bc.emulator.schema.model import Value

_NEW_YEAR = date(2025, 1, 1)


class _Kind(NamedTuple):
    header: str
    lines: str
    partner: str
    prefix: str
    statuses: tuple[str, ...]
    dated: str
    price: str


_KINDS = (
    _Kind(
        "salesOrders", "salesOrderLines", "customer", "S-ORD10", ("Draft", "Open"), "orderDate",
        "unitPrice",
    ),
    _Kind(
        "salesInvoices", "salesInvoiceLines", "customer", "PS-INV10",
        ("Draft", "Open", "Paid", "_x0020_"), "invoiceDate", "unitPrice",
    ),
    _Kind(
        "purchaseInvoices", "purchaseInvoiceLines", "vendor", "PP-INV10", ("Draft", "Paid"),
        "invoiceDate", "unitCost",
    ),
)  # fmt: skip


def add_documents(seed: Seed, count: int) -> None:
    """Add orders and invoices with lines.

    :param seed: where the rows go; it has the master data already.
    :param count: how many documents of each kind.
    """
    for kind in _KINDS:
        for place in range(count):
            _add_document(seed, kind, place)


def add_journals(seed: Seed) -> None:
    """Add two journals with a line each.

    :param seed: where the rows go.
    """
    for code in ("DEFAULT", "ÜBERWEIS"):
        row: dict[str, Value] = {"code": code, "displayName": f"{code} journal"}
        journal = seed.add("journals", code, row | {"templateDisplayName": "GENERAL"})
        line: dict[str, Value] = {"journalId": journal, "journalDisplayName": code}
        line |= {"lineNumber": 10_000, "amount": Decimal("-0.1"), "description": "Übertrag"}
        seed.add("journalLines", code, line)


def add_item_entries(seed: Seed, count: int) -> None:
    """Add item ledger entries.

    :param seed: where the rows go; it has the items already.
    :param count: how many.
    """
    for number in range(1, count + 1):
        _add_item_entry(seed, number)


def _day(place: int) -> str:
    return (_NEW_YEAR + timedelta(days=place * 3)).isoformat()


def _add_document(seed: Seed, kind: _Kind, place: int) -> None:
    partners = seed.rows["v2.0", f"{kind.partner}s"]
    partner = partners[place % len(partners)]
    number = f"{kind.prefix}{place:04d}"
    header = seed.id(kind.header, number)
    total = sum((_add_line(seed, kind, header, place, turn) for turn in (1, 2)), Decimal(0))
    row: dict[str, Value] = {
        "number": number,
        kind.dated: _day(place),
        "postingDate": _day(place) if place % 5 else "0001-01-01",
        f"{kind.partner}Id": partner["id"],
        f"{kind.partner}Number": partner["number"],
        f"{kind.partner}Name": partner["displayName"],
        "currencyCode": partner["currencyCode"],
        "status": kind.statuses[place % len(kind.statuses)],
        "totalAmountExcludingTax": total,
        "totalAmountIncludingTax": total,
    }
    seed.add(kind.header, number, row)


def _add_line(seed: Seed, kind: _Kind, header: str, place: int, turn: int) -> Decimal:
    items = seed.rows["v2.0", "items"]
    item = items[(place + turn) % len(items)]
    price = Decimal(str(item["unitPrice" if kind.price == "unitPrice" else "unitCost"]))
    amount = (price * turn).quantize(Decimal("0.01")).normalize() + 0
    row: dict[str, Value] = {
        "documentId": header,
        "sequence": turn * 10_000,
        "itemId": item["id"],
        "lineType": "Item",
        "lineObjectNumber": item["number"],
        "description": item["displayName"],
        "unitOfMeasureCode": "PCS",
        "quantity": Decimal(turn),
        kind.price: price,
        "amountExcludingTax": amount,
        "amountIncludingTax": amount,
        "netAmount": amount,
    }
    seed.add(kind.lines, f"{header}/{turn}", row)
    return amount


def _add_item_entry(seed: Seed, number: int) -> None:
    items = seed.rows["v2.0", "items"]
    kinds = ("Positive_x0020_Adjmt_x002E_", "Sale", "Purchase", "Negative_x0020_Adjmt_x002E_")
    types = ("_x0020_", "Sales_x0020_Shipment")
    row: dict[str, Value] = {
        "entryNumber": number,
        "itemNumber": items[number % len(items)]["number"],
        "postingDate": _day(number % 100),
        "entryType": kinds[number % 4],
        "documentType": types[number % 2],
        "documentNumber": f"START-{number:05d}",
        "description": "Öffnung" if number % 9 == 0 else "",
        "quantity": Decimal(number % 50) - 25,
        "costAmountActual": Decimal(number * 7) / 32,
    }
    seed.add("itemLedgerEntries", str(number), row)
