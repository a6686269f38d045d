"""Both ways to read a page give the same, or the close one names what is wrong.

The short way is Arrow's; the close one goes by way of Python values, and is taken for any page with
a nested column. So the same rows are read once alone and once with such a column beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.page_reader import PageReader
from airflow_provider_bc.sync.plain_page import PlainPage
from tests.sync.test_columns import METADATA, ORDER

NAMES = ["flag", "day", "at", "amount", "double", "short", "int", "long", "text", "guid", "kind"]
COLUMNS = Columns(METADATA, ORDER, NAMES)
PLAIN = PlainPage(COLUMNS)
EITHER = PageReader(COLUMNS)
CLOSE = PageReader(Columns(METADATA, ORDER, NAMES, [Expand("customer")]))


def body_of(*rows: dict[str, str], more: str = "") -> bytes:
    """Write a page; each value is given as JSON."""
    texts = (",".join(f'"{name}":{value}' for name, value in row.items()) for row in rows)
    return ('{"value":[' + ",".join(f"{{{text}}}" for text in texts) + "]" + more + "}").encode()


def closely(body: bytes) -> pa.RecordBatch:
    batch = CLOSE(body).rows
    return batch.select(batch.schema.names[:-1])


def test_what_arrow_cannot_read_has_no_short_way() -> None:
    assert PlainPage.of(COLUMNS) is not None
    assert PlainPage.of(CLOSE.columns) is None
    assert PlainPage.of(Columns(METADATA, ORDER, ["picture"])) is None


NULL = st.just("null")
INTEGERS = st.integers(-(2**15), 2**15 - 1).map(str)
DIGITS = st.tuples(
    st.sampled_from(["", "-"]), st.integers(0, 10**18 - 1), st.text("0123456789", max_size=20)
).map(lambda parts: f"{parts[0]}{parts[1]}" + (f".{parts[2]}" if parts[2] else ""))
EXPONENTS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["1", "-7", "1.25", "0", "0.001"]),
    st.sampled_from(["e", "E", "e+", "E+", "e-"]),
    st.integers(0, 12),
)
TEXTS = st.text().map(json.dumps) | st.text().map(lambda text: json.dumps(text, ensure_ascii=False))
VALUES = {
    "flag": st.sampled_from(["true", "false"]),
    "day": st.dates().map(lambda day: f'"{day.isoformat()}"'),
    "at": st.tuples(st.datetimes(), st.integers(0, 9)).map(
        lambda found: f'"{found[0].isoformat(timespec="microseconds")}{found[1]}Z"'
    ),
    "amount": DIGITS | EXPONENTS,
    "double": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "short": INTEGERS,
    "int": INTEGERS,
    "long": st.integers(-(2**63), 2**63 - 1).map(str),
    "text": TEXTS,
    "guid": st.uuids().map(lambda one: f'"{one}"'),
    "kind": st.sampled_from(['"Open"', '"_x0020_"', '"Positive_x0020_Adjmt_x002E_"']),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {"short": INTEGERS},
        optional={name: NULL | values for name, values in VALUES.items() if name != "short"},
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS)
def test_both_ways_give_the_same_rows_and_what_was_sent(rows: list[dict[str, str]]) -> None:
    body = body_of(*rows, more=',"@odata.count":7,"@odata.nextLink":"https://x/?$skip=1"')

    page = PLAIN.read(body)

    assert page is not None
    assert (page.count, page.next_link, page.size) == (7, "https://x/?$skip=1", len(body))
    assert page.rows.equals(closely(body))
    assert page.rows.schema == COLUMNS.schema
    for sent, found in zip(rows, page.rows.to_pylist(), strict=True):
        for name in ("flag", "short", "int", "long", "double", "text", "guid"):
            assert found[name] == json.loads(sent.get(name, "null"))
        amount = sent.get("amount", "null")
        assert found["amount"] == (None if amount == "null" else Decimal(amount))


NUMERALS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    st.integers(0, 10**60),
    st.just("") | st.text("0123456789", min_size=1, max_size=60).map(".{}".format),
    st.just("") | st.integers(-30, 70).map("e{}".format),
)


UNUSUAL = [
    "1234567890123456789",
    "12345678901234567890123",
    "1E-21",
    "123456789012345678.123456789012345678901",
    "1" * 200,
    "1" + "0" * 300,
    "1." + "0" * 200 + "1",
    "0." + "0" * 120 + "1",
    "12." + "5" * 100,
    "1E+2147483647",
    "1E-2147483648",
]


def read(reader: PageReader, text: str) -> Decimal | None:
    """Read a number; None for one that is refused with the name of its field."""
    try:
        found: Decimal = reader(body_of({"amount": text})).rows["amount"][0].as_py()
    except UnexpectedAnswer as error:
        if "A value of 'amount' does not fit decimal128(38, 20)" not in error.message:
            raise
        return None
    return found


def fits(number: Decimal) -> bool:
    """Say whether a number has 18 digits before the point and 20 behind it, at most."""
    with localcontext(prec=1_000):
        last = number.normalize().as_tuple().exponent
    return number == 0 or (number.adjusted() < 18 and isinstance(last, int) and last >= -20)


@given(NUMERALS)
@example("1E-300")
@example("-768.8554129707575731533392673085057167e-97")
def test_the_close_way_gives_a_number_exactly_or_names_its_field(text: str) -> None:
    found = read(CLOSE, text)

    assert found == (Decimal(text) if fits(Decimal(text)) else None)


@given(NUMERALS)
def test_so_does_the_short_way(text: str) -> None:
    found = read(EITHER, text)

    assert found == (Decimal(text) if fits(Decimal(text)) else None)


@pytest.mark.parametrize("text", UNUSUAL)
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("reader", [EITHER, CLOSE], ids=["either", "close"])
def test_a_number_with_too_many_digits_is_never_another_number(
    reader: PageReader, sign: str, text: str
) -> None:
    assert read(reader, sign + text) is None


TOLERATED: list[tuple[str, str, Any]] = [
    ("amount", '"1.50"', Decimal("1.5")),
    ("int", '"5"', 5),
    ("int", "5.0", 5),
    ("int", "1e3", 1_000),
    ("text", "5", "5"),
    ("text", "5.10", "5.10"),
    ("text", "true", "true"),
    ("text", '{"a":1}', '{"a":1}'),
    ("guid", "[1]", "[1]"),
    ("double", '"1.5"', 1.5),
    ("day", '"0001-01-01"', None),
    ("at", '"0001-01-01T00:00:00Z"', None),
    ("kind", '"_x0020_"', " "),
    ("text", '"\\u0000\\ud83d\\ude00"', "\0😀"),
]


@pytest.mark.parametrize(("name", "text", "value"), TOLERATED)
def test_a_value_of_another_form_is_understood(name: str, text: str, value: Any) -> None:
    body = body_of({name: text, "short": "1"})

    assert EITHER(body).rows[name].to_pylist() == [value]
    assert EITHER(body).rows.equals(closely(body))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("flag", '"true"'),
        ("flag", "1"),
        ("int", "2147483648"),
        ("int", "1.5"),
        ("long", str(2**63)),
        ("amount", '"72,893.80"'),
        ("amount", "true"),
        ("day", '"2026-02-30"'),
        ("at", '"2026-03-01T12:00:00"'),
        ("double", "[]"),
    ],
)
def test_a_value_that_does_not_fit_names_its_field(name: str, text: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=f"A value of '{name}' does not fit"):
        EITHER(body_of({name: text}, {"short": "1"}))


def closer_pages() -> Iterator[bytes]:
    row = {"text": '"a"'}
    yield body_of()
    yield body_of(row, more=',"error":{"code":"E"}')
    yield body_of(row, more=',"error":"E"')
    yield body_of(row, {"error": '{"code":"E"}'})
    yield body_of(row, {})
    yield body_of(row, more=',"@odata.count":"7"')
    yield body_of({"text": '"a"', "Text": '"b"'}).replace(b"Text", b"text")
    yield body_of(row).replace(b"}]", b"},null]")
    yield body_of(row).replace(b'"a"', b'"\xff"')
    yield body_of(row, more=',"@odata.nextLink":"https://x/\xff"').replace(b"\xc3\xbf", b"\xff")
    yield body_of(row) * 2
    yield body_of(row)[:-1]
    yield b'{"value":null}'
    yield b'{"value":{}}'
    yield b"[]"
    yield b""


@pytest.mark.parametrize("body", list(closer_pages()))
def test_a_page_that_arrow_may_get_wrong_is_looked_at_closely(body: bytes) -> None:
    assert PLAIN.read(body) is None


def test_a_page_that_was_cut_anywhere_is_none() -> None:
    body = body_of({"text": '"a"', "amount": "1.5"}, {"text": '"b"'}, more=',"@odata.count":2')

    for end in range(len(body)):
        assert PLAIN.read(body[:end]) is None
        with pytest.raises(UnexpectedAnswer):
            EITHER(body[:end])
