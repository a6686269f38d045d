"""What every store must do about columns, keys and values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from tests.sync.conformance_rows import (
    ANY_ROW,
    AWKWARD_NUMBERS,
    AWKWARD_TEXTS,
    SCHEMA,
    SOURCE,
    WIDE,
    Row,
    Stop,
    Store,
    batch,
    by_id,
    commit_of,
    keys_of,
    keys_table,
    load,
    plan,
    row,
    stopped,
)


class ColumnsConformance:
    """Columns that come and go, keys of every kind, and every value."""

    compares_without_stamp = True
    """Whether rows that are stored already are left out, too, where nothing tells their age."""

    def test_new_columns_are_added_behind_the_others(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b")], plan(store.open(), "snapshot"))
        wider = SCHEMA.append(pa.field("user", pa.string())).append(pa.field("no", pa.int32()))

        load(store.open(), [row("b", 1, user="me", no=7)], schema=wider)

        assert store.open().schema() == wider
        null = {"user": None, "no": None}
        assert by_id(store.rows()) == [row("a") | null, row("b", 1, user="me", no=7)]

    def test_rows_of_an_earlier_attempt_with_other_columns_are_read_again(
        self, store: Store
    ) -> None:
        rows = [row(f"{number:06}") for number in range(store.durable_after)]
        first = store.open()
        work = plan(first, "snapshot", resume_key="task")
        with stopped(), first.staging(work, SCHEMA) as staging:
            staging.write(batch(rows), b"all of them")
            raise Stop
        wider = SCHEMA.append(pa.field("user", pa.string()))

        with store.open().staging(work, SCHEMA) as staging:
            assert staging.position is not None
        with store.open().staging(work, wider) as staging:
            assert (staging.position, staging.rows) == (None, 0)
            staging.write(batch([row("a", user="me")], wider), None)
            staging.commit(commit_of(work), keys_table([], ("id",), wider))

        assert store.rows() == [row("a", user="me")]
        assert store.leftovers() == []

    def test_columns_become_wider(self, store: Store) -> None:
        before = SCHEMA.append(pa.field("no", pa.int16())).append(pa.field("rate", pa.float32()))
        after = SCHEMA.append(pa.field("no", pa.int64())).append(pa.field("rate", pa.float64()))
        work = plan(store.open(), "snapshot")
        load(store.open(), [row("a", no=7, rate=0.5)], work, schema=before)

        commit = load(store.open(), [row("b", no=2**40, rate=1 / 3)], schema=after)

        assert commit.rows == 1
        assert store.open().schema() == after
        kept = [row("a", no=7, rate=0.5), row("b", no=2**40, rate=1 / 3)]
        assert by_id(store.rows()) == kept

    def test_columns_that_went_stay_and_become_null(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b")], plan(store.open(), "snapshot"))
        narrower = SCHEMA.remove(SCHEMA.get_field_index("group"))

        load(store.open(), [row("b", 1)], schema=narrower)

        assert store.open().schema() == SCHEMA
        assert by_id(store.rows()) == [row("a"), row("b", 1, group=None)]

    def test_rows_without_a_key_are_replaced(self, store: Store) -> None:
        options: dict[str, Any] = {"key": (), "stamp": None}
        rows = [row("a"), row("a"), row("b")]
        load(store.open(), rows, plan(store.open(), "snapshot", **options))
        assert by_id(store.rows()) == rows

        commit = load(store.open(), [row("c")], plan(store.open(), "snapshot", **options))

        assert (commit.sequence, commit.rows) == (2, 1)
        assert store.rows() == [row("c")]

    def test_a_key_of_several_columns_of_several_types(self, store: Store) -> None:
        schema = pa.schema(
            [
                pa.field("value", pa.string()),
                pa.field("No", pa.int32()),
                pa.field("order", pa.string()),
                pa.field("day", pa.date32()),
            ]
        )
        key = ("order", "No", "day")  # a word of SQL, and one that wants to be spelled so
        day = date(2026, 3, 1)
        rows = [
            {"value": "x", "No": 1, "order": "a", "day": day},
            {"value": "x", "No": 1, "order": "A", "day": day},
            {"value": "x", "No": 1, "order": "a ", "day": day},
            {"value": "x", "No": 2, "order": "a", "day": day},
            {"value": "x", "No": 1, "order": "a", "day": day + timedelta(days=1)},
        ]
        work = plan(store.open(), "snapshot", key=key, stamp=None)
        assert load(store.open(), rows, work, schema=schema).rows == 5

        work = plan(store.open(), key=key, stamp=None)
        changed = rows[1] | {"value": "y"}
        commit = load(store.open(), [changed, rows[0]], work, gone=[rows[3]], schema=schema)

        assert (commit.rows, commit.deleted) == (1 if self.compares_without_stamp else 2, 1)
        left = [rows[0], changed, rows[2], rows[4]]
        assert sorted(store.rows(), key=str) == sorted(left, key=str)
        found = keys_of(store.open().live_keys(key))
        keys = [{name: one[name] for name in key} for one in left]
        assert sorted(found, key=str) == sorted(keys, key=str)

    def test_many_rows_that_are_gone(self, store: Store) -> None:
        rows = [row(f"{number:06}") for number in range(12_000)]
        load(store.open(), rows, plan(store.open(), "snapshot"), size=10_000)

        commit = load(store.open(), [], gone=rows[5:])

        assert commit.deleted == 11_995
        assert by_id(store.rows()) == rows[:5]

    def test_live_keys_within_some_values_of_a_column(self, store: Store) -> None:
        rows = [row(f"{number:04}", group=f"g{number % 1500}") for number in range(3000)]
        load(store.open(), rows, plan(store.open(), "snapshot"), size=1000)
        groups = pa.array([f"g{number}" for number in range(1400)] + ["g0", "no such group"])

        batches = list(store.open().live_keys(("id",), ("group", groups)))

        assert all(one.schema == pa.schema([SCHEMA.field("id")]) for one in batches)
        found = sorted(one["id"] for one in keys_of(iter(batches)))
        wanted = [one["id"] for one in rows if int(one["group"][1:]) < 1400]
        assert found == sorted(wanted)

    def test_a_table_belongs_to_one_source(self, store: Store) -> None:
        load(store.open(), [row("a")], plan(store.open(), "snapshot"))

        with pytest.raises(ConfigurationError, match="environment was 'Production', is 'Test'"):
            store.open().last_commit(replace(SOURCE, environment="Test"))
        with pytest.raises(ConfigurationError, match="query was"):
            store.open().last_commit(replace(SOURCE, query=""))
        assert store.open().last_commit(replace(SOURCE, query=""), same_query=False) is not None

    @pytest.mark.parametrize("values", [AWKWARD_TEXTS, AWKWARD_NUMBERS])
    def test_awkward_values_come_back(self, store: Store, values: list[str]) -> None:
        numbers = values is AWKWARD_NUMBERS
        rows = [
            row(str(at), amount=Decimal(value)) if numbers else row(value, group=value)
            for at, value in enumerate(values)
        ]

        load(store.open(), rows, plan(store.open(), "snapshot"), size=10)

        assert by_id(store.rows()) == by_id(rows)
        assert load(store.open(), rows).rows == 0
        keys = [{"id": one["id"]} for one in rows]
        assert by_id(keys_of(store.open().live_keys(("id",)))) == by_id(keys)

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
            HealthCheck.too_slow,
        ],
    )
    @given(st.lists(ANY_ROW, max_size=5, unique_by=lambda row: row["id"]))
    def test_every_value_comes_back(self, store: Store, rows: list[Row]) -> None:
        destination = store.open()
        work = plan(destination, "snapshot", stamp=None)

        load(destination, rows, work, schema=WIDE)

        assert by_id(store.rows()) == by_id(rows)
        again = load(destination, rows, plan(destination, stamp=None), schema=WIDE)
        assert (again.rows, again.deleted) == (0 if self.compares_without_stamp else len(rows), 0)
