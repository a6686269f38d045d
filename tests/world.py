"""Business Central and a copy of it, side by side: how tests read, break and compare both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from upath import UPath

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Emulator, Server
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.sync.commit import Mode
from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead
from airflow_provider_bc.transfers.parquet_load import load_to_parquet

LEDGER = "generalLedgerEntries"
VERSIONS = """
    SELECT id, lastModifiedDateTime::VARCHAR
    FROM read_parquet('{folder}/**/{entity_set}/*.parquet', union_by_name = true)
"""
NEWEST = """
    SELECT {columns} FROM read_parquet('{folder}/**/{entity_set}/*.parquet', union_by_name = true)
    QUALIFY row_number() OVER (
        PARTITION BY id ORDER BY lastModifiedDateTime DESC NULLS LAST) = 1
"""


@dataclass
class World:
    """A served emulator and a folder; the clients that it makes are closed with it.

    :param server: the emulator.
    :param folder: where copies go.
    """

    server: Server
    folder: Path
    _clients: list[Client] = field(default_factory=list)

    @property
    def emulator(self) -> Emulator:
        return self.server.emulator

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
        mode: Mode = "incremental",
        say: Callable[[str], None] = lambda _: None,
        **options: Any,
    ) -> Report:
        """Load an entity set into the folder."""
        read = EntitySetRead(client or self.client(), entity_set, **options)
        return load_to_parquet(read, UPath(self.folder), mode, say=say)

    def published(self) -> list[str]:
        """Name every file that a reader can see, and any that was left half-written."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def copied(self, entity_set: str = LEDGER, columns: str = "*") -> list[tuple[Any, ...]]:
        """Read the newest version of every row, by a reader that is not ours."""
        query = NEWEST.format(folder=self.folder, entity_set=entity_set, columns=columns)
        return duckdb.execute(query).fetchall()

    def truth(self, entity_set: str = LEDGER) -> list[dict[str, Any]]:
        """Read the true rows of the company."""
        return self.company.rows(entity_set)

    def assert_copied(self, entity_set: str = LEDGER) -> None:
        """Every true row is in the files, once, and no other; no version stands there twice."""
        ids = [row[0] for row in self.copied(entity_set, "id")]
        assert sorted(ids) == sorted(row["id"] for row in self.truth(entity_set))
        versions = duckdb.execute(
            VERSIONS.format(folder=self.folder, entity_set=entity_set)
        ).fetchall()
        assert len(versions) == len(set(versions))

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()
