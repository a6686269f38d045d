from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.drift import Drift, conform, follow

STORED = pa.schema([("id", pa.string()), ("no", pa.int16()), ("rate", pa.float32())])


def changed(**kinds: Any) -> pa.Schema:
    return pa.schema([pa.field(one.name, kinds.get(one.name, one.type)) for one in STORED])


def test_a_new_table_has_the_columns_that_are_sent() -> None:
    schema, drift = follow(None, STORED)

    assert (schema, bool(drift), str(drift)) == (STORED, False, "No field changed")


def test_new_columns_stand_behind_the_stored_ones() -> None:
    sent = pa.schema([("new", pa.date32()), *STORED])

    schema, drift = follow(STORED, sent)

    assert schema.names == ["id", "no", "rate", "new"]
    assert drift == Drift(added=("new",))
    assert str(drift) == "Fields came: new"


def test_columns_that_are_no_longer_sent_stay() -> None:
    schema, drift = follow(STORED, pa.schema([("id", pa.string()), ("rate", pa.float32())]))

    assert (schema, drift) == (STORED, Drift(missing=("no",)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (pa.int8(), pa.int16()),
        (pa.int8(), pa.int64()),
        (pa.int16(), pa.int32()),
        (pa.int32(), pa.int64()),
    ],
)
def test_columns_become_wider_and_never_narrower(before: pa.DataType, after: pa.DataType) -> None:
    narrow, wide = changed(no=before), changed(no=after)

    assert follow(narrow, wide) == (wide, Drift(widened=("no",)))
    assert follow(wide, narrow) == (wide, Drift())


@pytest.mark.parametrize("kind", [pa.string(), pa.float64(), pa.bool_()])
def test_a_type_that_cannot_be_followed_is_refused_by_name(kind: pa.DataType) -> None:
    with pytest.raises(ConfigurationError, match=f"no was int16, and is {kind} now") as caught:
        follow(STORED, changed(no=kind))

    assert "another place" in caught.value.remedy


def test_everything_at_once_is_said_in_one_line() -> None:
    drift = Drift(("a", "b"), ("c",), ("d",))

    assert str(drift) == "Fields came: a, b; became wider: c; went: d"


def test_a_batch_takes_the_shape_of_its_table() -> None:
    batch = pa.RecordBatch.from_pydict(
        {"no": [7], "id": ["a"]}, pa.schema([("no", pa.int8()), ("id", pa.string())])
    )

    assert conform(batch, STORED).to_pylist() == [{"id": "a", "no": 7, "rate": None}]
    assert conform(batch, STORED).schema == STORED
    assert conform(batch, batch.schema) is batch
