from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.odata.metadata import Metadata, read_metadata
from airflow_provider_bc.odata.page import Row, read_page
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.columns import DECIMAL, TIMESTAMP, Columns

KINDS = {
    "flag": ("Edm.Boolean", pa.bool_()),
    "byte": ("Edm.Byte", pa.int16()),
    "day": ("Edm.Date", pa.date32()),
    "at": ("Edm.DateTimeOffset", TIMESTAMP),
    "amount": ("Edm.Decimal", DECIMAL),
    "double": ("Edm.Double", pa.float64()),
    "short": ("Edm.Int16", pa.int16()),
    "int": ("Edm.Int32", pa.int32()),
    "long": ("Edm.Int64", pa.int64()),
    "sbyte": ("Edm.SByte", pa.int8()),
    "single": ("Edm.Single", pa.float32()),
    "text": ("Edm.String", pa.string()),
    "guid": ("Edm.Guid", pa.string()),
    "span": ("Edm.Duration", pa.string()),
    "kind": ("N.kind", pa.string()),
}


def described() -> Metadata:
    properties = "".join(
        f'<Property Name="{name}" Type="{kind}"/>' for name, (kind, _) in KINDS.items()
    )
    return read_metadata(
        f"""<Edmx><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EnumType Name="kind"/>
        <EntityType Name="order">{properties}<Property Name="picture" Type="Edm.Stream"/>
          <NavigationProperty Name="customer" Type="N.customer"/>
          <NavigationProperty Name="lines" Type="Collection(N.line)"/>
          <NavigationProperty Name="ghost" Type="N.ghost"/>
        </EntityType>
        <EntityType Name="customer"><Property Name="name" Type="Edm.String"/></EntityType>
        <EntityType Name="line"><Property Name="qty" Type="Edm.Decimal"/>
          <Property Name="kind" Type="N.kind"/>
          <NavigationProperty Name="item" Type="N.customer"/></EntityType>
        <EntityContainer Name="C"><EntitySet Name="orders" EntityType="N.order"/>
        </EntityContainer></Schema></Edmx>""".encode()
    )


METADATA = described()
ORDER = METADATA.entity_type_of("orders")
ALL = Columns(METADATA, ORDER)


def batch_of(columns: Columns, rows: Sequence[Row]) -> pa.RecordBatch:
    """Turn rows into a batch."""
    return columns.batch([[row.get(one.name) for row in rows] for one in columns.columns])


def one(name: str, value: Any) -> Any:
    """Turn one value into a column and back."""
    return column(name, [value])[0]


def column(name: str, values: list[Any]) -> list[Any]:
    columns = Columns(METADATA, ORDER, [name])
    found: list[Any] = batch_of(columns, [{name: value} for value in values]).column(0).to_pylist()
    return found


def refused(name: str, value: Any, **options: Any) -> UnexpectedAnswer:
    columns = Columns(METADATA, ORDER, **(options or {"select": [name]}))
    with pytest.raises(UnexpectedAnswer, match=f"A value of '{name}' does not fit") as caught:
        batch_of(columns, [{name: value}])
    return caught.value


def test_each_type_of_the_metadata_has_its_type_of_column() -> None:
    assert {field.name: field.type for field in ALL.schema} == {
        name: kind for name, (_, kind) in KINDS.items()
    }


def test_rows_of_no_fields_are_all_null_and_no_rows_are_no_rows() -> None:
    assert batch_of(ALL, [{}, {}]).to_pylist() == [dict.fromkeys(KINDS)] * 2
    assert batch_of(ALL, []).num_rows == 0


DIGITS = st.tuples(
    st.sampled_from(["", "-"]), st.integers(0, 10**18 - 1), st.text("0123456789", max_size=20)
).map(lambda parts: f"{parts[0]}{parts[1]}" + (f".{parts[2]}" if parts[2] else ""))


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@given(texts=st.lists(DIGITS, min_size=1, max_size=20))
def test_a_decimal_is_exact_to_the_digit_from_the_wire_to_duckdb(
    database: duckdb.DuckDBPyConnection, texts: list[str]
) -> None:
    body = '{"value":[' + ",".join(f'{{"amount":{text}}}' for text in texts) + "]}"
    rows = read_page(body.encode()).rows
    batch = batch_of(Columns(METADATA, ORDER, ["amount"]), rows)
    stored = io.BytesIO()
    with pq.ParquetWriter(stored, batch.schema) as writer:
        writer.write_batch(batch)
    stored.seek(0)

    database.register("stored", pq.read_table(stored))
    found = database.execute("SELECT amount FROM stored").fetchall()

    assert [value for (value,) in found] == [Decimal(text) for text in texts]


