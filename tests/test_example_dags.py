"""Every example DAG, executed by Airflow's own task runner against the emulator."""

from __future__ import annotations

import importlib
import json
import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException
from deltalake import DeltaTable

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.operators.bound_action import BusinessCentralBoundActionOperator
from tests.airflow_environment import DAGS
from tests.automation_files import APP_ID, app_file, package_file
from tests.world import World

EXECUTED = {
    "all_companies",
    "approve_then_post",
    "build_sandbox",
    "custom_task",
    "incremental_sync",
    "land_then_load",
    "order_to_invoice",
    "to_delta_lake",
    "to_postgresql",
    "wait_then_act",
    "write_back",
}

pytestmark = pytest.mark.usefixtures("airflow_database")


def run(example: str, **conf: Any) -> Any:
    """Run an example DAG to its end, and give the run."""
    outcome = importlib.import_module(example).dag.test(run_conf=conf)
    assert outcome.state == "success"
    return outcome


def result(outcome: Any, task_id: str, map_index: int = -1) -> Any:
    """Read what a task returned, as the next task would."""
    (found,) = (
        one
        for one in outcome.get_task_instances()
        if (one.task_id, one.map_index) == (task_id, map_index)
    )
    return found.xcom_pull(task_ids=task_id, map_indexes=map_index)


def test_each_example_is_executed_here() -> None:
    assert {path.stem for path in DAGS.glob("*.py")} == EXECUTED


def test_incremental_sync(connection: Server, tmp_path: Path) -> None:
    world = World(connection, tmp_path)
    module = importlib.import_module("incremental_sync")
    run("incremental_sync", path=tmp_path.as_uri())
    for entity_set in module.ENTITY_SETS:
        world.assert_copied(entity_set)
    world.company.create("customers", {"displayName": "New"})
    connection.emulator.clock.advance(300)
    second = run("incremental_sync", path=tmp_path.as_uri())
    assert result(second, "sync_customers")["kind"] == "changes"
    assert result(second, "sync_items")["kind"] == "nothing"
    world.assert_copied("customers")


def test_all_companies(connection: Server, tmp_path: Path) -> None:
    outcome = run("all_companies", path=tmp_path.as_uri())
    names = sorted(company.name for company in connection.emulator.companies)
    assert result(outcome, "every_company.list_companies") == names
    for index, name in enumerate(names):
        company = connection.emulator.company(name)
        for report in result(outcome, "every_company.transfer", index):
            assert report["company"] == name
            assert report["rows"] == len(company.rows(report["entity_set"]))


def test_build_sandbox(connection: Server, tmp_path: Path) -> None:
    emulator = connection.emulator
    emulator.operation_seconds = emulator.background.seconds = 0
    package, extension = tmp_path / "setup.rapidstart", tmp_path / "bonus.app"
    package.write_bytes(package_file("SETUP"))
    extension.write_bytes(app_file())
    outcome = run("build_sandbox", package=package.as_uri(), extension=extension.as_uri())
    sandbox = emulator.environments[1]
    assert (sandbox.name, sandbox.type, sandbox.status) == ("Test", "Sandbox", "Active")
    made = next(one for one in sandbox.companies if one.name == "Test Company")
    (imported,) = made.rows("configurationPackages", "microsoft/automation/v2.0")
    assert (imported["code"], imported["applyStatus"]) == ("SETUP", "Completed")
    assert sandbox.apps[APP_ID].version == "1.0.0.0"
    assert result(outcome, "smoke_check") == {
        name: len(made.rows(name)) for name in ("accounts", "customers", "items")
    }


def test_to_delta_lake(connection: Server, tmp_path: Path) -> None:
    outcome = run("to_delta_lake", path=tmp_path.as_uri())
    company = connection.emulator.companies[0]
    for report in result(outcome, "sync"):
        stored = DeltaTable(report["path"]).to_pyarrow_table()
        truth = {row["id"] for row in company.rows(report["entity_set"])}
        assert set(stored["id"].to_pylist()) == truth
        assert stored.num_rows == len(truth)


