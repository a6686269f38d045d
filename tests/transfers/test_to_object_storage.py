"""The operator itself: what it renders, reports, and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator


class OutletEvents(dict[Asset, Any]):
    """Keeps what a task puts on the events of its outlets, as Airflow's context does."""

    def __missing__(self, asset: Asset) -> Any:
        self[asset] = type("Event", (), {"extra": {}})()
        return self[asset]


def operator(folder: Path, **arguments: Any) -> BusinessCentralToObjectStorageOperator:
    return BusinessCentralToObjectStorageOperator(
        task_id="copy", **{"entity_set": "customers", "path": folder.as_uri(), **arguments}
    )


def test_the_report_goes_to_xcom_and_to_the_asset_event(connection: Server, tmp_path: Path) -> None:
    outlet, events = Asset("customers"), OutletEvents()
    context: Any = {"outlet_events": events}
    report = operator(tmp_path, outlets=[outlet]).execute(context)
    count = len(connection.emulator.companies[0].rows("customers"))
    assert set(report) == set(Report.__slots__)
    assert (report["rows"], report["company"]) == (count, "CRONUS USA, Inc.")
    assert events[outlet].extra == report
    assert len(json.dumps(report)) < 1000


def test_a_filter_becomes_text(tmp_path: Path) -> None:
    assert operator(tmp_path, where=Field("city") == "Kiel").where == "city eq 'Kiel'"


def test_a_template_within_a_filter_is_refused_since_its_value_would_not_be_quoted(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigurationError, match="Write the filter as text"):
        operator(tmp_path, where=Field("city") == "{{ params.city }}")


def test_every_template_field_is_an_attribute(tmp_path: Path) -> None:
    one = operator(tmp_path)
    assert set(one.template_fields) <= set(vars(one))
    assert {"bc_conn_id", "path", "company", "entity_set"} <= set(one.template_fields)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"mode": "delta"}, "mode is 'delta'"),
        ({"select": ["cty"]}, "customer has no field cty"),
        ({"select": "city"}, "select is the text 'city'"),
        ({"expand": ["nothing"]}, "no navigation property 'nothing'"),
        ({"expand": ["currency($select=code)"]}, "Write options as Expand"),
        ({"where": "city eq 'x' or state eq 'y'"}, "no 'or' across fields"),
        ({"entity_set": "custmers"}, "Did you mean customers"),
        ({"entity_set": "attachments"}, "e.g. salesInvoices/attachments"),
        ({"entity_set": []}, "entity_set is an empty list"),
        ({"entity_set": ["items", "customers", "items"]}, "names items more than once"),
        ({"company": "Nobody"}, "There is no company 'Nobody'"),
        ({"page_size": 0}, "page_size is 0"),
        ({"api": "v2"}, "'v2' is no API"),
    ],
)
def test_a_wrong_argument_fails_at_once_and_writes_nothing(
    connection: Server, tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(AirflowFailException, match=said):
        operator(tmp_path, **arguments).execute(Context())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_unknown_store_is_an_error(connection: Server, tmp_path: Path) -> None:
    with pytest.raises((AirflowException, ValueError), match="nowhere"):
        operator(tmp_path, path="nowhere://bucket/bc").execute(Context())


def test_lines_of_one_order_are_copied_below_their_parent(
    connection: Server, tmp_path: Path
) -> None:
    order = connection.emulator.companies[0].rows("salesOrders")[0]["id"]
    report = operator(
        tmp_path,
        entity_set=f"salesOrders({order})/salesOrderLines",
        mode="full",
        select=["quantity"],
        expand=[Expand("item", select=["number"])],
    ).execute(Context())
    assert report["rows"] > 0


def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    connection: Server, tmp_path: Path
) -> None:
    script = f"""
import sys
sys.modules["pyarrow"] = None
from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator
BusinessCentralToObjectStorageOperator(
    task_id="copy", entity_set="customers", path="{tmp_path.as_uri()}"
).execute({{}})
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "AirflowOptionalProviderFeatureException" in done.stderr
    assert "pip install 'airflow-provider-bc[parquet]'" in done.stderr
