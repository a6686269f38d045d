from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.columns import DECIMAL, TIMESTAMP
from airflow_provider_bc.sync.files.formats import file_format, numerals
from tests.sync.conformance_rows import ANY_ROW, AWKWARD_NUMBERS, AWKWARD_TEXTS, WIDE

FLAT = pa.schema([field for field in WIDE if not pa.types.is_nested(field.type)])
KINDS: list[tuple[Any, Any]] = [
    (name, compression)
    for name in ("parquet", "jsonl", "csv")
    for compression in ("zstd", "gzip", "none")
]
Rows = list[dict[str, Any]]


class Kept(io.BytesIO):
    """A file whose content can be had after it was closed, as some writers do."""

    def close(self) -> None:
        self.flush()


def written(kind: Any, schema: pa.Schema, *batches: pa.RecordBatch) -> bytes:
    file = Kept()
    writer = kind.writer(file, schema)
    for batch in batches:
        writer.write(batch)
    writer.close()
    return file.getvalue()


def read(
    kind: Any, content: bytes, schema: pa.Schema, columns: Sequence[str] | None = None
) -> Rows:
    batches = list(kind.read(io.BytesIO(content), schema, columns or schema.names))
    for batch in batches:
        assert batch.schema == pa.schema([schema.field(name) for name in columns or schema.names])
    return [row for batch in batches for row in batch.to_pylist()]


def there_and_back(
    kind: Any, schema: pa.Schema, rows: Sequence[dict[str, Any]], columns: Any = None
) -> Rows:
    some = pa.RecordBatch.from_pylist(list(rows), schema=schema)
    return read(kind, written(kind, schema, some), schema, columns)


AWKWARD: Rows = [
    *({"id": f"t{at}", "text": text} for at, text in enumerate(AWKWARD_TEXTS)),
    *({"id": f"n{at}", "decimal": Decimal(text)} for at, text in enumerate(AWKWARD_NUMBERS)),
    {"id": "empty", "text": ""},
    {"id": "null", "text": None},
    {"id": "true", "bool": True},
    {"id": "false", "bool": False},
    {"id": "early", "date": date(1753, 1, 1), "moment": datetime(1753, 1, 1, tzinfo=UTC)},
    {"id": "late", "moment": datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC)},
    {"id": "int", "int8": -128, "int16": -(2**15), "int32": 2**31 - 1, "int64": -(2**63)},
    {"id": "float", "float32": 0.5, "float64": 0.1 + 0.2},
    {"id": "nothing"},
]


@pytest.mark.parametrize(("name", "compression"), KINDS)
def test_awkward_values_survive(name: Any, compression: Any) -> None:
    whole: Rows = [dict.fromkeys(FLAT.names) | row for row in AWKWARD]

    assert there_and_back(file_format(name, compression), FLAT, AWKWARD) == whole


@pytest.mark.parametrize("name", ["parquet", "jsonl"])
@given(rows=st.lists(ANY_ROW, max_size=4))
def test_any_value_survives(name: Any, rows: Rows) -> None:
    assert there_and_back(file_format(name), WIDE, rows) == rows


@given(rows=st.lists(ANY_ROW, max_size=4))
def test_any_flat_value_survives_csv(rows: Rows) -> None:
    flat = [{name: row[name] for name in FLAT.names} for row in rows]

    assert there_and_back(file_format("csv"), FLAT, flat) == flat


@pytest.mark.parametrize("name", ["parquet", "jsonl", "csv"])
def test_columns_come_in_the_order_in_which_they_are_asked_for(name: Any) -> None:
    rows: Rows = [{"id": "a", "text": "x"}, {"id": "b", "text": None}]

    found = there_and_back(file_format(name), FLAT, rows, ["text", "id"])

    assert found == [{"text": "x", "id": "a"}, {"text": None, "id": "b"}]


@pytest.mark.parametrize("name", ["parquet", "jsonl", "csv"])
def test_a_column_that_a_file_lacks_is_null_and_a_wider_type_is_read(name: Any) -> None:
    kind = file_format(name)
    before = pa.schema([("id", pa.string()), ("no", pa.int16())])
    after = pa.schema([("id", pa.string()), ("no", pa.int64()), ("new", DECIMAL)])
    content = written(kind, before, pa.RecordBatch.from_pydict({"id": ["a"], "no": [7]}, before))

    assert read(kind, content, after) == [{"id": "a", "no": 7, "new": None}]


@pytest.mark.parametrize("name", ["parquet", "jsonl", "csv"])
def test_no_rows_are_a_file_too(name: Any) -> None:
    kind = file_format(name)

    assert read(kind, written(kind, FLAT), FLAT) == []


