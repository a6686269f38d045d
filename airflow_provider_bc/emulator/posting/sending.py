"""Sending documents by e-mail: nothing leaves the emulator, but an address must be known.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesinvoice_send
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.posting.documents import refuse_empty
from airflow_provider_bc.emulator.posting.kinds import is_posted, require
from airflow_provider_bc.emulator.store.rules import ApplicationError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_NOUNS = {"salesInvoices": "invoice", "salesCreditMemos": "Credit Memo", "salesQuotes": "Quote"}


def send(company: Company, entity_set: str, row: Row) -> None:
    """Send a document to its customer; a quote remembers it.

    :param company: the company.
    :param entity_set: the document's entity set.
    :param row: the document.
    :raises ApplicationError: if it is no document to send, or nobody's address is known.
    """
    if entity_set == "salesCreditMemos":
        require(entity_set, row, posted=True)
    if not is_posted(entity_set, row):
        noun = "invoice" if entity_set == "salesInvoices" else "document"
        refuse_empty(company, entity_set, row, noun)
    if row["status"] != "Canceled":
        _refuse_without_address(company, entity_set, row)
    if entity_set == "salesQuotes":
        company.update(entity_set, row.key, {"status": "Sent", "sentDate": company.now()})


def _refuse_without_address(company: Company, entity_set: str, row: Row) -> None:
    customer = company.table("customers").get(str(row["customerId"]))
    if not row["email"] and (customer is None or not customer["email"]):
        text = "The send-to email is empty. Specify email either for the customer or for the"
        raise ApplicationError(f"{text} {_NOUNS[entity_set]} in email preview.")
