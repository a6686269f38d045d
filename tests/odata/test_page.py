from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.odata.page import GarbledAnswer, Page, decode, read_page

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
        (b"[]", "no list 'value' but list."),
        (b"null", "no list 'value' but NoneType."),
        (b"{}", "no list 'value' but []."),
        (body(value={}), "no list 'value' but ['value']."),
        (body(value=[1]), "no list 'value' but ['value']."),
        (body(value=[{}, None]), "no list 'value' but ['value']."),
        (body(id=1, name="x"), "no list 'value' but ['id', 'name']."),
        (body(error={"code": "C", "message": "No."}), "it says: {'code': 'C', 'message': 'No.'}."),
    ],
)
def test_a_200_that_is_no_page_is_never_an_empty_page(content: bytes, said: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        read_page(content)

    assert said in str(caught.value)
    assert not isinstance(caught.value, GarbledAnswer)


@given(JSON)
def test_any_json_is_a_page_or_an_unexpected_answer(value: Any) -> None:
    try:
        page = read_page(json.dumps(value).encode())
    except UnexpectedAnswer:
        return
    assert page.rows == value["value"]
