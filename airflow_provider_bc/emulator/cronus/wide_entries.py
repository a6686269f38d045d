"""Wide ledger entries for benchmarks: some 1.2 KB of JSON each, most of it text that repeats.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-develop-custom-api
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.emulator.cronus.entries import ETAGS, NUMBERS, amounts
from airflow_provider_bc.emulator.schema.model import UNSET_DATE
from airflow_provider_bc.emulator.store.ledger import Ledger
from airflow_provider_bc.emulator.store.recipe import Column, repeating

ROUTE = "cronus/benchmark/v1.0"
ENTITY_SET = "wideLedgerEntries"
_SPACE = UUID("b2a5d0f4-52a1-4f0f-9a3e-64f1f0a0c7d1")
_FIRST_DAY = date(2023, 1, 2)
_FIRST_MOMENT = datetime(2024, 1, 1, 4, 30, tzinfo=UTC).timestamp()
_WORDS = (
    "Miete für März, Halle 3",
    'Bürostuhl "Ånge" ½',
    "Freight, inbound C:\\dock\\7",
    "Reverse charge § 13b",
    "Öresund bridge toll",
    "年度末の棚卸し",
    "Accrual, electricity",
    "Prepayment 30 %",
    "Café & Catering <staff>",
    "Rounding",
)
_PARTNERS = ("Adatum Corporation", "Trey Research", "Relecloud O'Neil", "株式会社スポーツ")
_COMMENT = (
    "Booked from the posting journal of the day; the original document is kept in the archive "
    "under the external number. Checked by the accounts department, betrifft Kostenträger"
)
_TYPES = (
    "_x0020_",
    "Sale",
    "Purchase",
    "Positive_x0020_Adjmt_x002E_",
    "Negative_x0020_Adjmt_x002E_",
)


def _days(offset: int) -> list[str]:
    return [(_FIRST_DAY + timedelta(days=offset + day)).isoformat() for day in range(250)]


def _ids(what: str, many: int) -> list[str]:
    return [str(uuid5(_SPACE, f"{what}/{turn}")) for turn in range(many)]


def _decimals(step: str, many: int, *awkward: str) -> list[Decimal]:
    """Make evenly spaced decimals, and some that no binary float holds."""
    plain = [Decimal(step) * turn for turn in range(1, many + 1 - len(awkward))]
    return [*plain, *map(Decimal, awkward)]


# Every length divides 2,000, so that all of it is kept as 2,000 texts.
_REPEATING = (
    repeating("externalDocumentNumber", [f"EXT/2023-{n:05d}/Ä" for n in range(500)], 4),
    repeating("postingDate", _days(0), 8),
    repeating("documentDate", _days(-3), 8),
    repeating("dueDate", [*_days(30)[1:], UNSET_DATE], 4),
    repeating("entryType", _TYPES, 2),
    repeating("accountId", _ids("account", 50)),
    repeating("accountNumber", [str(10_000 + 37 * n) for n in range(50)]),
    repeating("accountName", [f"{_WORDS[n % 10]} ({n})" for n in range(50)]),
    repeating("partnerId", _ids("partner", 100)),
    repeating("partnerName", [f"{_PARTNERS[n % 4]} {n}" for n in range(100)]),
    repeating("description", [f"{_WORDS[n % 10]}, {n}. Teil" for n in range(200)]),
    repeating("comment", [f"{_COMMENT} {n:04d}." for n in range(400)], 5),
    repeating("debitAmount", _decimals("17.31", 2000, "98765432109876.54321", "0.01")),
    repeating("creditAmount", _decimals("3.07", 1000, "12345678901234.56789"), 2),
    repeating("quantity", _decimals("0.12345", 2000, "-7.00001", "0.00001")),
    repeating("unitCost", _decimals("1.00003", 500, "1234567890123456.78", "0.1"), 4),
    repeating("exchangeRate", _decimals("0.000000123456789", 400, "1.000000000000000001"), 5),
    repeating("taxAmount", _decimals("-0.19", 1000)),
    repeating("outstandingAmount", [Decimal(0), Decimal(0), *_decimals("0.3", 8)], 20),
    repeating("currencyCode", ["USD", "USD", "EUR", "SEK", "JPY"], 10),
    repeating("departmentCode", ["ADM", "PROD", "SALES", "ÖST"], 5),
    repeating("projectCode", [f"P-{n:03d}" for n in range(125)]),
    repeating("dimensionSetId", [7 * n for n in range(1, 401)]),
    repeating("open", [True, False, False, False, False]),
    repeating("reversed", [False] * 39 + [True]),
    repeating("systemCreatedAt", [stamp(_FIRST_MOMENT + 97.531 * n) for n in range(200)], 10),
)


def wide_ledger(count: int, company: str) -> Ledger:
    """Make the wide ledger of a company.

    :param count: how many entries there are.
    :param company: the company; two of them share no id.
    :returns: the entity set `wideLedgerEntries` of the route `cronus/benchmark/v1.0`.
    """
    documents = Column("documentNumber", lambda ns: [b'"W%09d"' % (n // 3) for n in ns])
    amount = amounts("amount", odd=True, even=True)
    columns = (ETAGS, NUMBERS, documents, amount, *_REPEATING)
    return Ledger(count, columns, str(uuid5(_SPACE, company))[9:], "systemModifiedAt")
