"""Python values as Business Central takes them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Navigation, Property
from airflow_provider_bc.odata.payload import (
    changes,
    encode_json,
    entity_values,
    only,
    same,
    wire_value,
)

GUID = "5D115C9C-44E3-EA11-BB43-000D3A2FECA1"
STATUS = Property("status", "N.status", is_enum=True, members=("_x0020_", "In_x0020_Progress"))
LINE = EntityType("line", ("id",), {"quantity": Property("quantity", "Edm.Decimal")}, {})
ORDER = EntityType(
    "order",
    ("id",),
    {"number": Property("number", "Edm.String"), "status": STATUS},
    {"lines": Navigation("lines", "line", many=True), "one": Navigation("one", "line", many=False)},
)
METADATA = Metadata({"orders": "order", "lines": "line"}, {"order": ORDER, "line": LINE})


def prop(kind: str) -> Property:
    return Property("it", f"Edm.{kind}")


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("String", "Ü'\n", "Ü'\n"),
        ("String", None, ""),
        ("Boolean", True, True),
        ("Boolean", "False", False),
        ("Decimal", Decimal("0.10"), Decimal("0.10")),
        ("Decimal", Decimal("1E+3"), Decimal(1000)),
        (
            "Decimal",
            " -12345678901234567890.123456789 ",
            Decimal("-12345678901234567890.123456789"),
        ),
        ("Decimal", 0.1, Decimal("0.1")),
        ("Decimal", 7, 7),
        ("Int32", "7", 7),
        ("Int64", Decimal(2), 2),
        ("Guid", UUID(GUID), GUID.lower()),
        ("Guid", GUID, GUID.lower()),
        ("Guid", None, "00000000-0000-0000-0000-000000000000"),
        ("Date", date(2026, 2, 28), "2026-02-28"),
        ("Date", "2026-02-28", "2026-02-28"),
        ("Date", None, "0001-01-01"),
        ("DateTimeOffset", datetime(2026, 1, 1, 12, tzinfo=UTC), "2026-01-01T12:00:00Z"),
        ("DateTimeOffset", "2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00Z"),
        ("DateTimeOffset", None, "0001-01-01T00:00:00Z"),
        ("TimeOfDay", time(7, 30), "07:30:00"),
        ("TimeOfDay", "07:30:00", "07:30:00"),
        ("Duration", "PT1H", "PT1H"),
    ],
)
def test_a_value_takes_the_form_of_its_type(kind: str, value: Any, written: Any) -> None:
    assert wire_value(prop(kind), value) == written
    assert type(wire_value(prop(kind), value)) is type(written)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", 10000),
        ("Boolean", "yes"),
        ("Boolean", 1),
        ("Decimal", "1,5"),
        ("Decimal", True),
        ("Decimal", Decimal("NaN")),
        ("Decimal", float("inf")),
        ("Decimal", [1]),
        ("Int32", "1.5"),
        ("Int32", "x"),
        ("Guid", "nope"),
        ("Date", "2026-02-31"),
        ("Date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("Date", 20260101),
        ("DateTimeOffset", "tomorrow"),
        ("DateTimeOffset", date(2026, 1, 1)),
        ("TimeOfDay", 7),
        ("Decimal", None),
        ("Boolean", None),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(kind: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"^it is .*Edm.{kind}"):
        wire_value(prop(kind), value)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        wire_value(prop("DateTimeOffset"), "2026-01-01T12:00:00")


@pytest.mark.parametrize("value", ["In Progress", "In_x0020_Progress"])
def test_an_enum_is_given_by_caption_or_by_name(value: str) -> None:
    assert wire_value(STATUS, value) == "In_x0020_Progress"


@pytest.mark.parametrize("value", [None, "", " ", "_x0020_"])
def test_the_blank_of_an_enum(value: str | None) -> None:
    assert wire_value(STATUS, value) == "_x0020_"


def test_an_unknown_value_of_an_enum_comes_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean In Progress\?"):
        wire_value(STATUS, "In progress")


def test_an_enum_without_a_blank_has_no_none() -> None:
    with pytest.raises(ConfigurationError, match="no null"):
        wire_value(Property("it", "N.e", is_enum=True, members=("A",)), None)


def test_properties_keep_their_order_and_annotations_stay_behind() -> None:
    values = {"status": None, "@odata.etag": "x", "number": "1", "a@odata.type": "y"}
    assert list(entity_values(values, ORDER, METADATA, deep=False).items()) == [
        ("status", "_x0020_"),
        ("number", "1"),
    ]


def test_children_are_checked_as_their_own_type() -> None:
    values = {"number": "1", "lines": [{"quantity": "2.50"}]}
    assert entity_values(values, ORDER, METADATA, deep=True)["lines"] == [
        {"quantity": Decimal("2.50")}
    ]
    with pytest.raises(ConfigurationError, match=r"no property 'quantty' in line.*quantity\?"):
        entity_values({"lines": [{"quantty": 1}]}, ORDER, METADATA, deep=True)


@pytest.mark.parametrize(
    ("values", "deep", "message"),
    [
        ({"numbr": "1"}, True, r"no property 'numbr' in order. Did you mean number\?"),
        ({"zzz": "1"}, False, "There are number, status."),
        ({"lines": []}, False, "no deep update"),
        ({"lines": {}}, True, "takes a list of children"),
        ({"one": []}, True, "takes nothing in a create"),
    ],
)
def test_what_cannot_be_written_is_refused(
    values: dict[str, Any],
    deep: bool,  # noqa: FBT001 - a parameter of the test
    message: str,
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        entity_values(values, ORDER, METADATA, deep=deep)


@pytest.mark.parametrize(
    ("it", "ours", "theirs", "equal"),
    [
        (STATUS, "In_x0020_Progress", "In Progress", True),
        (prop("Guid"), GUID, GUID.lower(), True),
        (prop("DateTimeOffset"), "2026-01-01T00:00:00.120000Z", "2026-01-01T00:00:00.12Z", True),
        (prop("DateTimeOffset"), "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z", True),
        (prop("DateTimeOffset"), "2026-01-01T00:00:10Z", "2026-01-01T00:00:01Z", False),
        (prop("Decimal"), Decimal("1.50"), Decimal("1.5"), True),
        (prop("String"), "a", "A", False),
    ],
)
def test_values_are_the_same_however_they_are_written(
    it: Property,
    ours: Any,
    theirs: Any,
    equal: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert same(it, ours, theirs) is equal


def test_changes_are_what_a_row_does_not_hold() -> None:
    row = {"number": "1"}
    assert changes(ORDER, {"number": "1", "status": "_x0020_"}, row) == {"status": "_x0020_"}
    assert changes(ORDER, {"number": "2"}, row) == {"number": "2"}


@pytest.mark.parametrize("values", [{}, {"number": ""}, {"number": "  "}, {"number": None}])
def test_a_natural_key_is_there_and_not_blank(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="number, by which"):
        only(values, ["number"])


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_decimal_is_lost(number: Decimal) -> None:
    body = encode_json({"it": wire_value(prop("Decimal"), number)})
    assert json.loads(body, parse_float=Decimal, parse_int=Decimal)["it"] == number


def test_what_json_has_no_form_for_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot be sent as JSON"):
        encode_json({"it": object()})
