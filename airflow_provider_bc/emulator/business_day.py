"""A day in the life of a company: some records appear, some change, some go.

Deletions leave no tombstone and lines carry no stamp, as in Business Central
(https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-extract-data).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company


@dataclass(slots=True)
class Changes:
    """What a day did, as ids by entity set.

    :param company: the company's name.
    :param created: the new records.
    :param updated: the changed records.
    :param deleted: the records that are gone.
    """

    company: str
    created: dict[str, list[str]] = field(default_factory=dict)
    updated: dict[str, list[str]] = field(default_factory=dict)
    deleted: dict[str, list[str]] = field(default_factory=dict)


class _Day:
    """One day's work in one company, noted as it is done."""

    def __init__(self, company: Company, number: int) -> None:
        self._company = company
        self._number = number
        self.changes = Changes(company.name)

    def create(self, entity_set: str, values: dict[str, Value]) -> dict[str, Value]:
        row = self._company.create(entity_set, values)
        self.changes.created.setdefault(entity_set, []).append(str(row["id"]))
        return row

    def update(self, entity_set: str, key: str, values: dict[str, Value]) -> None:
        self._company.update(entity_set, key, values)
        self.changes.updated.setdefault(entity_set, []).append(key)

    def delete(self, entity_set: str, key: str) -> None:
        self._company.delete(entity_set, key)
        self.changes.deleted.setdefault(entity_set, []).append(key)

    def keys(self, entity_set: str) -> list[str]:
        """Return the keys in an order that differs from day to day."""
        keys = [row.key for row in self._company.table(entity_set).scan()]
        turn = self._number * 7 % max(len(keys), 1)
        return keys[turn:] + keys[:turn]

    def work(self) -> None:
        number = self._number
        for place in range(2):
            name = f"Neukunde Größe {number}/{place}"
            self.create("customers", {"displayName": name, "currencyCode": "USD"})
        self.create("items", {"displayName": f"Item of day {number}", "unitPrice": Decimal("0.1")})
        customers, items = self.keys("customers"), self.keys("items")
        order = self.create("salesOrders", {"customerId": customers[0]})
        line: dict[str, Value] = {"documentId": order["id"], "itemId": items[0]}
        self.create("salesOrderLines", line | {"quantity": Decimal(number)})
        for amount in ("debitAmount", "creditAmount"):
            entry = {"accountNumber": "40100", "documentNumber": f"DAY{number:05d}"}
            self.create("generalLedgerEntries", entry | {amount: Decimal(number) / 8})
        for key in customers[:3]:
            self.update("customers", key, {"addressLine2": f"Floor {number}"})
        self.update("items", items[1], {"unitPrice": Decimal(number) + Decimal("0.01")})
        if len(orders := self.keys("salesOrders")) > 1:
            gone = next(key for key in orders if key != order["id"])
            self.delete("salesOrders", gone)
        self.delete("customers", customers[-1])


def work_a_day(company: Company, number: int) -> Changes:
    """Let a company work for a day; the same number does the same things.

    :param company: the company.
    :param number: the number of the day, from 1.
    :returns: what was done.
    """
    day = _Day(company, number)
    day.work()
    return day.changes
