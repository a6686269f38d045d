"""The business logic of documents: a header knows its partner and adds up its lines.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_salesorder
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_bc.emulator.schema.model import EMPTY_GUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.row import Row


class ApplicationError(Exception):
    """AL's own `Error()`: business logic said no.

    :param message: the text, without the correlation id.
    :param code: the error code, `Application_DialogException` unless AL raised another exception.
    """

    def __init__(self, message: str, code: str = "Application_DialogException") -> None:
        super().__init__(message)
        self.code = code


class Document(NamedTuple):
    """How one kind of document is made up.

    :ivar lines: the entity set of its lines.
    :ivar partner: `customer` or `vendor`.
    :ivar price: the line's price property.
    """

    lines: str
    partner: str
    price: str


DOCUMENTS = {
    "salesOrders": Document("salesOrderLines", "customer", "unitPrice"),
    "salesInvoices": Document("salesInvoiceLines", "customer", "unitPrice"),
    "salesQuotes": Document("salesQuoteLines", "customer", "unitPrice"),
    "salesCreditMemos": Document("salesCreditMemoLines", "customer", "unitPrice"),
    "purchaseCreditMemos": Document("purchaseCreditMemoLines", "vendor", "unitCost"),
    "purchaseInvoices": Document("purchaseInvoiceLines", "vendor", "unitCost"),
    "purchaseOrders": Document("purchaseOrderLines", "vendor", "directUnitCost"),
}
HEADERS = {document.lines: header for header, document in DOCUMENTS.items()}


def _match(rows: Iterable[Row], **wanted: Value) -> Row | None:
    given = {name: value for name, value in wanted.items() if value not in ("", EMPTY_GUID)}
    if not given:
        return None
    return next((r for r in rows if any(r[n] == v for n, v in given.items())), None)


def fill_partner(values: dict[str, Value], partner: str, partners: Iterable[Row]) -> None:
    """Let a document's customer or vendor id bring in number and name, and the reverse.

    :param values: the header; changed in place.
    :param partner: `customer` or `vendor`.
    :param partners: the rows of that entity set.
    :raises ApplicationError: if neither is given, or if both disagree.
    """
    number, identity = values[f"{partner}Number"], values[f"{partner}Id"]
    if number == "" and identity == EMPTY_GUID:
        raise ApplicationError(f"A {partner}Number or a {partner}ID must be provided.")
    row = _match(partners, id=identity, number=number)
    if row is None:
        what = partner.capitalize()
        raise ApplicationError(f"The {what} does not exist. Identification fields and values: ''")
    both = number != "" and identity != EMPTY_GUID
    if both and (row["id"], row["number"]) != (identity, number):
        raise ApplicationError(f"The {partner} values do not match to a specific {partner}.")
    values[f"{partner}Id"], values[f"{partner}Number"] = row["id"], row["number"]
    values[f"{partner}Name"] = row["displayName"]


def fill_line(values: dict[str, Value], price: str, items: Iterable[Row], sequence: int) -> None:
    """Let a line's item bring in its texts and price, and work out the amounts.

    :param values: the line; changed in place.
    :param price: the line's price property.
    :param items: the rows of `items`.
    :param sequence: the sequence a line without one gets.
    """
    item = _match(items, id=values["itemId"], number=values["lineObjectNumber"])
    if item is not None:
        values["itemId"], values["lineObjectNumber"] = item["id"], item["number"]
        values["lineType"] = "Item"
        values["description"] = values["description"] or item["displayName"]
        if not values[price]:
            values[price] = item["unitPrice" if price == "unitPrice" else "unitCost"]
    values["sequence"] = values["sequence"] or sequence
    net = _decimal(values, "quantity") * _decimal(values, price) - _decimal(
        values, "discountAmount"
    )
    amount = net.quantize(Decimal("0.01")).normalize() + 0
    for name in ("amountExcludingTax", "amountIncludingTax", "netAmount", "netAmountIncludingTax"):
        if name in values:
            values[name] = amount


def totals(lines: Iterable[Row]) -> dict[str, Value]:
    """Add up a document's lines.

    :param lines: its lines.
    :returns: the header's three totals.
    """
    rows = list(lines)
    without = sum((_decimal(row.values(), "amountExcludingTax") for row in rows), Decimal(0))
    tax = sum((_decimal(row.values(), "totalTaxAmount") for row in rows), Decimal(0))
    return {
        "totalAmountExcludingTax": without,
        "totalTaxAmount": tax,
        "totalAmountIncludingTax": without + tax,
    }


def _decimal(values: Mapping[str, Value], name: str) -> Decimal:
    return Decimal(str(values[name] or 0))
