"""Small companies, of which an environment may have three hundred."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.cronus.documents import add_documents, add_item_entries
from airflow_provider_bc.emulator.cronus.seed import Seed

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value

_CODED = (
    "countriesRegions",
    "currencies",
    "dimensions",
    "itemCategories",
    "locations",
    "paymentMethods",
    "paymentTerms",
    "shipmentMethods",
    "taxAreas",
    "taxGroups",
    "unitsOfMeasure",
)
_ACCOUNTS = (("10100", "Assets"), ("40100", "Income"), ("60000", "Expense"))
_MOST = 4


def small_company(number: int) -> tuple[Seed, int]:
    """Make the rows of a small company: two to five in each of some twenty entity sets.

    :param number: the number of the company, which decides how many rows each set has.
    :returns: its rows, and how many general ledger entries belong to them.
    """
    seed = Seed(f"Company {number:03d}")
    for place, entity_set in enumerate(_CODED):
        for turn in range(_many(number + place)):
            code = f"{entity_set[:4].upper()}{turn}"
            seed.add(entity_set, code, {"code": code, "displayName": f"{code} of {number}"})
    for account, category in _ACCOUNTS:
        values: dict[str, Value] = {"number": account, "displayName": category}
        more: dict[str, Value] = {"category": category, "directPosting": True}
        seed.add("accounts", account, values | more)
    for turn in range(_many(number)):
        _add_masters(seed, turn)
    details: dict[str, Value] = {"displayName": f"Company {number:03d}", "currencyCode": "USD"}
    seed.add("companyInformation", "only", details)
    add_documents(seed, _many(number + 1))
    add_item_entries(seed, _many(number + 2))
    return seed, _many(number + 3)


def _many(number: int) -> int:
    return 2 + number % _MOST


def _add_masters(seed: Seed, turn: int) -> None:
    for entity_set in ("customers", "vendors", "employees", "contacts", "bankAccounts"):
        number = f"{entity_set[0].upper()}{turn:03d}"
        row: dict[str, Value] = {"number": number, "displayName": f"{number} Ünternehmen"}
        seed.add(entity_set, number, row)
    number = f"I{turn:03d}"
    item: dict[str, Value] = {"number": number, "displayName": f"Möbel {turn}"}
    prices: dict[str, Value] = {"unitPrice": Decimal("0.1") * turn, "unitCost": Decimal("0.07")}
    seed.add("items", number, item | {"type": "Inventory"} | prices)
