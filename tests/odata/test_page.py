from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import GarbledAnswer, NotFound, UnexpectedAnswer
from airflow_provider_bc.odata.page import Page, decode, read_count, read_entity, read_page

NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?", fullmatch=True
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def odata(**fields: Any) -> bytes:
    return json.dumps(
        {f"@odata.{name}": value for name, value in fields.items()} | {"value": []}
    ).encode()


@given(NUMBERS)
def test_a_number_keeps_every_digit(text: str) -> None:
    value = decode(text.encode())

    assert not isinstance(value, float)
    assert Decimal(value) == Decimal(text)
    if "." in text:
        assert value.as_tuple() == Decimal(text).as_tuple()


@given(JSON)
def test_json_is_read_as_pythons_own_reader_reads_it(value: Any) -> None:
    assert decode(json.dumps(value).encode()) == value


def test_a_page_has_rows_count_link_and_size() -> None:
    content = b'{"@odata.count":7,"@odata.nextLink":"https://h/2","value":[{"a":1.10},{"a":2}]}'

    page = read_page(content)

    assert page == Page([{"a": Decimal("1.10")}, {"a": 2}], 7, "https://h/2", len(content))
    assert str(page.rows[0]["a"]) == "1.10"


def test_the_last_page_has_no_link_and_may_be_empty() -> None:
    assert read_page(b'{"value":[]}') == Page([], None, None, 12)
    assert read_page(odata(nextLink=None, count=None)).next_link is None


@pytest.mark.parametrize("count", [0, 7, "7"])
def test_a_count_may_arrive_as_text(count: Any) -> None:
    assert read_page(odata(count=count)).count == int(count)


@pytest.mark.parametrize("count", ["many", -1, 1.5, [], {}, True])
def test_a_count_that_is_no_number_is_refused(count: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="The count is no number"):
        read_page(odata(count=count))


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b'{"value":[', b'{"value":[]}x', b"\xff", b'"\xff"', b'"\\ud800"', b"NaN"],
)
def test_what_is_not_whole_json_may_be_asked_for_again(content: bytes) -> None:
    with pytest.raises(GarbledAnswer, match="not whole JSON"):
        read_page(content)


def test_a_garbled_answer_shows_only_its_beginning() -> None:
    with pytest.raises(GarbledAnswer) as caught:
        decode(b"<" + b"x" * 10_000)

    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", "The answer is no page: it holds list."),
        (b"null", "The answer is no page: it holds NoneType."),
        (b"{}", "The answer is no page: it holds []."),
        (body(value={}), "The answer is no page: it holds ['value']."),
        (body(value=[1]), "The answer is no page: it holds ['value']."),
        (body(value=[{}, None]), "The answer is no page: it holds ['value']."),
        (body(id=1, name="x"), "The answer is no page: it holds ['id', 'name']."),
        (body(error={"code": "C", "message": "No."}), "it says: {'code': 'C', 'message': 'No.'}."),
        (body(value=[], error={"code": "C"}), "holds ['error', 'value']; it says: {'code': 'C'}."),
        (body(value=[{"id": 1}], error="late"), "holds ['error', 'value']; it says: late."),
    ],
)
def test_a_200_that_is_no_page_is_never_an_empty_page(content: bytes, said: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        read_page(content)

    assert said in str(caught.value)
    assert not isinstance(caught.value, GarbledAnswer)


def test_an_error_in_place_of_the_last_row_is_no_row() -> None:
    cut = body(value=[{"id": 1}, {"error": {"code": "C", "message": "Timeout."}}])

    with pytest.raises(UnexpectedAnswer, match=r"it says: .*Timeout"):
        read_page(cut)
    assert read_page(body(value=[{"error": None}, {"id": 1, "error": "x"}])).rows


def test_json_that_nests_too_deeply_is_garbled() -> None:
    with pytest.raises(GarbledAnswer):
        decode(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("error", [None, "", {}])
def test_an_error_that_says_nothing_is_none(error: Any) -> None:
    assert read_page(body(value=[], error=error)).rows == []


def test_an_entity_keeps_every_digit() -> None:
    assert read_entity(b'{"id":"x","balance":1.10}') == {"id": "x", "balance": Decimal("1.10")}


def test_no_content_is_no_entity_at_that_place() -> None:
    with pytest.raises(NotFound, match="nothing at that place"):
        read_entity(b"")


@pytest.mark.parametrize("content", [b"[]", b"null", b"1", b'"x"', body(error={"code": "C"})])
def test_nothing_else_is_an_entity(content: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="not an entity") as caught:
        read_entity(content)

    assert not isinstance(caught.value, GarbledAnswer)


def test_an_entity_that_is_cut_may_be_asked_for_again() -> None:
    with pytest.raises(GarbledAnswer):
        read_entity(b'{"id":"x"')


@given(st.integers(0, 10**12), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_a_count_is_read_with_or_without_its_byte_order_mark(number: int, encoding: str) -> None:
    assert read_count(f" {number}\r\n".encode(encoding)) == number


@pytest.mark.parametrize("content", [b"", b"-1", b"<html>", b"1.5", b"\xff", "²٣".encode(), b"1 2"])
def test_anything_else_is_a_garbled_count(content: bytes) -> None:
    with pytest.raises(GarbledAnswer, match="The count is no number"):
        read_count(content)


def test_a_garbled_count_shows_only_its_beginning() -> None:
    with pytest.raises(GarbledAnswer) as caught:
        read_count(b"x" * 10_000)

    assert len(str(caught.value)) < 200


@given(JSON)
def test_any_json_is_a_page_or_an_unexpected_answer(value: Any) -> None:
    try:
        page = read_page(json.dumps(value).encode())
    except UnexpectedAnswer:
        return
    assert page.rows == value["value"]
