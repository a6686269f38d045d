from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_bc.odata.metadata import EntityType, Property
from airflow_provider_bc.odata.natural_keys import MOST_VALUES, conditions, natural_key
from airflow_provider_bc.odata.restrictions import check_filter

GUID = "5D115C9C-44E3-EA11-BB43-000D3A2FECA1"
KIND = EntityType(
    "thing",
    ("id",),
    {
        prop.name: prop
        for prop in (
            Property("id", "Edm.Guid"),
            Property("number", "Edm.String"),
            Property("code", "Edm.String"),
            Property("day", "Edm.Date"),
            Property("at", "Edm.DateTimeOffset"),
            Property("amount", "Edm.Decimal"),
            Property("entryNumber", "Edm.Int32"),
            Property("taxed", "Edm.Boolean"),
            Property("kind", "N.kind", is_enum=True, members=("In_x0020_Progress", "_x0020_")),
        )
    },
    {},
)


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("number", "a1", "A1"),
        ("number", " A 1", "A 1  "),
        ("number", "", None),
        ("id", GUID, GUID.lower()),
        ("at", "2026-03-01T12:00:00.500Z", "2026-03-01T12:00:00.5Z"),
        ("amount", Decimal("1.50"), Decimal("1.5")),
        ("amount", Decimal("1E+2"), 100),
        ("kind", "In_x0020_Progress", "In Progress"),
    ],
)
def test_one_key_in_two_spellings(name: str, ours: Any, theirs: Any) -> None:
    assert natural_key(KIND, {name: ours}, [name]) == natural_key(KIND, {name: theirs}, [name])


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("number", "A1", "A*"),
        ("number", "A1", "A 1"),
        ("amount", Decimal("1.5"), Decimal("1.05")),
        ("taxed", True, False),
        ("day", "2026-03-01", "2026-03-02"),
    ],
)
def test_two_keys(name: str, one: Any, other: Any) -> None:
    assert natural_key(KIND, {name: one}, [name]) != natural_key(KIND, {name: other}, [name])


def written(by: list[str], keys: list[dict[str, Any]], room: int = 8_000) -> list[str]:
    found = [str(one) for one in conditions(KIND, by, keys, room)]
    for text in found:
        check_filter(text)
        assert len(quote(text)) <= room
    return found


def test_one_field_stands_in_one_or() -> None:
    keys = [{"number": text} for text in ("A", "a", "O'B", "B")]
    assert written(["number"], keys) == ["number eq 'a' or number eq 'O''B' or number eq 'B'"]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("id", GUID.lower(), f"id eq {GUID.lower()}"),
        ("day", "2026-03-01", "day eq 2026-03-01"),
        ("at", "2026-03-01T12:00:00Z", "at eq 2026-03-01T12:00:00Z"),
        ("amount", Decimal("0.10"), "amount eq 0.10"),
        ("entryNumber", 7, "entryNumber eq 7"),
        ("taxed", True, "taxed eq true"),
        ("kind", "In_x0020_Progress", "kind eq 'In Progress'"),
    ],
)
def test_every_type_has_its_literal(name: str, value: Any, text: str) -> None:
    assert written([name], [{name: value}]) == [text]


def test_several_fields_are_joined_by_and_around_the_or_of_one() -> None:
    keys = [
        {"code": "X", "number": "1"},
        {"code": "X", "number": "2"},
        {"code": "Y", "number": "3"},
    ]
    assert written(["code", "number"], keys) == [
        "code eq 'X' and (number eq '1' or number eq '2')",
        "code eq 'Y' and (number eq '3')",
    ]


def test_many_values_are_divided() -> None:
    keys = [{"number": str(number)} for number in range(2 * MOST_VALUES + 1)]
    assert [text.count(" eq ") for text in written(["number"], keys)] == [100, 100, 1]


def test_long_values_are_divided_by_their_length() -> None:
    keys = [{"number": "ü" * 20 + str(number), "code": "K"} for number in range(30)]
    found = written(["number", "code"], keys, room=1_000)
    assert len(found) > 3
    assert sum(text.count("number eq") for text in found) == 30


def test_nothing_is_asked_for_nothing() -> None:
    assert written(["number"], []) == []
