"""Each load is one version of the table, and says so where others see it, too."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.commit import Mode, Source
from airflow_provider_bc.sync.delta.delta_table import DeltaLakeTable
from airflow_provider_bc.sync.load import Outcome
from airflow_provider_bc.sync.load import load as run
from airflow_provider_bc.sync.plan import plan_load
from airflow_provider_bc.sync.policy import Deletes, Policy
from airflow_provider_bc.sync.progress import Progress
from tests.raw_server import http, raw_server
from tests.sync.conformance_rows import NOON, SCHEMA, SOURCE, batch, load, plan, row
from tests.sync.delta.store import delta_table, opened, queried
from tests.sync.ledger import Ledger, entry

MARCH = "2026-03-01T12:00:00Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "CRONUS Intern. & Söhne" / "customers"
    place.mkdir(parents=True)
    table = delta_table(place)
    load(table, [row("a"), row("b"), row("c")], plan(table, "snapshot"))
    return place


def operations(folder: Path) -> list[str]:
    return [entry["operation"] for entry in reversed(opened(folder).history())]


def last_sequence(folder: Path, source: Source = SOURCE, **options: Any) -> int:
    commit = delta_table(folder).last_commit(source, **options)
    assert commit is not None
    return commit.sequence


def test_rows_deletions_and_watermark_are_one_version(folder: Path) -> None:
    table = delta_table(folder)

    commit = load(table, [row("b", 5), row("d", 6)], plan(table, deletes="soft"), gone=[row("c")])

    newest = opened(folder).history(1)[0]
    assert opened(folder).version() == 1
    assert json.loads(newest["airflow_provider_bc"])["watermark"] == "2026-03-01T12:00:00Z"
    assert opened(folder).transaction_version("airflow_provider_bc") == commit.sequence == 2
    assert operations(folder) == ["WRITE", "MERGE"]


def test_duckdb_reads_it(folder: Path) -> None:
    table = delta_table(folder)
    load(table, [row("b", 5)], plan(table, deletes="soft"), gone=[row("c")])

    there = queried(folder, "SELECT id, modified FROM t WHERE _deleted_at IS NULL ORDER BY id")
    gone = queried(folder, "SELECT id, _deleted_at > modified AS later FROM t ORDER BY id DESC")

    assert there == [
        {"id": "a", "modified": NOON},
        {"id": "b", "modified": NOON + timedelta(minutes=5)},
    ]
    assert gone[0] == {"id": "c", "later": True}


def test_a_large_table_grows_without_being_read_whole(folder: Path) -> None:
    table = delta_table(folder, merge_up_to=0)
    before = set(opened(folder).file_uris())

    load(table, [row("d"), row("e")])

    assert before < set(opened(folder).file_uris())


def test_a_watermark_alone_is_a_version_too(folder: Path) -> None:
    before = opened(folder).file_uris()

    commit = load(delta_table(folder), [])

    assert (commit.sequence, opened(folder).version()) == (2, 1)
    assert last_sequence(folder) == 2
    assert opened(folder).file_uris() == before


def test_new_columns_alone_are_a_version_too(folder: Path) -> None:
    wider = SCHEMA.append(pa.field("user", pa.string())).append(pa.field("no", pa.int16()))

    load(delta_table(folder), [], schema=wider)

    assert delta_table(folder).schema() == wider
    assert opened(folder).version() == 1


def test_the_watermark_survives_what_others_do_on_top(folder: Path) -> None:
    for number in range(3):
        load(delta_table(folder), [row(f"new {number}")])
    opened(folder).optimize.compact()
    for _ in range(25):
        opened(folder).vacuum(0, dry_run=False, enforce_retention_duration=False)
        opened(folder).alter.set_table_properties({"delta.appendOnly": "false"})

    assert last_sequence(folder) == 4
    assert load(delta_table(folder), [row("a", 9)]).sequence == 5
    assert len(queried(folder, "FROM t")) == 6


def test_after_a_restore_the_watermark_is_that_of_the_version(folder: Path) -> None:
    load(delta_table(folder), [row("d")])
    load(delta_table(folder), [row("e")])
    opened(folder).restore(1)

    assert last_sequence(folder) == 2
    load(delta_table(folder), [row("e", 1)])
    assert [one["id"] for one in queried(folder, "SELECT id FROM t ORDER BY id")] == list("abcde")


@pytest.mark.parametrize("deletes", ["hard", "soft"])
def test_after_a_restore_to_a_point_in_time_a_full_load_goes_on(
    folder: Path, deletes: Deletes
) -> None:
    at = opened(folder).history(1)[0]["timestamp"]
    time.sleep(0.1)  # files have the time of the store, commits that of the machine
    load(delta_table(folder), [row("d")])
    opened(folder).restore(NOON.fromtimestamp(at / 1000, NOON.tzinfo) + timedelta(milliseconds=50))

    assert_only_a_full_load_goes_on(folder, deletes)


def test_a_table_of_others_is_refused(tmp_path: Path) -> None:
    write_deltalake(tmp_path.as_uri(), batch([row("a")]))

    with pytest.raises(ConfigurationError, match="no commit of this provider"):
        delta_table(tmp_path).last_commit(SOURCE)
    with pytest.raises(ConfigurationError, match="a place of its own"):
        delta_table(tmp_path).last_commit(SOURCE, same_query=False)


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "important.parquet").touch()

    with pytest.raises(ConfigurationError, match=r"important\.parquet"):
        delta_table(tmp_path).last_commit(SOURCE)


def test_a_damaged_log_is_an_error_that_names_the_table(folder: Path) -> None:
    next((folder / "_delta_log").glob("*.json")).write_text("{")

    with pytest.raises(ConfigurationError, match="cannot be read as a Delta table"):
        delta_table(folder).last_commit(SOURCE)


@pytest.mark.parametrize("deletes", ["hard", "soft"])
def test_after_its_history_was_cleaned_a_full_load_goes_on(folder: Path, deletes: Deletes) -> None:
    opened(folder).create_checkpoint()
    opened(folder).optimize.compact()
    opened(folder).alter.set_table_properties({"delta.appendOnly": "false"})
    (folder / "_delta_log" / f"{0:020}.json").unlink()

    assert_only_a_full_load_goes_on(folder, deletes)


def assert_only_a_full_load_goes_on(folder: Path, deletes: Deletes) -> None:
    rows = Ledger(*(entry(key, MARCH) for key in "abx"))
    table = delta_table(folder)
    policy = Policy(deletes=deletes, most_deleted=1)

    def loaded(mode: Mode) -> Outcome:
        work = plan_load(mode, rows.identity, SOURCE, table, rows.now(), policy=policy)
        return run(rows, table, work, Progress(print))

    with pytest.raises(ConfigurationError, match="was restored to a point in time") as caught:
        loaded("incremental")
    assert 'mode="full"' in caught.value.remedy
    assert loaded("full").changed
    assert not loaded("incremental").changed
    there = queried(folder, "SELECT id FROM t WHERE _deleted_at IS NULL ORDER BY id")
    assert [one["id"] for one in there] == list("abx")


def test_a_soft_snapshot_keeps_what_went_earlier(folder: Path) -> None:
    table = delta_table(folder)
    load(table, [], plan(table, deletes="soft"), gone=[row("a"), row("b")])
    a = queried(folder, "FROM t ORDER BY id")[0]

    load(table, [row("b"), row("d")], plan(table, "snapshot", deletes="soft"))

    rows = {one["id"]: one["_deleted_at"] for one in queried(folder, "FROM t")}
    assert rows["a"] == a["_deleted_at"]
    assert rows["c"] is not None
    assert rows["c"] > a["_deleted_at"]
    assert (rows["b"], rows["d"]) == (None, None)


def test_many_small_files_are_put_together(tmp_path: Path) -> None:
    table = delta_table(tmp_path, merge_up_to=0, compact_after=3)
    load(table, [row("0")], plan(table, "snapshot"))

    for number in range(1, 5):
        load(table, [row(str(number))])

    assert len(opened(tmp_path).file_uris()) < 4
    assert "OPTIMIZE" in operations(tmp_path)
    assert last_sequence(tmp_path) == 5
    assert len(queried(tmp_path, "FROM t")) == 5


def test_a_table_of_another_query_is_replaced_when_all_is_read(folder: Path) -> None:
    other = replace(SOURCE, query="")
    assert last_sequence(folder, other, same_query=False) == 1
    narrow = pa.schema([SCHEMA.field("id"), SCHEMA.field("modified")])
    table = delta_table(folder)
    work = replace(plan(table, "snapshot"), source=other)

    with table.staging(work, narrow) as staging:
        staging.write(batch([row("z")], narrow), None)
        commit = table.last_commit(SOURCE)
        assert commit is not None
        staging.commit(replace(commit, sequence=2, source=other), pa.table({"id": ["a"]}))

    assert delta_table(folder).schema() == narrow
    assert last_sequence(folder, other) == 2
    assert DeltaTable(folder.as_uri()).count() == 1


def test_a_table_that_cannot_be_read_keeps_the_secrets_of_its_store(tmp_path: Path) -> None:
    options = {"max_retries": "s3cret", "aws_secret_access_key": "s3cret"}
    table = DeltaLakeTable(UPath(tmp_path), "s3://bucket/customers", lambda: options)

    with pytest.raises(ConfigurationError, match="cannot be read as a Delta table") as caught:
        table.last_commit(SOURCE)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_store_that_refuses_access_is_an_error_with_a_remedy(tmp_path: Path, status: str) -> None:
    with raw_server(*[http(status=status)] * 9) as server:
        options = {
            "aws_access_key_id": "id",
            "aws_secret_access_key": "s3cret",
            "aws_region": "eu-west-1",
            "aws_endpoint_url": f"http://{server.host}",
            "aws_allow_http": "true",
        }
        table = DeltaLakeTable(UPath(tmp_path), "s3://bucket/customers", lambda: options)
        with pytest.raises(ConfigurationError, match="The store refuses access") as caught:
            table.last_commit(SOURCE)

    assert "credentials of its connection" in caught.value.remedy
