"""Business Central and a copy of it, side by side: how tests read, break and compare both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Emulator, Server
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.sync.commit import Mode
from airflow_provider_bc.sync.policy import Policy
from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.entity_set_load import Store, load_entity_set
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead
from tests.destinations import Files, Place, place

LEDGER = "generalLedgerEntries"
AT_ONCE = Policy(lag=timedelta(0))
"""Reads what has just been written, too; nothing is rolled back in these tests."""

A_MOMENT = 2.0  # the service's clock is heard in whole seconds
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass
class World:
    """A served emulator and a folder; the clients that it makes are closed with it.

    :param server: the emulator.
    :param folder: where copies go.
    :param kind: what kind of copies; a name of `DESTINATIONS`.
    """

    server: Server
    folder: Path
    kind: str = "parquet"
    place: Place = field(init=False)
    _clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = place(self.kind, self.folder)

    @property
    def emulator(self) -> Emulator:
        return self.server.emulator

    @property
    def files(self) -> Files:
        """The copies, where they are files."""
        assert isinstance(self.place, Files)
        return self.place

    @property
    def company(self) -> Company:
        """The company that the connection names."""
        return self.emulator.company(self.server.connection["extra"]["company"])

    def client(
        self,
        sleep: Callable[[float], None] = lambda _: None,
        retries: Retries | None = None,
        **extra: Any,
    ) -> Client:
        """Connect; waiting takes no time unless `sleep` says so."""
        connection = self.server.connection
        settings = Settings.from_connection(
            login=connection["login"],
            password=connection["password"],
            host=connection["host"],
            port=connection["port"],
            extra={**connection["extra"], **extra},
        )
        client = Client(settings, TokenCache(), retries, sleep)
        self._clients.append(client)
        return client

    def copy(
        self,
        entity_set: str = LEDGER,
        client: Client | None = None,
        *,
        mode: Mode = "incremental",
        say: Callable[[str], None] = lambda _: None,
        policy: Policy = AT_ONCE,
        store: Store | None = None,
        resume_key: str | None = None,
        **options: Any,
    ) -> Report:
        """Load an entity set, a moment after what was written last."""
        self.emulator.clock.advance(A_MOMENT)
        if client is not None:
            client.companies()  # hears what time it is now
        read = EntitySetRead(client or self.client(), entity_set, **options)
        there = store or self.place.store()
        loaded = load_entity_set(read, there, mode, policy=policy, say=say, resume_key=resume_key)
        return loaded.report

    def published(self) -> list[str]:
        """Name every file of rows that a reader can see, and any that was left half-written."""
        return self.files.published()

    def copied(self, entity_set: str = LEDGER, columns: str = "*") -> list[tuple[Any, ...]]:
        """Read the newest version of every row, by a reader that is not ours."""
        found = self.files.select(entity_set, columns, "_deleted_at IS NULL")
        return [tuple(row.values()) for row in found or ()]

    def truth(self, entity_set: str = LEDGER) -> list[dict[str, Any]]:
        """Read the true rows of the company."""
        return self.company.rows(entity_set)

    def assert_copied(self, entity_set: str = LEDGER) -> None:
        """Every true row is in the copy, once, value for value, and no other."""
        found = self.place.rows(entity_set)
        assert found is not None
        copies = {row["id"]: {name: plain(value) for name, value in row.items()} for row in found}
        assert len(copies) == len(found)
        true = {row["id"]: row for row in self.truth(entity_set)}
        assert sorted(copies) == sorted(true)
        for key, row in true.items():
            expected = {name: plain(value) for name, value in row.items() if name in copies[key]}
            assert copies[key] == expected
        if isinstance(self.place, Files):
            versions = [
                (row["id"], row.get("lastModifiedDateTime"), row["_deleted_at"])
                for row in self.place.versions(entity_set)
            ]
            assert len(versions) == len(set(versions))

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()
        self.place.close()


def plain(value: Any) -> Any:
    """Write a value of either side the same way: unset dates as None, moments in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str):
        return value.isoformat() if hasattr(value, "isoformat") else value
    if value.startswith("0001-01-01"):
        return None
    return datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else decode_name(value)