@pytest.mark.parametrize("name", ["parquet", "jsonl", "csv"])
def test_many_rows_come_back_batch_by_batch(name: Any) -> None:
    kind = file_format(name)
    rows = [{"id": f"{at:06}", "text": "x" * 200} for at in range(12_000)]
    content = written(kind, FLAT, *pa.Table.from_pylist(rows, FLAT).to_batches(1_000))

    batches = list(kind.read(io.BytesIO(content), FLAT, ["id"]))

    assert len(batches) > 1
    assert [row["id"] for one in batches for row in one.to_pylist()] == [row["id"] for row in rows]


def test_row_groups_are_written_before_the_file_is_whole() -> None:
    kind = file_format("parquet")
    file = io.BytesIO()
    writer = kind.writer(file, FLAT)
    large = pa.RecordBatch.from_pylist([{"id": "x" * 2**20}] * 5, schema=FLAT)
    writer.write(large)
    before = file.tell()
    for _ in range(7):
        writer.write(large)
    assert file.tell() > before
    writer.close()

    assert 1 < pq.ParquetFile(file).num_row_groups < 8


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_files_are_named_after_what_they_are(compression: Any) -> None:
    ending = {"zstd": ".zst", "gzip": ".gz", "none": ""}[compression]

    assert file_format("parquet", compression).suffix == ".parquet"
    assert file_format("jsonl", compression).suffix == f".jsonl{ending}"
    assert file_format("csv", compression).suffix == f".csv{ending}"


def test_every_digit_of_a_decimal_stands_in_json_and_csv() -> None:
    schema = pa.schema([("amount", DECIMAL)])
    digits = "12345678901234567.12345678901234567891"
    batch = pa.RecordBatch.from_pydict(
        {"amount": [Decimal(digits), Decimal("1E-20"), Decimal("1.10"), Decimal(100), None]}, schema
    )

    lines = written(file_format("jsonl", "none"), schema, batch).decode().splitlines()
    assert lines[0] == f'{{"amount":{digits}}}'
    assert [json.loads(line, parse_float=Decimal)["amount"] for line in lines[1:]] == [
        Decimal("0.00000000000000000001"),
        Decimal("1.1"),
        100,
        None,
    ]
    text = written(file_format("csv", "none"), schema, batch).decode().split("\n")
    assert text[1:5] == [f'"{digits}"', '"0.00000000000000000001"', '"1.1"', '"100"']


def test_moments_stand_in_json_as_iso_8601() -> None:
    schema = pa.schema([("at", TIMESTAMP)])
    batch = pa.RecordBatch.from_pydict({"at": [datetime(2026, 3, 1, 12, tzinfo=UTC)]}, schema)

    (line,) = written(file_format("jsonl", "none"), schema, batch).decode().splitlines()

    assert line == '{"at":"2026-03-01T12:00:00Z"}'


def test_long_values_survive_csv() -> None:
    rows = [dict.fromkeys(FLAT.names) | {"id": key, "text": key * 2_500_000} for key in "abc"]

    assert there_and_back(file_format("csv"), FLAT, rows) == rows


def test_csv_refuses_what_has_no_column() -> None:
    with pytest.raises(ConfigurationError, match="CSV has no place for struct, list") as caught:
        file_format("csv").writer(io.BytesIO(), WIDE)

    assert 'file_format="parquet"' in caught.value.remedy


def test_an_unknown_format_or_compression_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="file_format is 'xml'"):
        file_format("xml")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="compression is 'lz4'"):
        file_format("csv", "lz4")  # type: ignore[arg-type]


@given(st.lists(st.decimals(-(10**17), 10**17, places=20) | st.none(), max_size=5))
def test_numerals_are_read_back_as_they_were(values: list[Decimal | None]) -> None:
    texts = numerals(pa.array(values, DECIMAL)).to_pylist()

    assert [None if text is None else Decimal(text) for text in texts] == values
    assert not [text for text in texts if text and ("E" in text or text.endswith("."))]


def test_a_last_line_may_lack_its_end() -> None:
    kind = file_format("jsonl", "none")
    schema = pa.schema([("id", pa.string())])

    assert read(kind, b'{"id": "a"}\n{"id": "b"}', schema) == [{"id": "a"}, {"id": "b"}]


def test_rows_without_a_stamp_are_not_young(tmp_path: Any) -> None:
    kind = file_format("parquet")
    without = pa.schema([("id", pa.string())])
    content = written(kind, without, pa.RecordBatch.from_pydict({"id": ["a"]}))
    schema = pa.schema([*without, ("modified", TIMESTAMP)])

    since = ("modified", datetime(2026, 1, 1, tzinfo=UTC))
    assert list(kind.read(io.BytesIO(content), schema, ["id"], since)) == []
