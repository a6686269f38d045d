"""What only a database can do wrong."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier

import pyarrow as pa
import pytest
import sqlalchemy as sa

from airflow_provider_bc.errors import ConfigurationError, Conflict, UnexpectedAnswer
from airflow_provider_bc.sync.columns import TIMESTAMP
from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.sql import SqlTable
from airflow_provider_bc.sync.sql.commits import COMMITS
from airflow_provider_bc.sync.sql.shape import table
from airflow_provider_bc.sync.sql.stagings import STAGINGS, STALE
from tests.sync.conformance_rows import (
    COMPANY,
    NOON,
    SCHEMA,
    SOURCE,
    batch,
    by_id,
    commit_of,
    keys_of,
    keys_table,
    load,
    plan,
    row,
)
from tests.sync.sql.stores import NAME, SqlStore

OTHER = "99999999-4f89-11d3-9a0c-0305e82c3301"
THEIRS = replace(SOURCE, company_id=OTHER)
NESTED = pa.schema([*SCHEMA, pa.field("lines", pa.list_(pa.struct([("text", pa.string())])))])


def test_companies_in_one_table_do_not_touch_each_other(any_store: SqlStore) -> None:
    ours, theirs = any_store.open(), any_store.open(OTHER)
    load(ours, [row("a"), row("b")], plan(ours, "snapshot"))

    commit = load(theirs, [row("a", 1), row("c")], plan(theirs, "snapshot", source=THEIRS))

    assert (commit.sequence, commit.rows) == (1, 2)
    assert by_id(any_store.rows()) == [row("a"), row("b")]
    assert by_id(any_store.rows(OTHER)) == [row("a", 1), row("c")]
    assert by_id(keys_of(theirs.live_keys(("id",)))) == [{"id": "a"}, {"id": "c"}]
    load(theirs, [], plan(theirs, source=THEIRS), gone=[row("a"), row("b")])
    load(ours, [row("b", 2)], plan(ours))
    load(theirs, [row("d")], plan(theirs, "snapshot", source=THEIRS))
    assert by_id(any_store.rows()) == [row("a"), row("b", 2)]
    assert by_id(any_store.rows(OTHER)) == [row("d")]


def test_companies_without_keys_in_one_table_do_not_touch_each_other(sqlite: SqlStore) -> None:
    ours, theirs = sqlite.open(), sqlite.open(OTHER)
    for rows in ([row("a"), row("a")], [row("b")]):
        load(ours, rows, plan(ours, "snapshot", key=(), stamp=None))
        load(theirs, rows, plan(theirs, "snapshot", key=(), stamp=None, source=THEIRS))

    assert sqlite.rows() == [row("b")]
    assert sqlite.rows(OTHER) == [row("b")]


def test_a_company_with_fewer_fields_gets_null_in_those_of_another(sqlite: SqlStore) -> None:
    ours, theirs = sqlite.open(), sqlite.open(OTHER)
    load(ours, [row("a")], plan(ours, "snapshot"))
    fewer = SCHEMA.remove(SCHEMA.get_field_index("group"))
    work = plan(theirs, "snapshot", source=THEIRS)

    with theirs.staging(work, fewer) as staging:  # the engine follows what it has committed
        staging.write(batch([row("b")], fewer), None)
        staging.commit(commit_of(work), keys_table([], ("id",), fewer))

    assert sqlite.rows(OTHER) == [row("b", group=None)]
    assert theirs.schema() == SCHEMA


def test_a_table_that_somebody_else_made_is_left_alone(any_store: SqlStore) -> None:
    foreign = table(NAME, any_store.schema, sa.Column("id", sa.Integer()))
    with any_store.engine.begin() as connection:
        connection.execute(sa.schema.CreateTable(foreign))

    with pytest.raises(ConfigurationError, match="already, and this provider did not make it"):
        any_store.open().last_commit(SOURCE)


def test_a_dropped_table_is_loaded_again_at_once(any_store: SqlStore) -> None:
    ours, theirs = any_store.open(), any_store.open(OTHER)
    load(ours, [row("a"), row("b")], plan(ours, "snapshot"))
    load(ours, [row("c")], plan(ours))
    load(theirs, [row("a", 1)], plan(theirs, "snapshot", source=THEIRS))
    with any_store.engine.begin() as connection:
        connection.execute(sa.schema.DropTable(table(NAME, any_store.schema)))

    assert any_store.open().last_commit(SOURCE) is None
    commit = load(ours, [row("a"), row("b"), row("c")], plan(any_store.open(), "snapshot"))

    assert (commit.sequence, commit.rows) == (1, 3)
    assert by_id(any_store.rows()) == [row("a"), row("b"), row("c")]
    assert any_store.open(OTHER).last_commit(THEIRS) is None
    load(theirs, [row("a", 2)], plan(any_store.open(OTHER), "snapshot", source=THEIRS))
    assert any_store.rows(OTHER) == [row("a", 2)]
    assert any_store.open().last_commit(SOURCE) == commit


def test_a_dropped_table_may_come_back_as_quite_another(any_store: SqlStore) -> None:
    load(any_store.open(), [row("a")], plan(any_store.open(), "snapshot"))
    with any_store.engine.begin() as connection:
        connection.execute(sa.schema.DropTable(table(NAME, any_store.schema)))
    other = replace(SOURCE, entity_set="items")
    columns = pa.schema([("id", pa.int64()), ("group", pa.string()), ("modified", TIMESTAMP)])
    rows = [{"id": 7, "group": "x", "modified": NOON}]
    work = plan(any_store.open(), "snapshot", key=("id", "group"), source=other)

    commit = load(any_store.open(), rows, work, schema=columns)

    assert (commit.sequence, any_store.open().schema()) == (1, columns)
    assert any_store.rows() == rows


def test_a_table_whose_commit_somebody_deleted_is_loaded_again(any_store: SqlStore) -> None:
    load(any_store.open(), [row("a"), row("b")], plan(any_store.open(), "snapshot"))
    with any_store.engine.begin() as connection:
        connection.execute(sa.delete(table(COMMITS, any_store.schema)))

    commit = load(any_store.open(), [row("b"), row("c")], plan(any_store.open(), "snapshot"))

    assert (commit.sequence, commit.rows, commit.deleted) == (1, 1, 1)
    assert by_id(any_store.rows()) == [row("b"), row("c")]


def test_changes_do_not_come_into_a_table_that_was_dropped_meanwhile(any_store: SqlStore) -> None:
    destination = any_store.open()
    load(destination, [row("a")], plan(destination, "snapshot"))
    changes = plan(destination)
    with any_store.engine.begin() as connection:
        connection.execute(sa.schema.DropTable(table(NAME, any_store.schema)))

    with pytest.raises(Conflict):
        load(destination, [row("b")], changes)

    assert any_store.open().last_commit(SOURCE) is None


def test_a_table_holds_one_entity_set(sqlite: SqlStore) -> None:
    load(sqlite.open(), [row("a")], plan(sqlite.open(), "snapshot"))

    with pytest.raises(ConfigurationError, match=r"holds 'order' of the API v2[.]0, not 'items'"):
        sqlite.open(OTHER).last_commit(replace(THEIRS, entity_set="items"))


def test_a_table_has_one_key(sqlite: SqlStore) -> None:
    load(sqlite.open(), [row("a")], plan(sqlite.open(), "snapshot"))
    other = plan(sqlite.open(), "snapshot", key=("id", "group"))

    with pytest.raises(ConfigurationError, match="is id, that of the rows is id, group"):
        load(sqlite.open(), [row("a")], other)
    assert sqlite.rows() == [row("a")]


def test_a_dialect_that_nobody_tried_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'oracle'"):
        SqlTable(sa.create_mock_engine("oracle://", print), "x", COMPANY)  # type: ignore[arg-type]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize(
    ("field", "value"), [("group", "a\0b"), ("lines", [{"text": "fine"}, {"text": "\0"}])]
)
def test_postgresql_names_the_field_that_it_cannot_store(
    request: pytest.FixtureRequest, driver: str, field: str, value: object
) -> None:
    store: SqlStore = request.getfixturevalue(driver)
    bad = row("a", lines=None) | {field: value}

    with pytest.raises(UnexpectedAnswer, match=f"A text of '{field}' has a character U\\+0000"):
        load(store.open(), [bad], plan(store.open(), "snapshot"), schema=NESTED)

    assert store.leftovers() == []


def test_staged_rows_that_nobody_came_back_for_are_removed(any_store: SqlStore) -> None:
    destination = any_store.open()
    work = plan(destination, "snapshot", resume_key="task")
    rows = [row(f"{number:06}") for number in range(20_000)]
    with destination.staging(work, SCHEMA) as staging:
        staging.write(batch(rows), b"20000")
    assert len(any_store.leftovers()) == 1
    any_store.open().tidy()
    assert len(any_store.leftovers()) == 1

    stagings = table(STAGINGS, any_store.schema, sa.Column("touched", sa.BigInteger()))
    with any_store.engine.begin() as connection:
        old = int(time.time() - STALE.total_seconds()) - 10
        connection.execute(sa.update(stagings).values(touched=old))
    any_store.open().tidy()

    assert any_store.leftovers() == []


def test_rows_with_other_columns_are_not_continued(sqlite: SqlStore) -> None:
    destination = sqlite.open()
    work = plan(destination, "snapshot", resume_key="task")
    with destination.staging(work, SCHEMA) as staging:
        staging.write(batch([row(str(number)) for number in range(20_000)]), b"20000")

    with destination.staging(work, SCHEMA.append(pa.field("new", pa.string()))) as staging:
        assert (staging.position, staging.rows) == (None, 0)


def test_rows_that_ended_without_a_position_are_not_continued(sqlite: SqlStore) -> None:
    destination = sqlite.open()
    work = plan(destination, "snapshot", resume_key="task")
    with destination.staging(work, SCHEMA) as staging:
        staging.write(batch([row(str(number)) for number in range(20_000)]), b"20000")
        staging.write(batch([row("last")]), None)
        assert len(keys_of(staging.keys())) == 20_001

    assert sqlite.leftovers() == []


def test_changes_that_are_stored_already_are_not_staged(any_store: SqlStore) -> None:
    destination = any_store.open()
    load(destination, [row("a"), row("b", 9)], plan(destination, "snapshot"))
    work = plan(destination, resume_key="task")

    with destination.staging(work, SCHEMA) as staging:
        assert staging.rows == 0
        staging.write(batch([row("a"), row("b", 1), row("b", 9)]), b"3")
        assert staging.rows == 0
        staging.write(batch([row("a"), row("c")]), b"5")
        assert staging.rows == 1
    with destination.staging(work, SCHEMA) as staging:
        assert (staging.position, staging.rows) == (b"5", 1)
        staging.write(batch([row("d")]), b"6")
        assert keys_of(staging.keys()) == [{"id": "c"}, {"id": "d"}]
        assert staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA)).rows == 2
    assert by_id(any_store.rows()) == [row("a"), row("b", 9), row("c"), row("d")]


def test_changes_are_not_compared_with_what_another_run_stored(any_store: SqlStore) -> None:
    destination = any_store.open()
    load(destination, [row("a")], plan(destination, "snapshot"))
    with destination.staging(plan(destination), SCHEMA) as staging:
        staging.write(batch([row("a", 1)]), None)
        load(any_store.open(), [row("a", 1)])
        with pytest.raises(Conflict):
            _ = staging.rows


@pytest.mark.parametrize("driver", ["psycopg", "pymysql"])
def test_first_runs_of_many_companies_at_once(request: pytest.FixtureRequest, driver: str) -> None:
    store: SqlStore = request.getfixturevalue(driver)
    companies = [str(number) * 8 for number in range(4)]
    tables = [store.open(company) for company in companies]
    start = Barrier(len(companies), timeout=20)

    def run(destination: SqlTable) -> Commit:
        source = replace(SOURCE, company_id=destination.company_id)
        work = plan(destination, "snapshot", source=source)
        start.wait()
        return load(destination, [row("a"), row("b")], work)

    with ThreadPoolExecutor(len(companies)) as pool:
        commits = list(pool.map(run, tables))

    assert [commit.rows for commit in commits] == [2] * 4
    for company in companies:
        assert by_id(store.rows(company)) == [row("a"), row("b")]


@pytest.mark.parametrize("driver", ["psycopg", "pymysql"])
def test_runs_that_add_columns_at_once(request: pytest.FixtureRequest, driver: str) -> None:
    store: SqlStore = request.getfixturevalue(driver)
    companies = [str(number) * 8 for number in range(4)]
    start = Barrier(len(companies), timeout=20)
    for company in companies:
        source = replace(SOURCE, company_id=company)
        destination = store.open(company)
        load(destination, [row("a")], plan(destination, "snapshot", source=source))

    def run(company: str) -> Commit:
        destination = store.open(company)
        source = replace(SOURCE, company_id=company)
        schema = SCHEMA.append(pa.field("same", pa.string())).append(
            pa.field(f"own {company}", pa.int32())
        )
        work = plan(destination, source=source)
        with destination.staging(work, schema) as staging:
            staging.write(batch([row("a", same=company)], schema), None)
            start.wait()
            return staging.commit(commit_of(work), keys_table([], ("id",), schema))

    with ThreadPoolExecutor(len(companies)) as pool:
        commits = list(pool.map(run, companies))

    assert [commit.rows for commit in commits] == [1] * 4
    stored = store.open().schema()
    assert stored is not None
    assert set(stored.names) == {*SCHEMA.names, "same", *(f"own {one}" for one in companies)}
    for company in companies:
        assert [one["same"] for one in store.rows(company)] == [company]


@pytest.mark.parametrize("driver", ["psycopg", "pymysql", "sqlite"])
def test_of_runs_that_commit_at_the_same_moment_one_wins(
    request: pytest.FixtureRequest, driver: str
) -> None:
    store: SqlStore = request.getfixturevalue(driver)
    load(store.open(), [row("a")], plan(store.open(), "snapshot"))
    start = Barrier(4, timeout=20)

    def run(number: int) -> int | None:
        destination = store.open()
        work = plan(destination)
        with destination.staging(work, SCHEMA) as staging:
            staging.write(batch([row("a", number + 1), row(f"of {number}")]), None)
            assert len(keys_of(staging.keys())) == 2
            start.wait()
            try:
                staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))
            except Conflict:
                return None
        return number

    with ThreadPoolExecutor(4) as pool:
        winners = [number for number in pool.map(run, range(4)) if number is not None]

    assert len(winners) == 1
    assert by_id(store.rows()) == [row("a", winners[0] + 1), row(f"of {winners[0]}")]
    assert store.leftovers() == []


NUMERALS = {
    "psycopg": 'SELECT amount::text, pg_typeof(amount)::text FROM {schema}."order"',
    "pymysql": "SELECT CAST(amount AS CHAR), '' FROM {schema}.`order`",
    "sqlite": 'SELECT amount, typeof(amount) FROM "order"',
    "duckdb": 'SELECT amount::VARCHAR, typeof(amount) FROM "order"',
}


@pytest.mark.parametrize("driver", NUMERALS)
def test_every_digit_of_a_number_is_in_the_database(
    request: pytest.FixtureRequest, driver: str
) -> None:
    store: SqlStore = request.getfixturevalue(driver)
    number = Decimal("123456789012345678.12345678901234567891")
    load(store.open(), [row("a", amount=number)], plan(store.open(), "snapshot"))

    with store.engine.connect() as connection:
        found = connection.exec_driver_sql(NUMERALS[driver].format(schema=store.schema)).one()

    assert found[0] == str(number)
