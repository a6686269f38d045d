"""Values of every origin against the $metadata of the emulator."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from airflow_provider_bc.emulator import Emulator
from airflow_provider_bc.write_back.outcomes import Refusal, SourceRow
from airflow_provider_bc.write_back.plan import Plan
from airflow_provider_bc.write_back.validation import Validation
from tests.write_back.meddler import Meddler

GUID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"


@pytest.fixture(scope="module")
def meddler() -> Meddler:
    return Meddler(Emulator(ledger_entries=1))


def validation(meddler: Meddler, entity_set: str, **plan: Any) -> Validation:
    target = meddler.perform(meddler.entities.target(entity_set, {}))
    return Validation(target, Plan(**{"by": (), **plan}))


@pytest.mark.parametrize(
    ("entity_set", "name", "given", "ready"),
    [
        ("customers", "displayName", "Ünal", "Ünal"),
        ("customers", "displayName", None, ""),
        ("customers", "number", 10000, "10000"),
        ("customers", "creditLimit", 0.1, Decimal("0.1")),
        ("customers", "creditLimit", "1234567890.123456789", Decimal("1234567890.123456789")),
        ("customers", "creditLimit", 7, Decimal(7)),
        ("customers", "taxLiable", 1, True),
        ("customers", "taxLiable", "false", False),
        ("customers", "blocked", "Ship", "Ship"),
        ("customers", "blocked", None, "_x0020_"),
        ("customers", "blocked", " ", "_x0020_"),
        ("customers", "taxAreaId", UUID(GUID), GUID),
        ("customers", "taxAreaId", UUID(GUID).bytes, GUID),
        ("customers", "taxAreaId", None, "00000000-0000-0000-0000-000000000000"),
        ("salesOrders", "orderDate", date(2026, 3, 1), "2026-03-01"),
        ("salesOrders", "orderDate", "2026-03-01", "2026-03-01"),
        ("salesOrders", "orderDate", datetime(2026, 3, 1), "2026-03-01"),  # noqa: DTZ001 - as databases give them
        ("salesOrders", "orderDate", None, "0001-01-01"),
        ("salesOrders", "orderDate", "", "0001-01-01"),
    ],
)
def test_what_fits(meddler: Meddler, entity_set: str, name: str, given: Any, ready: Any) -> None:
    found = validation(meddler, entity_set).values(SourceRow(1, {name: given}))
    assert found == {name: ready}
    assert isinstance(found, dict)
    assert type(found[name]) is type(ready)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"displayName": "x" * 101},
            "displayName is a text of 101: String should have at most 100",
        ),
        ({"displayName": 1.5}, "displayName is float"),
        ({"creditLimit": "much"}, "creditLimit is a text of 4: .*decimal"),
        ({"creditLimit": float("nan")}, "creditLimit is float: .*finite"),
        ({"creditLimit": None}, "creditLimit is None, .* no null for Edm.Decimal"),
        ({"creditLimit": "1_000"}, "creditLimit is a text of 5: .* a number has no _"),
        ({"lastModifiedDateTime": 0}, "lastModifiedDateTime is int: .* a number is no date"),
        ({"lastModifiedDateTime": "20240131"}, "lastModifiedDateTime is a text of 8: .* ISO 8601"),
        ({"taxLiable": "perhaps"}, "taxLiable is a text of 7"),
        ({"blocked": "Perhaps"}, "blocked is a text of 7: .*none of .*Ship"),
        ({"taxAreaId": "12"}, "taxAreaId is a text of 2"),
        ({"nonsense": 1, "etag": "x"}, "^nonsense, etag: no property of customer"),
        ({"creditLimit": "x", "taxLiable": "z"}, "creditLimit .* taxLiable"),
    ],
)
def test_what_does_not_is_named_without_its_value(
    meddler: Meddler, values: dict[str, Any], said: str
) -> None:
    found = validation(meddler, "customers").values(SourceRow(1, values))
    assert isinstance(found, Refusal)
    assert found.code == "invalid_value"
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(found.reason)
    assert "Perhaps" not in found.reason
    assert "much" not in found.reason


MOMENT = {"lastModifiedDateTime": datetime(2026, 7, 1, 12, 0, 0, 500_000)}  # noqa: DTZ001 - as databases give them


def test_a_moment_needs_a_zone(meddler: Meddler) -> None:
    found = validation(meddler, "customers").values(SourceRow(1, MOMENT))
    assert found == Refusal(
        "invalid_value", "A moment has no time zone. Say in timezone which one is meant."
    )


def test_or_a_plan_that_names_it(meddler: Meddler) -> None:
    berlin = validation(meddler, "customers", timezone="Europe/Berlin")
    assert berlin.values(SourceRow(1, MOMENT)) == {
        "lastModifiedDateTime": "2026-07-01T10:00:00.500000Z"
    }
    aware = {"lastModifiedDateTime": datetime(2026, 7, 1, 12, tzinfo=UTC)}
    assert berlin.values(SourceRow(1, aware)) == {"lastModifiedDateTime": "2026-07-01T12:00:00Z"}


def test_the_order_of_the_source_is_kept(meddler: Meddler) -> None:
    row = {"displayName": "A", "number": "1", "city": "Ulm"}
    found = validation(meddler, "customers", by=("number",)).values(SourceRow(1, row))
    assert [*found] == ["displayName", "number", "city"]  # type: ignore[misc]


def test_the_key_of_a_refused_row_is_told_as_it_was_read(meddler: Meddler) -> None:
    plan = {"by": ("number",), "columns": {"no": "number", "name": "displayName"}}
    checked = validation(meddler, "customers", **plan)
    assert checked.key(SourceRow(1, {"no": 7, "name": "x"})) == {"number": 7}
    assert checked.key(SourceRow(1, {"name": "x"})) == {"number": None}
