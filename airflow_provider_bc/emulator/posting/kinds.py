"""The kinds of document that are posted, and what posting makes of each.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_salesinvoice
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_bc.emulator.store.rules import ApplicationError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.store.row import Row

_POSTED = frozenset(("Open", "Paid", "Canceled", "Corrective"))
_CASH, _INCOME, _EXPENSE = "10100", "40100", "60000"


class Kind(NamedTuple):
    """A kind of document that is posted in its own place: the same id before and after.

    :ivar noun: what messages call it.
    :ivar prefix: of the numbers of posted documents.
    :ivar debit: the account posting debits.
    :ivar credit: the account posting credits.
    :ivar document_type: of the ledger entries.
    :ivar opposite: the entity set of the documents that correct it.
    """

    noun: str
    prefix: str
    debit: str
    credit: str
    document_type: str
    opposite: str


KINDS = {
    "salesInvoices": Kind("invoice", "PS-", _CASH, _INCOME, "Invoice", "salesCreditMemos"),
    "salesCreditMemos": Kind(
        "credit memo", "PSC-", _INCOME, _CASH, "Credit_x0020_Memo", "salesInvoices"
    ),
    "purchaseInvoices": Kind(
        "invoice", "PP-", _EXPENSE, _CASH, "Invoice", "purchaseCreditMemos"
    ),
    "purchaseCreditMemos": Kind(
        "credit memo", "PPC-", _CASH, _EXPENSE, "Credit_x0020_Memo", "purchaseInvoices"
    ),
}  # fmt: skip


def is_posted(entity_set: str, row: Row) -> bool:
    """Tell whether a document was posted.

    :param entity_set: its entity set.
    :param row: the document.
    :returns: False for a draft, and for any document that is never posted in its own place.
    """
    return entity_set in KINDS and row["status"] in _POSTED


def refuse_if_posted(entity_set: str, row: Row) -> None:
    """Refuse to change a posted document: it is read-only.

    :param entity_set: its entity set.
    :param row: the document.
    :raises ApplicationError: if it is posted.
    """
    if is_posted(entity_set, row):
        noun = KINDS[entity_set].noun
        raise ApplicationError(f"The {noun} has been posted and can no longer be modified.")


def require(entity_set: str, row: Row, *, posted: bool) -> None:
    """Refuse an action in the wrong part of a document's life.

    :param entity_set: its entity set.
    :param row: the document.
    :param posted: whether the action is for posted documents or for drafts.
    :raises ApplicationError: if the document is the other.
    """
    if is_posted(entity_set, row) != posted:
        state = "posted" if posted else "draft"
        noun = KINDS[entity_set].noun
        raise ApplicationError(f"The action can be applied to a {state} {noun} only.")
