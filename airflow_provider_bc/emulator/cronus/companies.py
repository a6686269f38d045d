"""The companies of the environment: two by default, and as many small ones as are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.cronus.administration import shared_tables
from airflow_provider_bc.emulator.cronus.documents import (
    add_documents,
    add_item_entries,
    add_journals,
)
from airflow_provider_bc.emulator.cronus.entries import general_ledger
from airflow_provider_bc.emulator.cronus.masters import add_masters
from airflow_provider_bc.emulator.cronus.seed import Seed
from airflow_provider_bc.emulator.cronus.small import small_company
from airflow_provider_bc.emulator.cronus.wide_entries import ENTITY_SET, ROUTE, wide_ledger
from airflow_provider_bc.emulator.schema.catalog import route as schema_of
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.emulator.store.table import StoredTable

if TYPE_CHECKING:
    from threading import RLock

    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.store.table import Table

CRONUS = "CRONUS USA, Inc."
AWKWARD = "Bob's Ümlaut & Co."
_SPACE = UUID("0d5f6c1e-3d8a-45c7-9a43-5c1d8a3f2b10")


def companies(
    many: int, ledger_entries: int, wide_entries: int, clock: Clock, lock: RLock
) -> list[Company]:
    """Found the companies.

    :param many: how many.
    :param ledger_entries: how many general ledger entries the first has; the second has a tenth.
    :param wide_entries: how many wide ledger entries the first has.
    :param clock: what stamps changes.
    :param lock: held while anything is read or written.
    :returns: CRONUS, one whose name every encoder stumbles over, and small ones.
    :raises ValueError: for no company at all.
    """
    if many < 1:
        raise ValueError("an environment has at least one company")
    shared = shared_tables()
    wide: dict[tuple[str, str], Table] = {(ROUTE, ENTITY_SET): wide_ledger(wide_entries, CRONUS)}
    cronus = _large(CRONUS, (20, 40, ledger_entries))
    founded = [Company(CRONUS, cronus | wide | shared, clock, lock)]
    if many > 1:
        awkward = _large(AWKWARD, (1, 4, ledger_entries // 10))
        founded.append(Company(AWKWARD, awkward | shared, clock, lock))
    return founded + [small(number, shared, clock, lock) for number in range(3, many + 1)]


def fresh(clock: Clock, lock: RLock) -> list[Company]:
    """Found the companies of a new environment.

    :param clock: what stamps changes.
    :param lock: held while anything is read or written.
    :returns: one small company.
    """
    return [small(1, shared_tables(), clock, lock)]


def small(number: int, shared: dict[tuple[str, str], Table], clock: Clock, lock: RLock) -> Company:
    """Found a small company.

    :param number: its number, which is in its name and decides how much it holds.
    :param shared: the tables it shares with the others of its environment.
    :param clock: what stamps changes.
    :param lock: held while anything is read or written.
    :returns: the company.
    """
    tables = _tables(*small_company(number))
    return Company(f"Company {number:03d}", tables | shared, clock, lock)


def _large(name: str, sizes: tuple[int, int, int]) -> dict[tuple[str, str], Table]:
    seed = Seed(name)
    add_masters(seed, sizes[0])
    add_documents(seed, sizes[1])
    add_journals(seed)
    add_item_entries(seed, sizes[1] * 10)
    return _tables(seed, sizes[2])


def _tables(seed: Seed, ledger_entries: int) -> dict[tuple[str, str], Table]:
    tables: dict[tuple[str, str], Table] = {}
    for (route, entity_set), rows in seed.rows.items():
        schema = schema_of(route)
        key = schema.sets[entity_set].key if schema else ("id",)
        tables[route, entity_set] = StoredTable(rows, key)
    accounts = [(str(r["id"]), str(r["number"])) for r in seed.rows["v2.0", "accounts"]]
    tail = str(uuid5(_SPACE, seed.company))[9:]
    tables["v2.0", "generalLedgerEntries"] = general_ledger(ledger_entries, accounts, tail)
    return tables
