"""Bound actions: what posting does to a document.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesinvoice_post
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import ODataError, not_found, not_implemented
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.resource import Resource
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_RECEIVABLES, _INCOME = "10100", "40100"
_COPIED = ("itemId", "lineObjectNumber", "description", "quantity", "unitPrice", "discountAmount")


def perform(found: Resource, company: Company) -> Response:
    """Perform the action a path ends in; its name may be in any casing.

    :param found: the entity and the action.
    :param company: the company.
    :returns: 204.
    :raises ODataError: 404 for an unknown action, 501 for one that is not emulated, 400 if business
        logic forbids it.
    """
    row, wanted = found.row, (found.action or "").lower()
    known = next((name for name in found.schema.actions if name.lower() == wanted), None)
    if row is None or known is None:
        raise not_found(f"Microsoft.NAV.{found.action}")
    if (found.schema.name, known) == ("salesInvoices", "post"):
        post_invoice(company, row)
    elif (found.schema.name, known) == ("salesOrders", "shipAndInvoice"):
        ship_and_invoice(company, row)
    else:
        action = f"{found.schema.name}/Microsoft.NAV.{known}"
        raise not_implemented(f"The emulator does not perform the action {action}.")
    return Response(204)


def _dialog(text: str) -> ODataError:
    return ODataError(400, "Application_DialogException", text)


def post_invoice(company: Company, row: Row) -> None:
    """Post a draft sales invoice: the same id, a posted number, status Open, two entries.

    :param company: the company.
    :param row: the invoice.
    :raises ODataError: 400 if it is not a draft or has no lines.
    """
    if row["status"] != "Draft":
        raise _dialog("The invoice must be a draft to be posted.")
    if not company.lines("salesInvoices", row.key):
        raise _dialog("There is nothing to post.")
    number = f"PS-{row['number']}"[:20]
    total = Decimal(str(row["totalAmountIncludingTax"]))
    posted: dict[str, Value] = {"number": number, "status": "Open", "remainingAmount": total}
    company.update("salesInvoices", row.key, posted)
    _book(company, number, total)


def ship_and_invoice(company: Company, row: Row) -> None:
    """Ship and invoice a sales order: it disappears, a posted invoice names it.

    :param company: the company.
    :param row: the order.
    :raises ODataError: 400 if it has no lines.
    """
    lines = company.lines("salesOrders", row.key)
    if not lines:
        raise _dialog("There is nothing to post.")
    order = {"orderId": row["id"], "orderNumber": row["number"]}
    head = {
        "customerId": row["customerId"],
        "externalDocumentNumber": row["externalDocumentNumber"],
    }
    invoice = company.create("salesInvoices", head | order | {"status": "Draft"})
    for line in lines:
        copied = {name: line[name] for name in _COPIED} | {"documentId": invoice["id"]}
        company.create("salesInvoiceLines", copied)
    draft = company.table("salesInvoices").get(str(invoice["id"]))
    if draft is not None:
        post_invoice(company, draft)
    company.delete("salesOrders", row.key)


def _book(company: Company, document: str, amount: Decimal) -> None:
    """Book a posted invoice: receivables against income."""
    accounts = {row["number"]: row["id"] for row in company.table("accounts").scan()}
    for number, column in ((_RECEIVABLES, "debitAmount"), (_INCOME, "creditAmount")):
        entry: dict[str, Value] = {
            "accountNumber": number,
            "accountId": accounts[number],
            "documentNumber": document,
            "documentType": "Invoice",
            "description": f"Invoice {document}",
            column: amount,
        }
        company.create("generalLedgerEntries", entry)
