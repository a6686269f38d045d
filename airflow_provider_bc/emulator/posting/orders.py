"""Orders and quotes: what becomes of them.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesorder_shipandinvoice
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_bc.emulator.posting.documents import copy, post, refuse_empty
from airflow_provider_bc.emulator.store.rules import DOCUMENTS, ApplicationError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row


class _Order(NamedTuple):
    """How a kind of order is delivered.

    :ivar invoices: the entity set of its invoices.
    :ivar planned: the line's property that says how much to deliver next.
    :ivar delivered: the line's property that says how much was delivered.
    :ivar complete: the header's property that says that all was delivered.
    """

    invoices: str
    planned: str
    delivered: str
    complete: str


_ORDERS = {
    "salesOrders": _Order("salesInvoices", "shipQuantity", "shippedQuantity", "fullyShipped"),
    "purchaseOrders": _Order(
        "purchaseInvoices", "receiveQuantity", "receivedQuantity", "fullyReceived"
    ),
}


def deliver_and_invoice(company: Company, entity_set: str, row: Row) -> bool:
    """Deliver and invoice an order: the posted invoice names it, a finished order disappears.

    :param company: the company.
    :param entity_set: the order's entity set.
    :param row: the order.
    :returns: whether the order is fully invoiced, and gone.
    :raises ApplicationError: if it has nothing to post.
    """
    order, lines = _ORDERS[entity_set], company.lines(entity_set, row.key)
    if not lines:
        raise ApplicationError("There is nothing to post.")
    refuse_empty(company, entity_set, row, "order")
    now = {line.key: _next(line, order) for line in lines}
    if not any(now.values()):
        raise ApplicationError("There is nothing to post.")
    origin: dict[str, Value] = {"orderId": row["id"], "orderNumber": row["number"]}
    part = {key: quantity for key, quantity in now.items() if quantity}
    invoice = copy(company, entity_set, row, order.invoices, more=origin, quantities=part)
    finished = all(_left(line, order) == now[line.key] for line in lines)
    if finished:
        company.delete(entity_set, row.key)
    else:
        _note(company, entity_set, lines, now)
    post(company, order.invoices, invoice)
    return finished


def convert(company: Company, row: Row, target: str) -> None:
    """Make an order or an invoice out of a sales quote, which disappears.

    :param company: the company.
    :param row: the quote.
    :param target: `salesOrders` or `salesInvoices`.
    """
    copy(company, "salesQuotes", row, target, more={})
    company.delete("salesQuotes", row.key)


def _left(line: Row, order: _Order) -> Decimal:
    return Decimal(str(line["quantity"])) - Decimal(str(line[order.delivered]))


def _next(line: Row, order: _Order) -> Decimal:
    """Say how much of a line is delivered now: what was planned, else all that is left."""
    left, planned = _left(line, order), Decimal(str(line[order.planned]))
    if planned > left:
        text = f"You cannot deliver more than {left} units."
        raise ApplicationError(text)
    return planned or left


def _note(company: Company, entity_set: str, lines: list[Row], now: dict[str, Decimal]) -> None:
    """Note on an order's lines what was delivered and invoiced."""
    order = _ORDERS[entity_set]
    for line in lines:
        delivered = Decimal(str(line[order.delivered])) + now[line.key]
        noted: dict[str, Value] = {order.delivered: delivered, "invoicedQuantity": delivered}
        noted |= {order.planned: Decimal(0), "invoiceQuantity": Decimal(0)}
        company.update(DOCUMENTS[entity_set].lines, line.key, noted)
