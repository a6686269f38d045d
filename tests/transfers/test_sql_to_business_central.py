"""The operators that write back, as tasks use them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Asset, AssetAlias, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.transfers.sql_to_business_central import SqlToBusinessCentralOperator
from airflow_provider_bc.transfers.write_back_transfer import WriteBackTransfer
from tests.duck import select
from tests.transfers.test_to_object_storage import OutletEvents

ROWS = [
    ("W1", "New", "0.10", "Ship"),
    ("10000", "Renamed", "5", None),
    ("W3", "x" * 101, "1", "Ship"),
    ("w1", "Again", "1", "Ship"),
]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "source.sqlite"
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE", f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as source:
        source.execute("CREATE TABLE goods (no TEXT, name TEXT, credit NUMERIC, blocked TEXT)")
        source.executemany("INSERT INTO goods VALUES (?, ?, ?, ?)", ROWS)
        source.commit()
        yield source


def operator(**arguments: Any) -> SqlToBusinessCentralOperator:
    usual = {
        "sql": "SELECT no, name, credit, blocked FROM goods ORDER BY rowid",
        "columns": {"no": "number", "name": "displayName", "credit": "creditLimit"},
        "source_conn_id": "source",
        "entity_set": "customers",
    }
    return SqlToBusinessCentralOperator(task_id="write", **{**usual, **arguments})


def paths(folder: Path) -> dict[str, Any]:
    return {
        "outcomes_path": (folder / "out" / "outcomes.parquet").as_uri(),
        "dead_letter_path": (folder / "out" / "refused.jsonl").as_uri(),
    }


def task(run: str = "run") -> Any:
    instance = SimpleNamespace(dag_id="dag", task_id="write", run_id=run, map_index=-1)
    instance.xcom_push = lambda **_: None
    return {"ti": instance, "outlet_events": OutletEvents()}


def test_every_row_is_accounted_for(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    report = operator(max_refused=2, **paths(tmp_path)).execute(task())

    assert report == {
        "entity_set": "customers",
        "company": "CRONUS USA, Inc.",
        "rows": 4,
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "refused": 2,
        "refusals": {"invalid_value": 1, "duplicate_key": 1},
        **paths(tmp_path),
    }
    table = f"SELECT row, number, outcome, error_code FROM '{tmp_path}/out/outcomes.parquet'"
    assert select(table) == [
        (1, "W1", "created", None),
        (2, "10000", "updated", None),
        (3, "W3", "refused", "invalid_value"),
        (4, "w1", "refused", "duplicate_key"),
    ]
    records = {row["number"]: row for row in connection.emulator.companies[0].rows("customers")}
    assert records["W1"]["creditLimit"] == Decimal("0.1")
    assert records["10000"]["displayName"] == "Renamed"
    assert "W3" not in records
    letters = (tmp_path / "out" / "refused.jsonl").read_text().splitlines()
    assert json.loads(letters[0])["no"] == "W3"
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_file()) == [
        "outcomes.parquet",
        "refused.jsonl",
    ]


def test_too_many_refused_rows_fail_the_task_once_all_others_are_written(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    with pytest.raises(AirflowFailException) as failed:
        operator(max_refused=1, **paths(tmp_path)).execute(task())
    said = str(failed.value)
    assert "2 of 4 rows were refused: row 3 (invalid_value), row 4 (duplicate_key)." in said
    assert said.endswith("refused.jsonl says why.")
    assert "xxx" not in said
    names = [row["number"] for row in connection.emulator.companies[0].rows("customers")]
    assert "W1" in names
    assert (tmp_path / "out" / "outcomes.parquet").exists()


def test_without_a_path_the_failure_says_how_to_see_them(
    connection: Server, database: sqlite3.Connection
) -> None:
    with pytest.raises(AirflowFailException, match="dead_letter_path keeps them with the reason"):
        operator().execute(task())


def test_any_number_may_be_refused(connection: Server, database: sqlite3.Connection) -> None:
    report = operator(max_refused=None, mode="update").execute(task())
    assert (report["updated"], report["refused"]) == (1, 3)


def test_a_task_that_was_cleared_tells_the_same_and_another_run_does_not(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    for run, created, updated in (("run", 1, 1), ("run", 1, 1), ("another", 0, 0)):
        report = operator(max_refused=None, **paths(tmp_path)).execute(task(run))
        assert (report["created"], report["updated"]) == (created, updated)


def test_the_journal_of_the_run_that_wrote_the_table_stays_and_no_other(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    for run, folders in (("run", 1), ("another", 0)):
        operator(max_refused=None, **paths(tmp_path)).execute(task(run))
        found = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert len(found) == 2 + folders
        assert [name.endswith(".journal") for name in found] == [True] * folders + [False] * 2


def test_a_finished_task_that_is_cleared_knows_what_it_created(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    for _ in range(2):
        report = operator(
            sql="SELECT 'E1' AS externalDocumentNumber, '10000' AS customerNumber",
            entity_set="salesOrders",
            columns=None,
            mode="create",
            by=["externalDocumentNumber"],
            **paths(tmp_path),
        ).execute(task())
        assert report["created"] == 1


def test_an_attempt_that_fails_publishes_nothing(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    connection.emulator.faults.add("forbidden", where="$batch")
    with pytest.raises(AirflowFailException, match="AuthorizationError"):
        operator(**paths(tmp_path)).execute(task())
    assert [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")] == []


def test_the_report_goes_to_the_asset_events(
    connection: Server, database: sqlite3.Connection
) -> None:
    outlet, alias = Asset("bc://production/CRONUS/customers"), AssetAlias("written")
    context = task()
    events = context["outlet_events"]
    added: list[tuple[Asset, Any]] = []
    events[alias] = SimpleNamespace(add=lambda asset, extra: added.append((asset, extra)))
    report = operator(max_refused=2, outlets=[outlet, alias]).execute(context)
    assert events[outlet].extra == report
    assert [(asset.uri, extra) for asset, extra in added] == [
        ("bc://production/CRONUS%20USA%2C%20Inc./customers", report)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"outcomes_path": "file:///tmp/x.xlsx"}, "in no format that is known"),
        ({"dead_letter_path": "file:///tmp/x.csv"}, "The dead-letter file is x.csv"),
        ({"sql": "SELECT 1 AS a, 2 AS a"}, "gives a twice"),
        ({"by": ["no"]}, "no property 'no' in customer"),
        ({"mode": "delete"}, "mode is 'delete'"),
        ({"company": "Nobody"}, "There is no company 'Nobody'"),
    ],
)
def test_a_wrong_argument_fails_at_once_and_sends_nothing(
    connection: Server, database: sqlite3.Connection, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(AirflowFailException, match=said):
        operator(**arguments).execute(task())
    assert connection.emulator.log.count(path="$batch") == 0


def test_a_connection_that_is_no_database(
    connection: Server, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE", "http://example.invalid")
    with pytest.raises(AirflowException, match="which is no SQL database"):
        operator().execute(task())


def test_every_template_field_is_an_attribute() -> None:
    one = operator()
    assert set(one.template_fields) <= set(vars(one))
    assert {"sql", "parameters", "outcomes_path", "by", "company"} <= set(one.template_fields)
    assert set(WriteBackTransfer.template_fields) < set(one.template_fields)


def test_templates_are_rendered(database: sqlite3.Connection) -> None:
    one = operator(sql="SELECT {{ n }}", outcomes_path="file:///{{ n }}.csv", by="{{ n }}")
    one.render_template_fields(Context(n="7"))  # type: ignore[typeddict-unknown-key]
    assert (one.sql, one.outcomes_path, one.by) == ("SELECT 7", "file:///7.csv", "7")


def test_a_missing_extra_is_named(
    connection: Server, database: sqlite3.Connection, tmp_path: Path
) -> None:
    script = """
import sys
sys.modules["pyarrow"] = None
from airflow_provider_bc.transfers.sql_to_business_central import SqlToBusinessCentralOperator
SqlToBusinessCentralOperator(
    task_id="write", entity_set="customers", sql="SELECT 1", source_conn_id="source"
).execute({})
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert "pip install 'airflow-provider-bc[parquet]'" in done.stderr