def test_to_postgresql(
    connection: Server, postgresql: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://bc@127.0.0.1:{postgresql}/postgres"
    monkeypatch.setenv("AIRFLOW_CONN_BUSINESS_CENTRAL_COPY", f"{url}?connect_timeout=10")
    outcome = run("to_postgresql")
    company = connection.emulator.companies[0]
    engine = sa.create_engine(url)
    with engine.connect() as database:
        for report in result(outcome, "sync"):
            name = report["entity_set"]
            count = database.scalar(sa.text(f'SELECT count(*) FROM "{name}"'))
            assert count == report["rows"] == len(company.rows(name))
    engine.dispose()
    follower = importlib.import_module("to_postgresql").follower
    assert [asset.uri for asset in follower.timetable.asset_condition.objects] == [
        "bc://production/CRONUS%20USA%2C%20Inc./customers"
    ]


def test_land_then_load(connection: Server, tmp_path: Path) -> None:
    first = run("land_then_load", path=tmp_path.as_uri())
    customers = connection.emulator.companies[0]
    assert result(first, "load") == len(customers.rows("customers"))
    connection.emulator.business_day()
    shutil.copy(tmp_path / "warehouse.duckdb", tmp_path / "before.duckdb")
    run("land_then_load", path=tmp_path.as_uri())
    shutil.move(tmp_path / "before.duckdb", tmp_path / "warehouse.duckdb")  # a load that failed
    run("land_then_load", path=tmp_path.as_uri())
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        stored = warehouse.execute(
            "SELECT id, displayName FROM customers WHERE _deleted_at IS NULL"
        ).fetchall()
    now = {(row["id"], row["displayName"]) for row in customers.rows("customers")}
    assert now <= set(stored)


def test_custom_task(connection: Server) -> None:
    outcome = run("custom_task")
    rows = connection.emulator.companies[0].rows("customers")
    balances = sorted((Decimal(str(row["balanceDue"])) for row in rows), reverse=True)
    owed = [balance for balance in balances if balance > 0][:5]
    assert [Decimal(one["owes"]) for one in result(outcome, "biggest_debtors")] == owed
    assert Decimal(result(outcome, "total")) == sum(owed)


def test_order_to_invoice(connection: Server, tmp_path: Path) -> None:
    outcome = run("order_to_invoice", folder=tmp_path.as_uri())
    order, invoice = result(outcome, "create_order"), result(outcome, "ship_and_invoice")["row"]
    company = connection.emulator.companies[0]
    assert order["id"] not in [row["id"] for row in company.rows("salesOrders")]
    assert invoice["orderNumber"] == order["number"]
    (pdf,) = tmp_path.iterdir()
    assert pdf.name == f"{invoice['number']}.pdf"
    assert pdf.read_bytes().startswith(b"%PDF")


def test_approve_then_post_posts_nothing_but_what_was_approved(connection: Server) -> None:
    """Its whole way, with the person's answer, is `tests/live/test_runs.py`."""
    company = connection.emulator.companies[0]
    tasks = importlib.import_module("approve_then_post").dag.task_dict
    assert set(tasks) == {"draft_invoice", "ask", "post"}
    assert tasks["post"].upstream_task_ids == {"draft_invoice", "ask"}
    values = {"customerNumber": "10000", "externalDocumentNumber": "A-1"}
    key = str(company.create("salesInvoices", values)["id"])
    with BusinessCentralHook() as hook:
        draft = hook.get("salesInvoices", key)
    company.update("salesInvoices", key, {"customerPurchaseOrderReference": "other"})
    post = BusinessCentralBoundActionOperator(
        task_id="post", entity_set="salesInvoices", record=draft, action="post"
    )
    with pytest.raises(AirflowException, match="Conflict"):
        post.execute(Context())


def test_wait_then_act(connection: Server) -> None:
    outcome = run("wait_then_act")
    orders = connection.emulator.companies[0].rows("salesOrders")
    open_orders = [order["number"] for order in orders if order["status"] == "Open"]
    assert result(outcome, "wait_for_open_orders") == {"rows": len(open_orders)}
    listed = [order["number"] for order in result(outcome, "list_open_orders")["value"]]
    assert set(listed) <= set(open_orders)
    assert len(listed) == min(20, len(open_orders))


def test_write_back(connection: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PRICE_DATABASE", f"sqlite:///{tmp_path}/prices.sqlite")
    with closing(sqlite3.connect(tmp_path / "prices.sqlite")) as database:
        database.execute("CREATE TABLE price_list (item_no TEXT, title TEXT, price NUMERIC)")
        rows = [("1896-S", "Desk", 999.9), ("NEW-1", "Bicycle", 100), ("NEW-2", "?", "much")]
        database.executemany("INSERT INTO price_list VALUES (?, ?, ?)", rows)
        database.commit()
    outcome = run("write_back", folder=tmp_path.as_uri())
    report = result(outcome, "write_prices")
    assert (report["created"], report["updated"], report["refused"]) == (1, 1, 1)
    (letters,) = tmp_path.glob("*/refused.jsonl")
    assert json.loads(letters.read_text())["item_no"] == "NEW-2"
    items = {row["number"]: row for row in connection.emulator.companies[0].rows("items")}
    assert items["1896-S"]["unitPrice"] == Decimal("999.9")
    assert items["NEW-1"]["displayName"] == "Bicycle"
