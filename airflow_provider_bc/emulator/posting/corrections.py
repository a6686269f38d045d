"""Cancelling posted documents by the documents that correct them.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesinvoice_cancel
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.posting.documents import copy, post
from airflow_provider_bc.emulator.posting.kinds import KINDS, require
from airflow_provider_bc.emulator.store.rules import ApplicationError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_CANCELED = {
    "invoice": "The invoice cannot be canceled because it has already been canceled.",
    "credit memo": "The credit memo cannot be cancelled because it has already been canceled.",
}


def cancel(company: Company, entity_set: str, row: Row) -> None:
    """Cancel a posted invoice by a posted credit memo, or a corrective credit memo by an invoice.

    :param company: the company.
    :param entity_set: the document's entity set.
    :param row: the document.
    :raises ApplicationError: if it is a draft, canceled, paid, or the wrong one to cancel.
    """
    kind = KINDS[entity_set]
    require(entity_set, row, posted=True)
    _refuse_uncancellable(kind.noun, str(row["status"]))
    correction = copy(company, entity_set, row, kind.opposite, more=_origin(kind.noun, row))
    canceled: dict[str, Value] = {"status": "Canceled"}
    if entity_set == "salesInvoices":
        canceled["remainingAmount"] = Decimal(0)
    company.update(entity_set, row.key, canceled)
    post(company, kind.opposite, correction, "Corrective")


def correct(company: Company, entity_set: str, row: Row) -> None:
    """Make the draft of a credit memo for a posted sales invoice, found by its `invoiceId`.

    :param company: the company.
    :param entity_set: the invoice's entity set.
    :param row: the invoice.
    :raises ApplicationError: if it is a draft, closed or partially paid.
    """
    require(entity_set, row, posted=True)
    if row["status"] != "Open":
        text = "The invoice is closed. The corrective credit memo will not be applied to the"
        raise ApplicationError(f"{text} invoice.")
    if row["remainingAmount"] != row["totalAmountIncludingTax"]:
        text = "The invoice is partially paid or credited. The corrective credit memo may not be"
        raise ApplicationError(f"{text} fully closed by the invoice.")
    copy(company, entity_set, row, KINDS[entity_set].opposite, more=_origin("invoice", row))


def _origin(noun: str, row: Row) -> dict[str, Value]:
    """Say what a credit memo corrects; an invoice has no property for it."""
    return {"invoiceId": row["id"], "invoiceNumber": row["number"]} if noun == "invoice" else {}


def _refuse_uncancellable(noun: str, status: str) -> None:
    if status == "Canceled":
        raise ApplicationError(_CANCELED[noun])
    failed = f"Canceling the {noun} failed because of the following error: \\\\You cannot cancel"
    if noun == "credit memo" and status != "Corrective":
        raise ApplicationError(f"{failed} this posted credit memo: it is no corrective document.")
    if noun == "invoice" and status == "Paid":
        text = f"{failed} this posted invoice because it is fully or partially paid."
        raise ApplicationError(text)
    if noun == "invoice" and status == "Corrective":
        text = f"{failed} this posted invoice because it is a correction of a credit memo."
        raise ApplicationError(text)