def test_duckdb_itself_reads_the_decimal_of_a_file(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    batch = batch_of(
        Columns(METADATA, ORDER, ["amount"]),
        [{"amount": Decimal("12345678901234567.12345678901234567891")}, {"amount": 7}],
    )
    with pq.ParquetWriter(tmp_path / "a.parquet", batch.schema) as writer:
        writer.write_batch(batch)

    found = database.execute(f"SELECT amount::VARCHAR FROM '{tmp_path}/a.parquet'").fetchall()

    assert found == [("12345678901234567.12345678901234567891",), ("7.00000000000000000000",)]


@pytest.mark.parametrize(
    "value", [10**18, Decimal("1E+400"), Decimal("1E-21"), "72,893.80", True, [1]]
)
def test_a_decimal_that_does_not_fit_names_its_field(value: Any) -> None:
    assert "Leave amount out with select" in refused("amount", value).remedy


@pytest.mark.parametrize(
    ("name", "bits"), [("byte", 15), ("short", 15), ("int", 31), ("long", 63), ("sbyte", 7)]
)
def test_an_integer_keeps_its_value_or_names_its_field(name: str, bits: int) -> None:
    limits = [-(2**bits), 2**bits - 1]

    assert column(name, [*limits, None]) == [*limits, None]
    assert column(name, ["1", "-1.0", Decimal("2.00"), None]) == [1, -1, 2, None]
    for beyond in (2**bits, -(2**bits) - 1, 2**200, "1.5", "one"):
        refused(name, beyond)


@pytest.mark.parametrize("name", ["double", "single"])
def test_a_floating_number_may_arrive_with_and_without_a_fraction(name: str) -> None:
    assert column(name, [Decimal("1.5"), 3, Decimal("1E+5"), None]) == [1.5, 3.0, 100_000.0, None]
    refused(name, 10**400)
    refused(name, [])


@pytest.mark.parametrize(
    ("name", "value"), [("flag", "true"), ("flag", 1), ("text", "\ud800"), ("kind", 1)]
)
def test_other_values_that_do_not_fit_name_their_field(name: str, value: Any) -> None:
    refused(name, value)


def test_flags_and_texts_stay_what_they_are() -> None:
    assert column("flag", [True, False, None]) == [True, False, None]
    assert column("text", ["", "O'Neill", None]) == ["", "O'Neill", None]
    assert column("span", ["PT5M", 5]) == ["PT5M", "5"]


def test_an_enum_is_decoded() -> None:
    assert column("kind", ["_x0020_", "Positive_x0020_Adjmt_x002E_", "Open", None]) == [
        " ",
        "Positive Adjmt.",
        "Open",
        None,
    ]


@given(st.dates())
def test_a_date_is_a_date_and_the_unset_one_null(day: date) -> None:
    assert one("day", day.isoformat()) == (None if day == date.min else day)


def test_the_unset_date_and_moment_are_null() -> None:
    assert column("day", ["0001-01-01", None, "2026-10-28"]) == [None, None, date(2026, 10, 28)]
    assert column("at", ["0001-01-01T00:00:00Z", None]) == [None, None]


@given(
    st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)),  # noqa: DTZ001
    st.text("0123456789", max_size=3),
)
def test_a_moment_keeps_microseconds_and_drops_what_is_finer(moment: datetime, finer: str) -> None:
    text = f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{moment:%f}{finer}Z"

    assert one("at", text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.1Z", datetime(2026, 3, 1, 12, 0, 0, 100_000, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123Z", datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-03-01T12:00:00.1234567Z", datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-01T12:00:00.1234567+02:00", datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_fractions_and_zones_of_a_moment(text: str, moment: datetime) -> None:
    assert one("at", text) == moment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("day", "28.10.2026"),
        ("day", "2026-02-30"),
        ("day", 1),
        ("at", "2026-03-01T12:00:00"),
        ("at", "soon"),
        ("day", ""),
    ],
)
def test_a_date_or_moment_that_is_none_names_its_field(name: str, value: Any) -> None:
    refused(name, value)


