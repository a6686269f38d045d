"""Posting a draft in its own place, and making one document out of another.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesinvoice_post
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.posting.kinds import KINDS, require
from airflow_provider_bc.emulator.store.rules import DOCUMENTS, ApplicationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_LONGEST_NUMBER = 20
_LINE = (
    "itemId",
    "accountId",
    "lineType",
    "lineObjectNumber",
    "description",
    "unitOfMeasureId",
    "unitOfMeasureCode",
    "discountAmount",
    "taxCode",
    "locationId",
)
_HEAD = (
    "externalDocumentNumber",
    "currencyId",
    "currencyCode",
    "paymentTermsId",
    "shipmentMethodId",
    "postingDate",
    "salesperson",
    "purchaser",
    "phoneNumber",
    "email",
)


def refuse_empty(company: Company, entity_set: str, row: Row, noun: str) -> None:
    """Refuse a document without lines, or with lines that lack a quantity.

    :param company: the company.
    :param entity_set: the document's entity set.
    :param row: the document.
    :param noun: what the message calls it.
    :raises ApplicationError: if it cannot be posted or sent.
    """
    lines = company.lines(entity_set, row.key)
    if not lines:
        raise ApplicationError(f"Please add at least one line item to the {noun}.")
    if any(line["lineType"] != "Comment" and not line["quantity"] for line in lines):
        text = "One or more document lines with a value in the No. field do not have a quantity"
        raise ApplicationError(f"{text} specified.")


def post(company: Company, entity_set: str, row: Row, status: str = "Open") -> None:
    """Post a draft: the same id, a number of the posted series, two ledger entries.

    What was posted is committed, so a batch that fails later does not take it back.

    :param company: the company.
    :param entity_set: the document's entity set.
    :param row: the draft.
    :param status: what it becomes.
    :raises ApplicationError: if it is not a draft, or has nothing to post.
    """
    kind = KINDS[entity_set]
    require(entity_set, row, posted=False)
    refuse_empty(company, entity_set, row, kind.noun)
    number = f"{kind.prefix}{row['number']}"[:_LONGEST_NUMBER]
    total = Decimal(str(row["totalAmountIncludingTax"]))
    posted: dict[str, Value] = {"number": number, "status": status}
    if entity_set == "salesInvoices":
        posted["remainingAmount"] = total if status == "Open" else Decimal(0)
    company.update(entity_set, row.key, posted)
    _book(company, entity_set, number, total)
    company.commit()


def copy(
    company: Company,
    source: str,
    row: Row,
    target: str,
    *,
    more: Mapping[str, Value],
    quantities: Mapping[str, Value] | None = None,
) -> Row:
    """Make a draft out of another document, with its lines.

    :param company: the company.
    :param source: the entity set of the other document.
    :param row: the other document.
    :param target: the entity set of the draft.
    :param more: properties of the draft beyond those copied.
    :param quantities: how much of which line to take over, by the line's key; None for all.
    :returns: the draft.
    """
    partner = DOCUMENTS[source].partner
    given, fits = row.values(), company.blank(target)
    head = {name: given[name] for name in _HEAD if name in given and name in fits}
    head |= {f"{partner}Id": given[f"{partner}Id"], "status": "Draft", **more}
    draft = company.create(target, head)
    ours, theirs = DOCUMENTS[target], DOCUMENTS[source]
    for line in company.lines(source, row.key):
        if quantities is not None and line.key not in quantities:
            continue
        quantity = line["quantity"] if quantities is None else quantities[line.key]
        copied = {name: line[name] for name in _LINE} | {"documentId": draft["id"]}
        copied |= {ours.price: line[theirs.price], "quantity": quantity}
        company.create(ours.lines, copied)
    return company.row(target, str(draft["id"]))


def _book(company: Company, entity_set: str, document: str, amount: Decimal) -> None:
    """Book a posted document: one account against the other."""
    kind = KINDS[entity_set]
    accounts = {row["number"]: row["id"] for row in company.table("accounts").scan()}
    for number, column in ((kind.debit, "debitAmount"), (kind.credit, "creditAmount")):
        entry: dict[str, Value] = {
            "accountNumber": number,
            "accountId": accounts[number],
            "documentNumber": document,
            "documentType": kind.document_type,
            "description": f"{kind.noun.capitalize()} {document}",
            column: amount,
        }
        company.create("generalLedgerEntries", entry)
