"""Posting the lines of a general journal.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_journal_post
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.schema.model import EMPTY_GUID
from airflow_provider_bc.emulator.store.rules import ApplicationError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row


def post_journal(company: Company, row: Row) -> None:
    """Post a journal: its lines become ledger entries and disappear.

    :param company: the company.
    :param row: the journal.
    :raises ApplicationError: if it has no lines, a line has no account, or a document does not
        balance.
    """
    lines = company.table("journalLines").linked(("journalId",), (row["id"],))
    if not lines:
        raise ApplicationError("There is nothing to post.")
    sums: dict[Value, Decimal] = defaultdict(Decimal)
    entries: list[dict[str, Value]] = []
    for line in lines:
        amount = Decimal(str(line["amount"]))
        entries.append(_entry(company, line, "account", amount))
        if _named(line, "balancingAccount"):
            entries.append(_entry(company, line, "balancingAccount", -amount))
        else:
            sums[line["documentNumber"]] += amount
    for document, left in sums.items():
        if left:
            text = f"Document No. {document} is out of balance by {left}. Please check that Posting"
            raise ApplicationError(
                f"{text} Date, Document No. and Amount are correct for each line."
            )
    for entry in entries:
        company.create("generalLedgerEntries", entry)
    for line in lines:
        company.delete("journalLines", line.key)
    company.commit()


def _named(line: Row, which: str) -> bool:
    return bool(line[f"{which}Number"]) or line[f"{which}Id"] != EMPTY_GUID


def _entry(company: Company, line: Row, which: str, amount: Decimal) -> dict[str, Value]:
    number, identity = line[f"{which}Number"], line[f"{which}Id"]
    if not _named(line, which):
        text = f"Account No. must have a value in Gen. Journal Line: Line No.={line['lineNumber']}."
        code = "Application_FieldValidationException"
        raise ApplicationError(f"{text} It cannot be zero or empty.", code)
    for account in company.table("accounts").scan():
        if account["number"] == number or account["id"] == identity:
            number, identity = account["number"], account["id"]
    column = "debitAmount" if amount > 0 else "creditAmount"
    return {
        "accountNumber": number,
        "accountId": identity,
        "postingDate": line["postingDate"],
        "documentNumber": line["documentNumber"],
        "description": line["description"],
        column: abs(amount),
    }
