"""300 companies with 20 entity sets each, within the limits of one app. Run by `dev.py prove`."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import duckdb
import pytest
from airflow.sdk import Context

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.bc.authorization import AppRecord
from airflow_provider_bc.emulator.entra.directory import Application, Secret
from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator

pytestmark = pytest.mark.prove

COMPANIES = 300
ENTITY_SETS = (
    "accounts",
    "bankAccounts",
    "contacts",
    "countriesRegions",
    "currencies",
    "customers",
    "dimensions",
    "employees",
    "generalLedgerEntries",
    "itemCategories",
    "itemLedgerEntries",
    "items",
    "locations",
    "paymentMethods",
    "paymentTerms",
    "shipmentMethods",
    "taxAreas",
    "taxGroups",
    "unitsOfMeasure",
    "vendors",
)
TABLES = COMPANIES * len(ENTITY_SETS)
SLOTS = 5
"""Of the Airflow pool that the documentation recommends."""

_FILES = "SELECT count(*), count(DISTINCT id) FROM read_parquet('{folder}/**/*.parquet')"


@pytest.fixture
def server() -> Iterator[Server]:
    emulator = Emulator(ledger_entries=2000, companies=COMPANIES)
    with serve(emulator) as server:
        yield server


def register(server: Server, number: int) -> str:
    """Register another app, and name the connection of its own."""
    client_id = str(uuid5(UUID(int=0), f"app/{number}"))
    emulator = server.emulator
    emulator.directory.applications.append(
        Application(client_id, f"App {number}", [Secret(f"secret of app {number}")])
    )
    emulator.app_records[client_id] = AppRecord()
    return json.dumps(
        {**server.connection, "login": client_id, "password": f"secret of app {number}"}
    )


def copy(bc_conn_id: str, company: str, folder: Path) -> list[dict[str, Any]]:
    reports = BusinessCentralToObjectStorageOperator(
        task_id="copy",
        bc_conn_id=bc_conn_id,
        company=company,
        entity_set=list(ENTITY_SETS),
        path=folder.as_uri(),
        workers=1,
    ).execute(Context())
    assert isinstance(reports, list)
    return reports


def copy_all(apps: Iterable[str], names: Sequence[str], folder: Path) -> list[dict[str, Any]]:
    """Copy every company, as many at once as the pool has slots."""
    with ThreadPoolExecutor(SLOTS) as pool:
        reports = pool.map(copy, apps, names, itertools.repeat(folder))
        return [report for company in reports for report in company]


def test_the_limits_of_one_app_are_kept(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first loads are spread over several apps, each with limits of its own; the one that is
    watched then looks at 6,000 tables for changes."""
    emulator = server.emulator
    names = [company.name for company in emulator.companies]
    apps = [f"app_{number}" for number in range(6)]
    for number, app in enumerate([*apps, "watched"]):
        monkeypatch.setenv(f"AIRFLOW_CONN_{app.upper()}", register(server, number))

    first = copy_all(itertools.cycle(apps), names, tmp_path)
    assert_whole(emulator, first)
    changed = sum(change(emulator, name) for name in names[::10])
    emulator.clock.advance(120)
    emulator.log.clear()
    start = time.monotonic()
    second = copy_all(itertools.repeat("watched"), names, tmp_path)
    seconds = time.monotonic() - start

    requests = [entry for entry in emulator.log.entries if entry.kind in ("data", "metadata")]
    by_status = Counter(entry.status for entry in requests)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{COMPANIES} companies x {len(ENTITY_SETS)} entity sets: {len(requests):,} requests "
            f"in {seconds:.0f} s, by status {dict(by_status)}\n"
        )
    assert by_status.keys() == {200}
    assert len(requests) <= 3 * TABLES
    assert sum(report["rows"] for report in second) == changed


def assert_whole(emulator: Emulator, reports: Sequence[dict[str, Any]]) -> None:
    """Every row is reported; of some tables the files are looked at."""
    assert len(reports) == TABLES
    for report in reports:
        there = len(emulator.company(report["company"]).rows(report["entity_set"]))
        assert report["rows"] == there
    for report in [one for one in reports if one["rows"]][::COMPANIES]:
        found = duckdb.execute(_FILES.format(folder=report["path"])).fetchone()
        assert found == (report["rows"], report["rows"])


def change(emulator: Emulator, company: str) -> int:
    """Change something, and say in how many rows."""
    place = emulator.company(company)
    for row in place.rows("customers")[:2]:
        place.update("customers", str(row["id"]), {"displayName": "Changed"})
    return 2
