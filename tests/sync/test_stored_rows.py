"""Which rows are stored already: told by every value, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.sync.columns import DECIMAL, TIMESTAMP
from airflow_provider_bc.sync.stored_rows import StoredRows, digests

LINE = pa.struct([("qty", DECIMAL), ("text", pa.string())])
SCHEMA = pa.schema(
    [("id", pa.string()), ("amount", DECIMAL), ("at", TIMESTAMP), ("lines", pa.list_(LINE))]
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROW = {
    "id": "a",
    "amount": Decimal("1.10"),
    "at": NOON,
    "lines": [{"qty": Decimal(1), "text": "x"}],
}


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), SCHEMA)


def stored(*rows: dict[str, Any]) -> StoredRows:
    return StoredRows(lambda: [batch(*rows)])


def test_a_row_that_is_stored_value_for_value_is_left_out() -> None:
    other = {**ROW, "id": "b"}

    assert stored(ROW).without(batch(other, ROW)).to_pylist() == batch(other).to_pylist()


def test_a_row_of_which_any_value_differs_is_kept() -> None:
    changed: list[dict[str, Any]] = [
        {**ROW, "amount": Decimal("1.10000000000000000001")},
        {**ROW, "at": NOON + timedelta(microseconds=1)},
        {**ROW, "lines": []},
        {**ROW, "lines": [{"qty": Decimal(1), "text": "y"}]},
        {**ROW, "amount": None},
        {**ROW, "id": ""},
        {**ROW, "id": None},
    ]

    assert stored(ROW).without(batch(*changed)).num_rows == len(changed)


def test_the_table_is_looked_at_once_and_only_when_a_row_arrives() -> None:
    looked = []

    def rows() -> Iterator[pa.RecordBatch]:
        looked.append(1)
        yield batch(ROW)

    known = StoredRows(rows)
    assert known.without(batch()).num_rows == 0
    assert looked == []
    assert known.without(batch(ROW)).num_rows == 0
    assert known.without(batch(ROW)).num_rows == 0
    assert looked == [1]


def test_where_nothing_is_stored_every_row_is_new() -> None:
    assert StoredRows(list).without(batch(ROW, ROW)).num_rows == 2


ROWS = st.fixed_dictionaries(
    {
        "id": st.none() | st.text("ab", max_size=2),
        "amount": st.none() | st.sampled_from([Decimal(0), Decimal("0.1")]),
        "at": st.none() | st.just(NOON),
        "lines": st.none() | st.just([]) | st.just([{"qty": None, "text": "a"}]),
    }
)


@given(st.lists(ROWS, max_size=20))
def test_rows_have_the_same_digest_if_and_only_if_their_values_are_the_same(
    rows: list[dict[str, Any]],
) -> None:
    found = list(digests(batch(*rows)))

    for one, its in zip(rows, found, strict=True):
        for other, others in zip(rows, found, strict=True):
            assert (one == other) is (its == others)
