"""What OpenLineage is told of a transfer, by its own provider, client and file transport."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.transfers.object_storage_to_business_central import (
    ObjectStorageToBusinessCentralOperator,
)
from airflow_provider_bc.transfers.sql_to_business_central import SqlToBusinessCentralOperator
from airflow_provider_bc.transfers.to_delta_table import BusinessCentralToDeltaTableOperator
from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator
from airflow_provider_bc.transfers.to_sql import BusinessCentralToSqlOperator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def events(airflow_database: None, connection: Server, tmp_path: Path) -> list[dict[str, Any]]:
    """Everything that is told while a DAG runs."""
    log = tmp_path / "lineage.jsonl"
    told = {
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(log), "append": True}
        ),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "tests",
    }
    path = (tmp_path / "files").as_uri()
    done = subprocess.run(
        [sys.executable, "-m", "tests.transfers.lineage_in_a_process", path],
        env=os.environ | told,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    secret = str(connection.connection["password"])
    assert secret not in log.read_text()
    return [json.loads(line) for line in log.read_text().splitlines()]


def completed(events: list[dict[str, Any]], task_id: str) -> dict[str, Any]:
    (event,) = [
        event
        for event in events
        if event["eventType"] == "COMPLETE" and event["job"]["name"] == f"lineage.{task_id}"
    ]
    return event


def test_a_transfer_tells_what_it_read_and_wrote(
    events: list[dict[str, Any]], connection: Server, tmp_path: Path
) -> None:
    company = connection.emulator.companies[0]
    event = completed(events, "to_files")
    read = {one["name"].rpartition("/")[2]: one for one in event["inputs"]}
    written = {one["name"].rpartition("/")[2]: one for one in event["outputs"]}
    assert set(read) == set(written) == {"customers", "items"}
    for entity_set in ("customers", "items"):
        rows = len(company.rows(entity_set))
        source, target = read[entity_set], written[entity_set]
        assert source["namespace"] == "bc://production"
        assert source["name"] == f"CRONUS%20USA%2C%20Inc./{entity_set}"
        assert source["inputFacets"]["inputStatistics"]["rowCount"] == rows
        assert source["inputFacets"]["inputStatistics"]["size"] > 0
        assert target["namespace"] == "file"
        assert list(Path(target["name"]).glob("*.parquet"))
        assert target["name"].startswith(f"{tmp_path}/files/")
        assert target["outputFacets"]["outputStatistics"]["rowCount"] == rows
        assert target["facets"]["version"]["datasetVersion"] == "1"
        columns = {one["name"]: one["type"] for one in target["facets"]["schema"]["fields"]}
        assert columns["id"] == "string"
        assert columns["lastModifiedDateTime"].startswith("timestamp")
        (origin,) = target["facets"]["columnLineage"]["fields"]["displayName"]["inputFields"]
        assert (origin["namespace"], origin["name"], origin["field"]) == (
            source["namespace"],
            source["name"],
            "displayName",
        )
    loads = event["run"]["facets"]["businessCentral_loads"]["loads"]
    assert {load["entity_set"]: load["kind"] for load in loads} == {
        "customers": "snapshot",
        "items": "snapshot",
    }


def test_each_destination_is_told_by_its_own_name(
    connection: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "copy.sqlite"
    monkeypatch.setenv("AIRFLOW_CONN_LINEAGE_COPY", f"sqlite:///{file}")
    given: dict[str, Any] = {"task_id": "t", "entity_set": "customers"}
    operators = {
        (f"sqlite://{file}", "customers"): BusinessCentralToSqlOperator(
            sql_conn_id="lineage_copy", **given
        ),
        ("file", f"{tmp_path}/Production/CRONUS_USA_Inc/customers"): (
            BusinessCentralToDeltaTableOperator(path=tmp_path.as_uri(), **given)
        ),
    }
    for name, operator in operators.items():
        operator.execute(Context())
        lineage = operator.get_openlineage_facets_on_complete(None)
        assert [(one.namespace, one.name) for one in lineage.outputs] == [name]
        assert [one.namespace for one in lineage.inputs] == ["bc://production"]


def test_a_transfer_that_failed_tells_of_what_it_committed(
    connection: Server, tmp_path: Path
) -> None:
    operator = BusinessCentralToObjectStorageOperator(
        task_id="t", entity_set=["customers", "nonsense"], path=tmp_path.as_uri()
    )
    with pytest.raises(AirflowFailException):
        operator.execute(Context())
    lineage = operator.get_openlineage_facets_on_complete(None)
    assert [one.name for one in lineage.inputs] == ["CRONUS%20USA%2C%20Inc./customers"]


def test_a_write_back_tells_where_rows_came_from_and_what_was_written(
    connection: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "source.sqlite"
    monkeypatch.setenv("AIRFLOW_CONN_LINEAGE_SOURCE", f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as source:
        source.execute("CREATE TABLE goods AS SELECT 'L1' AS number, 'New' AS displayName")
        source.commit()
    (tmp_path / "new.csv").write_text("number,displayName\nL2,Newer\n")
    given: dict[str, Any] = {"task_id": "t", "entity_set": "customers"}
    operators = {
        (f"sqlite://{file}", "goods"): SqlToBusinessCentralOperator(
            sql="SELECT number, displayName FROM goods", source_conn_id="lineage_source", **given
        ),
        ("file", str(tmp_path)): ObjectStorageToBusinessCentralOperator(
            path=f"{tmp_path.as_uri()}/*.csv", **given
        ),
    }
    for name, operator in operators.items():
        assert operator.get_openlineage_facets_on_complete(None) is None
        operator.execute(Context())
        lineage = operator.get_openlineage_facets_on_complete(None)
        assert [(one.namespace, one.name) for one in lineage.inputs] == [name]
        (written,) = lineage.outputs
        assert written.namespace == "bc://production"
        assert written.name == "CRONUS%20USA%2C%20Inc./customers"
        assert written.outputFacets["outputStatistics"].rowCount == 1
        assert lineage.run_facets["businessCentral_writeBack"].report["created"] == 1
