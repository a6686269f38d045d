"""Delta tables in S3, signed in by an Airflow connection; the options for the other clouds."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import Connection, ObjectStoragePath
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.errors import ConfigurationError, Conflict
from airflow_provider_bc.sync.delta.delta_table import DeltaLakeTable
from airflow_provider_bc.transfers.delta_storage import (
    azure_options,
    delta_uri,
    google_options,
    storage_options,
)
from airflow_provider_bc.transfers.delta_store import DeltaStore
from airflow_provider_bc.transfers.entity_set_load import TableName
from tests.sync.conformance_rows import (
    SCHEMA,
    SOURCE,
    batch,
    commit_of,
    keys_table,
    load,
    plan,
    row,
)

SECRET = "wJalr/XUtnFEMI+K7MDENG=bPxRfiCY"
# It binds its port itself, and ends with standard input.
SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
NAME = TableName("Production", Company("c-1", "CRONUS & Co", "CRONUS & Co"), "v2.0", "customers")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    # in a process of its own: delta-rs waits for it without letting other threads run
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        bucket = urllib.request.Request(f"{url}/lake", method="PUT")  # noqa: S310 - the server above
        urllib.request.urlopen(bucket, timeout=60).close()  # noqa: S310 - the same
        yield url


@pytest.fixture
def root(
    s3: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> ObjectStoragePath:
    connection = {
        "conn_type": "aws",
        "login": "AKIAIOSFODNN7EXAMPLE",
        "password": SECRET,
        "extra": {"endpoint_url": s3, "region_name": "eu-central-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", json.dumps(connection))
    return ObjectStoragePath(f"s3://lake@lake/{request.node.name}")


def table_in(root: ObjectStoragePath) -> DeltaLakeTable:
    table, _ = DeltaStore(root).table(NAME)
    assert isinstance(table, DeltaLakeTable)
    return table


def test_a_table_in_s3(root: ObjectStoragePath) -> None:
    table, place = DeltaStore(root).table(NAME)
    assert place == f"s3://lake/{root.key}/Production/CRONUS_Co/customers"
    load(table, [row("a"), row("b")], plan(table, "snapshot"))
    load(table, [row("b", 1), row("c")], plan(table, deletes="soft"), gone=[row("a")])

    last = table_in(root).last_commit(SOURCE)
    assert last is not None
    assert (last.sequence, last.rows, last.deleted) == (2, 2, 1)
    rows = DeltaTable(place, storage_options=storage_options(root)).to_pyarrow_table().to_pylist()
    assert sorted(one["id"] for one in rows if one["_deleted_at"] is None) == ["b", "c"]


def test_of_two_first_runs_in_s3_one_wins(root: ObjectStoragePath) -> None:
    one, other = table_in(root), table_in(root)
    mine, theirs = plan(one, "snapshot"), plan(other, "snapshot")

    with one.staging(mine, SCHEMA) as staging:
        staging.write(batch([row("a")]), None)
        load(other, [row("b")], theirs)
        with pytest.raises(Conflict):
            staging.commit(commit_of(mine), keys_table([], ("id",), SCHEMA))


def test_a_read_goes_on_in_s3(root: ObjectStoragePath) -> None:
    rows = batch([row(f"{number:06}", group="x" * 2000) for number in range(1000)])
    table = table_in(root)
    work = plan(table, "snapshot", resume_key="task")
    with table.staging(work, SCHEMA) as staging:
        for part in range(40):
            staging.write(rows, str(part).encode())

    with table_in(root).staging(work, SCHEMA) as staging:
        assert staging.position is not None
        assert staging.rows == (int(staging.position) + 1) * 1000
        commit = staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

    assert commit.rows == 1000


def test_a_store_that_fails_keeps_its_secrets(root: ObjectStoragePath) -> None:
    options = storage_options(root) | {
        "aws_endpoint_url": f"http://{SECRET.replace('/', '-')}.invalid",
        "aws_access_key_id": SECRET.replace("/", "-"),
        "max_retries": "0",
    }
    table = DeltaLakeTable(root, "s3://lake/x", lambda: options)

    with pytest.raises((OSError, DeltaError, ConfigurationError)) as caught:
        table.last_commit(SOURCE)

    assert "***" in str(caught.value)
    assert SECRET.replace("/", "-") not in str(caught.value)


def test_a_store_that_delta_rs_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="memory://"):
        delta_uri(ObjectStoragePath("memory://x/y"))


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("file:///data/CRONUS & Söhne", "file:///data/CRONUS%20%26%20S%C3%B6hne"),
        ("s3://conn@bucket/a/b", "s3://bucket/a/b"),
        ("s3a://bucket/a", "s3://bucket/a"),
    ],
)
def test_places_as_delta_rs_writes_them(path: str, uri: str) -> None:
    assert delta_uri(ObjectStoragePath(path)) == uri


def test_without_a_connection_delta_rs_signs_in_by_itself() -> None:
    assert storage_options(ObjectStoragePath("s3://bucket/a")) == {}
    assert storage_options(ObjectStoragePath("file:///a", conn_id="ignored")) == {}


def connection(**fields: Any) -> Connection:
    return Connection(conn_id="lake", conn_type="any", **fields)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (
            {"login": "account", "password": "key"},
            {"azure_storage_account_name": "account", "azure_storage_account_key": "key"},
        ),
        (
            {
                "login": "app",
                "password": "secret",
                "host": "https://account.blob.core.windows.net/",
                "extra": '{"extra__adls__tenant_id": "tenant"}',
            },
            {
                "azure_storage_account_name": "account",
                "azure_storage_tenant_id": "tenant",
                "azure_storage_client_id": "app",
                "azure_storage_client_secret": "secret",
            },
        ),
        (
            {
                "extra": '{"connection_string": "DefaultEndpointsProtocol=https;'
                'AccountName=account;AccountKey=a2V5==;EndpointSuffix=core.windows.net"}'
            },
            {"azure_storage_account_name": "account", "azure_storage_account_key": "a2V5=="},
        ),
        (
            {"extra": '{"account_name": "account", "sas_token": "sv=1&sig=2"}'},
            {"azure_storage_account_name": "account", "azure_storage_sas_token": "sv=1&sig=2"},
        ),
    ],
)
def test_options_for_azure(given: dict[str, str], options: dict[str, str]) -> None:
    assert azure_options(connection(**given)) == options


@pytest.mark.parametrize(
    ("extra", "options"),
    [
        ({}, {}),
        ({"key_path": "/key.json"}, {"google_service_account": "/key.json"}),
        ({"keyfile_dict": '{"a": 1}'}, {"google_service_account_key": '{"a": 1}'}),
        ({"keyfile_dict": {"a": 1}}, {"google_service_account_key": '{"a": 1}'}),
    ],
)
def test_options_for_google(extra: dict[str, object], options: dict[str, str]) -> None:
    assert google_options(connection(extra=json.dumps(extra))) == options