def test_a_selection_is_spelled_and_ordered_as_in_the_metadata() -> None:
    assert Columns(METADATA, ORDER, ["TEXT", "Amount", "text"]).schema.names == ["amount", "text"]


def test_a_selection_of_an_unknown_field_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"order has no field balanse, x\.") as caught:
        Columns(METADATA, ORDER, ["text", "balanse", "x"])

    assert "amount, at, byte" in caught.value.remedy


def test_a_stream_is_left_out_even_when_it_is_selected() -> None:
    columns = Columns(METADATA, ORDER, ["text", "picture"])

    assert columns.schema.names == ["text"]
    assert columns.unknown_fields({"text": 1, "picture": 2}) == set()


def test_fields_that_the_metadata_does_not_name_are_known_to_be_unknown() -> None:
    row = {"@odata.etag": "e", "picture@odata.mediaReadLink": "l", "text": "t", "new": 1}

    assert ALL.unknown_fields(row) == {"new"}
    assert ALL.missing_fields(row) == KINDS.keys() - {"text"}


EXPANDED = Columns(
    METADATA,
    ORDER,
    ["text"],
    [Expand("customer"), Expand("lines", select=["qty", "kind"], expand=["item"])],
)


def test_expanded_entities_are_structs_and_lists_of_structs() -> None:
    rows: list[Row] = [
        {
            "text": "a",
            "customer": {"name": "Bob", "@odata.etag": "e"},
            "lines": [
                {"qty": Decimal("1.10"), "kind": "_x0020_", "item": {"name": "x"}},
                {"qty": 2, "item": None},
            ],
        },
        {"text": "b", "customer": None, "lines": []},
        {"text": "c", "lines": None},
    ]

    assert batch_of(EXPANDED, rows).to_pylist() == [
        {
            "text": "a",
            "customer": {"name": "Bob"},
            "lines": [
                {"qty": Decimal("1.10"), "kind": " ", "item": {"name": "x"}},
                {"qty": Decimal(2), "kind": None, "item": None},
            ],
        },
        {"text": "b", "customer": None, "lines": []},
        {"text": "c", "customer": None, "lines": None},
    ]


NAMES = st.none() | st.text()


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "text": NAMES,
                "customer": st.none() | st.fixed_dictionaries({"name": NAMES}),
                "lines": st.none()
                | st.lists(
                    st.fixed_dictionaries(
                        {
                            "qty": st.none() | st.integers(-9, 9).map(Decimal),
                            "kind": st.none() | st.text("abc"),
                            "item": st.none() | st.fixed_dictionaries({"name": NAMES}),
                        }
                    ),
                    max_size=3,
                ),
            }
        ),
        max_size=8,
    )
)
def test_any_nesting_survives_parquet(rows: list[dict[str, Any]]) -> None:
    batch = batch_of(EXPANDED, json.loads(json.dumps(rows, default=int)))
    stored = io.BytesIO()
    with pq.ParquetWriter(stored, batch.schema) as writer:
        writer.write_batch(batch)
    stored.seek(0)

    assert pq.read_table(stored).to_pylist() == rows


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("customer", []),
        ("customer", [1]),
        ("customer", "x"),
        ("lines", {"qty": 1}),
        ("lines", 7),
        ("lines", ["x"]),
    ],
)
def test_an_expansion_that_is_none_names_its_field(name: str, value: Any) -> None:
    refused(name, value, expand=[Expand("customer"), Expand("lines")])


def test_a_value_within_an_expansion_that_does_not_fit_names_its_field() -> None:
    with pytest.raises(UnexpectedAnswer, match="A value of 'qty' does not fit decimal128"):
        batch_of(EXPANDED, [{"lines": [{"qty": "many"}]}])


def test_an_unknown_expansion_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="order has no navigation property 'line'") as one_:
        Columns(METADATA, ORDER, expand=[Expand("line")])
    assert one_.value.remedy == "It has customer, ghost, lines."

    with pytest.raises(ConfigurationError, match="customer has no navigation") as other:
        Columns(METADATA, ORDER, expand=[Expand("customer", expand=["x"])])
    assert other.value.remedy == "It has none."


def test_an_expansion_to_a_type_that_is_not_described_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'ghost' leads to ghost, which"):
        Columns(METADATA, ORDER, expand=[Expand("ghost")])
