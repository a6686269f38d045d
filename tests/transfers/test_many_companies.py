"""300 companies with 20 entity sets each, within the limits of one app. Run by `dev.py prove`."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
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

COMPANIES = 12
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
    for number, app in enumerate(apps):
        monkeypatch.setenv(f"AIRFLOW_CONN_{app.upper()}", register(server, number))
    monkeypatch.setenv("AIRFLOW_CONN_WATCHED", register(server, len(apps)))

    with ThreadPoolExecutor(SLOTS) as pool:
        first = list(pool.map(copy, itertools.cycle(apps), names, itertools.repeat(tmp_path)))
    loaded = Counter(entry.status for entry in emulator.log.entries)
    changed = {name: change(emulator, name) for name in names[::10]}
    emulator.clock.advance(120)
    emulator.log.clear()

    start = time.monotonic()
    with ThreadPoolExecutor(SLOTS) as pool:
        watched = itertools.repeat("watched")
        second = list(pool.map(copy, watched, names, itertools.repeat(tmp_path)))
    seconds = time.monotonic() - start

    requests = [entry for entry in emulator.log.entries if entry.kind in ("data", "metadata")]
    by_status = Counter(entry.status for entry in requests)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{COMPANIES} companies x {len(ENTITY_SETS)} entity sets: first loads "
            f"{dict(loaded)}; then {len(requests):,} requests in {seconds:.0f} s, by status "
            f"{dict(by_status)}, {len(requests) / COMPANIES / len(ENTITY_SETS):.2f} an entity set\n"
        )
    assert by_status.keys() == {200}
    assert len(requests) <= 3 * COMPANIES * len(ENTITY_SETS)
    assert sum(report["rows"] for reports in second for report in reports) == sum(changed.values())
    assert sum(report["rows"] for reports in first for report in reports) == sum(
        len(company.rows(entity_set))
        for company in emulator.companies
        for entity_set in ENTITY_SETS
    )
    reports = [report for company in first for report in company]
    for report in reports[:: COMPANIES + 1]:
        found = duckdb.execute(_FILES.format(folder=report["path"])).fetchone()
        assert found is not None
        assert found[1] == len(emulator.company(report["company"]).rows(report["entity_set"]))


def change(emulator: Emulator, company: str) -> int:
    """Change something, and say in how many rows."""
    place = emulator.company(company)
    for row in place.rows("customers")[:2]:
        place.update("customers", str(row["id"]), {"displayName": "Changed"})
    return 2
