"""A page from its bytes: never something else for an empty one, never half of one for all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from airflow_provider_bc.errors import GarbledAnswer, UnexpectedAnswer
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.page_reader import PageReader
from tests.sync.test_columns import METADATA, ORDER

PLAIN = PageReader(Columns(METADATA, ORDER, ["text", "amount"]))
NESTED = PageReader(Columns(METADATA, ORDER, ["text", "amount"], [Expand("lines")]))
ROW = {"text": "a", "amount": 1.5}


@pytest.fixture(params=[PLAIN, NESTED], ids=["plain", "nested"])
def read(request: pytest.FixtureRequest) -> PageReader:
    reader: PageReader = request.param
    return reader


def page(*rows: Any, **more: Any) -> bytes:
    named = {f"@odata.{name}" if name != "error" else name: one for name, one in more.items()}
    return json.dumps({"@odata.context": "c", "value": rows, **named}).encode()


def texts(read: PageReader, body: bytes) -> list[Any]:
    found: list[Any] = read(body).rows["text"].to_pylist()
    return found


def test_a_page_has_rows_a_count_a_link_and_a_size(read: PageReader) -> None:
    body = page(ROW, {**ROW, "text": "b"}, count=7, nextLink="https://x/2")

    found = read(body)

    assert found.rows["text"].to_pylist() == ["a", "b"]
    assert (found.count, found.next_link, found.size) == (7, "https://x/2", len(body))
    assert found.entities == 2


@pytest.mark.parametrize(
    ("said", "count"), [("7", 7), (7, 7), (0, 0), (None, None)], ids=["text", "number", "0", "none"]
)
def test_the_count_may_be_a_text(read: PageReader, said: Any, count: int | None) -> None:
    assert read(page(ROW, count=said)).count == count


@pytest.mark.parametrize("said", ["many", 1.5, True, [], ""])
def test_a_count_that_is_no_number_is_refused(read: PageReader, said: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="The count is no number"):
        read(page(ROW, count=said))


def test_the_last_page_has_no_link(read: PageReader) -> None:
    assert read(page(ROW)).next_link is None
    assert read(page(ROW, nextLink=None)).next_link is None


@pytest.mark.parametrize("link", [5, ["https://x"], {}])
def test_a_link_that_is_no_text_is_refused(read: PageReader, link: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        read(page(ROW, nextLink=link))


def test_no_rows_are_a_page(read: PageReader) -> None:
    found = read(page(count=0))

    assert (found.rows.num_rows, found.count) == (0, 0)
    assert found.rows.schema == read.columns.schema


def test_rows_without_values_are_rows(read: PageReader) -> None:
    assert texts(read, page({}, ROW)) == [None, "a"]
    assert texts(read, page(ROW, {})) == ["a", None]
    assert texts(read, page({"text": None, "amount": None})) == [None]


ERROR = {"code": "Internal_ServerError", "message": "Something went wrong amid the rows."}


@pytest.mark.parametrize(
    "body",
    [
        page(ROW, {"error": ERROR}),
        page({"error": ERROR}),
        page(ROW, error=ERROR),
        page(error="Something"),
    ],
    ids=["amid", "alone", "beside", "text"],
)
def test_an_error_amid_the_rows_is_said_and_never_taken_for_a_row(
    read: PageReader, body: bytes
) -> None:
    with pytest.raises(UnexpectedAnswer, match=r"it says: .*Something"):
        read(body)


@pytest.mark.parametrize(
    "value",
    [None, {}, "rows", 5, [None], [ROW, None], [ROW, 5], [[]], ["a"]],
    ids=repr,
)
def test_what_is_no_list_of_rows_is_no_page(read: PageReader, value: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="The answer is no page"):
        read(json.dumps({"value": value}).encode())


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b" null", b'"x"', b'{"Value":[]}'])
def test_another_answer_is_no_page(read: PageReader, body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="The answer is no page"):
        read(body)


GARBLED = {
    "nothing": b"",
    "a cut": page(ROW)[:-3],
    "two documents": page(ROW) * 2,
    "two lines": page(ROW) + b"\n" + page(ROW),
    "something behind": page(ROW) + b" x",
    "no UTF-8": page(ROW).replace(b'"a"', b'"\xff"'),
    "half a surrogate": page(ROW).replace(b'"a"', b'"\\ud83d"'),
    "no UTF-8 in the link": page(ROW, nextLink="x").replace(b'"x"', b'"\xff"'),
    "null before it": b"null" + page(ROW),
    "HTML": b"<html>Bad gateway</html>",
    "nested too deep": b'{"value":' + b"[" * 100_000,
    "no JSON number": page(ROW).replace(b"1.5", b"01.5"),
}


@pytest.mark.parametrize("name", GARBLED)
def test_what_is_not_whole_json_can_be_asked_for_again(read: PageReader, name: str) -> None:
    with pytest.raises(GarbledAnswer):
        read(GARBLED[name])


def test_the_last_of_several_values_of_one_name_counts(read: PageReader) -> None:
    assert texts(read, page(ROW).replace(b'"amount"', b'"text"').replace(b"1.5", b'"b"')) == ["b"]


def test_fields_that_no_column_takes_do_not_matter(read: PageReader) -> None:
    row = {**ROW, "@odata.etag": "e", "new": {"a": [1]}, "newer": 1}

    assert texts(read, page(row, {**row, "newer": "text"})) == ["a", "a"]


def test_expanded_entities_in_pages_of_their_own_are_refused_not_cut_short() -> None:
    row = {**ROW, "lines": [{"qty": 1}], "lines@odata.nextLink": "https://x/lines?$skip=1"}
    assert NESTED(page({**row, "lines@odata.nextLink": None})).rows.num_rows == 1

    with pytest.raises(UnexpectedAnswer, match="comes in pages of its own"):
        NESTED(page(ROW, row))


def test_entities_within_expanded_ones_in_pages_of_their_own_are_refused_too() -> None:
    deep = PageReader(Columns(METADATA, ORDER, ["text"], [Expand("lines", expand=["item"])]))
    line = {"qty": 1, "item": {"name": "b"}, "item@odata.nextLink": None}
    assert deep(page({"text": "a", "lines": [line]})).rows.num_rows == 1

    line["item@odata.nextLink"] = "https://x/lines?$skip=1"
    with pytest.raises(UnexpectedAnswer, match="comes in pages of its own"):
        deep(page({"text": "a", "lines": [line]}))


def test_a_complex_value_is_its_json_with_every_digit(read: PageReader) -> None:
    given = b'{"street":"\xc3\xa4","n":1.10,"list":[1,"1.5",null,true]}'

    assert texts(read, page({"text": 0}).replace(b"0", given)) == [given.decode()]


def test_the_first_row_comes_with_every_field(read: PageReader) -> None:
    row = {**ROW, "@odata.etag": "e", "new": 1}

    assert read.first_row(page(row, ROW)) == row
    assert read.first_row(page()) == {}


def test_many_threads_may_read_at_once(read: PageReader) -> None:
    bodies = [page({"text": str(number)}) for number in range(50)]

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(lambda body: texts(read, body)[0], bodies)) == [
            str(number) for number in range(50)
        ]
