from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.literals import key_predicate, literal, timestamp
from tests.odata.reader import parse, value_of

GUID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"
ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001


def read_back(value: Any) -> Any:
    return value_of(parse(f"field eq {literal(value)}").right)


@given(st.none() | st.booleans() | st.text() | st.uuids() | MOMENTS | st.dates(date(1000, 1, 1)))
def test_a_literal_is_read_back_equal(value: Any) -> None:
    assert read_back(value) == value


@given(
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, places=20)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
def test_a_number_is_read_back_to_the_digit(value: Any) -> None:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)

    assert read_back(value) == exact


def test_a_number_is_written_without_an_exponent() -> None:
    assert literal(Decimal("1E+3")) == "1000"
    assert literal(1e-7) == "0.0000001"
    assert literal(Decimal("0.10")) == "0.10"


def test_the_numbers_of_numpy_are_numbers() -> None:
    class Float64(float):
        """A subclass that shows its type, as numpy's does."""

        def __repr__(self) -> str:
            return f"np.float64({float(self)!r})"

    assert literal(Float64(0.1)) == "0.1"


def test_true_is_not_the_number_one() -> None:
    assert (literal(True), literal(1)) == ("true", "1")  # noqa: FBT003


def test_a_time_is_written_as_iso_8601() -> None:
    assert literal(time(9, 30)) == "09:30:00"


def test_a_guid_is_not_quoted_but_its_text_is() -> None:
    assert literal(UUID(GUID)) == GUID
    assert literal(GUID) == f"'{GUID}'"


@pytest.mark.parametrize("number", [float("nan"), float("-inf"), Decimal("NaN"), Decimal("sNaN")])
def test_a_number_that_is_none_is_refused(number: Any) -> None:
    with pytest.raises(ConfigurationError, match="cannot hold"):
        literal(number)


@pytest.mark.parametrize("value", [b"x", [1], {"a": 1}, object()])
def test_what_odata_has_no_literal_for_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot hold a {type(value).__name__}"):
        literal(value)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="2026-01-01T00:00:00 has no time zone"):
        literal(datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)) | MOMENTS)
def test_a_stamp_survives_its_text_at_full_precision_and_keeps_its_order(moment: datetime) -> None:
    text = timestamp(moment)

    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment


@pytest.mark.parametrize(
    ("key", "predicate"),
    [
        (GUID, f"({GUID})"),
        (GUID.upper(), f"({GUID.upper()})"),
        (UUID(GUID), f"({GUID})"),
        (7, "(7)"),
        ("10000", "('10000')"),
        ("O'Neill", "('O''Neill')"),
        (f"{GUID}x", f"('{GUID}x')"),
        ({"code": "A'B", "line": 1, "id": GUID}, f"(code='A''B',line=1,id={GUID})"),
    ],
)
def test_a_key_stands_in_parentheses(key: Any, predicate: str) -> None:
    assert key_predicate(key) == predicate


def test_a_key_has_at_least_one_part() -> None:
    with pytest.raises(ConfigurationError, match="no parts"):
        key_predicate({})
