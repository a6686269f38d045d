"""The two companies of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.cronus.documents import add_documents
from airflow_provider_bc.emulator.cronus.masters import add_masters
from airflow_provider_bc.emulator.cronus.seed import Seed
from airflow_provider_bc.emulator.schema.catalog import route as schema_of
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.emulator.store.ledger import Ledger
from airflow_provider_bc.emulator.store.table import StoredTable

if TYPE_CHECKING:
    from threading import RLock

    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.store.table import Table

CRONUS = "CRONUS USA, Inc."
AWKWARD = "Bob's Ümlaut & Co."
_SPACE = UUID("0d5f6c1e-3d8a-45c7-9a43-5c1d8a3f2b10")


def companies(ledger_entries: int, clock: Clock, lock: RLock) -> list[Company]:
    """Found the two companies.

    :param ledger_entries: how many general ledger entries the first has; the second has a tenth.
    :param clock: what stamps changes.
    :param lock: held while anything is read or written.
    :returns: CRONUS, and one whose name every encoder stumbles over.
    """
    return [
        _company(CRONUS, (20, 40, ledger_entries), clock, lock),
        _company(AWKWARD, (1, 4, ledger_entries // 10), clock, lock),
    ]


def _company(name: str, sizes: tuple[int, int, int], clock: Clock, lock: RLock) -> Company:
    seed = Seed(name)
    add_masters(seed, sizes[0])
    add_documents(seed, sizes[1])
    tables: dict[tuple[str, str], Table] = {}
    for (route, entity_set), rows in seed.rows.items():
        schema = schema_of(route)
        key = schema.sets[entity_set].key if schema else ("id",)
        tables[route, entity_set] = StoredTable(rows, key)
    accounts = [(str(r["id"]), str(r["number"])) for r in seed.rows["v2.0", "accounts"]]
    tail = str(uuid5(_SPACE, name))[9:]
    tables["v2.0", "generalLedgerEntries"] = Ledger(sizes[2], accounts, tail)
    return Company(name, tables, clock, lock)
