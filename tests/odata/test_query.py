from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.query import LONGEST, Expand, Query, encode
from tests.odata.reader import holds, parse

TEXT = st.text(max_size=50)


def read_back(encoded: str) -> dict[str, str]:
    return dict(parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)))


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_parameters_are_read_back_equal(parameters: dict[str, str]) -> None:
    encoded = encode(parameters)

    assert encoded.isascii()
    assert read_back(encoded) == parameters


def test_numbers_and_booleans_are_written_as_odata_does() -> None:
    assert encode({"$top": 3, "$count": True, "a": False, "b": 0}) == (
        "$top=3&$count=true&a=false&b=0"
    )


@pytest.mark.parametrize("value", [None, 1.5, ["a"], {"a": 1}, b"a"])
def test_a_parameter_of_any_other_type_is_refused_by_its_name(value: Any) -> None:
    kind = type(value).__name__
    with pytest.raises(ConfigurationError, match=f"query parameter b is a {kind}"):
        encode({"a": "1", "b": value})


@given(TEXT)
def test_a_text_is_the_same_after_quoting_encoding_and_reading(text: str) -> None:
    encoded = Query(where=Field("name") == text).encoded()

    assert holds(parse(read_back(encoded)["$filter"]), {"name": text})


@given(TEXT)
def test_a_text_does_not_leak_into_the_other_options(text: str) -> None:
    encoded = Query(select=["name"], where=Field("name") == text, order_by=["name desc"]).encoded()

    assert read_back(encoded).keys() == {"$select", "$filter", "$orderby"}


def test_every_option_is_written_in_odatas_order_and_readable() -> None:
    query = Query(
        select=["id", "number"],
        where=(Field("number") == "O'Neill & Söhne") & (Field("balance") > 1),
        expand=["currency", Expand("lines", select=["id"])],
        order_by=["number desc", "id"],
        top=5,
        count=True,
        schema_version="2.1",
    )

    assert query.encoded() == (
        "$select=id,number"
        "&$filter=number%20eq%20'O''Neill%20%26%20S%C3%B6hne'%20and%20balance%20gt%201"
        "&$expand=currency,lines($select=id)"
        "&$orderby=number%20desc,id"
        "&$top=5&$count=true&$schemaversion=2.1"
    )


def test_no_options_are_no_text() -> None:
    assert Query().encoded() == ""


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_condition_is_none(blank: str | None) -> None:
    assert Query(where=blank, expand=[Expand("lines", where=blank)]).encoded() == "$expand=lines"


def test_expansions_nest_with_options_of_their_own() -> None:
    expand = Expand(
        "salesOrderLines",
        select=["sequence", "quantity"],
        where=Field("quantity") > 0,
        order_by=["sequence desc"],
        top=3,
        expand=[Expand("item", expand=["itemCategory"])],
    )

    assert str(expand) == (
        "salesOrderLines($select=sequence,quantity;$filter=quantity gt 0;"
        "$expand=item($expand=itemCategory);$orderby=sequence desc;$top=3)"
    )


def test_the_conditions_of_expanded_rows_are_checked_at_every_depth() -> None:
    bad = Expand("lines", expand=[Expand("item", where="a eq 1 or b eq 2")])

    assert list(Query(where="c eq 1", expand=["x", bad]).filters()) == [
        "c eq 1",
        "a eq 1 or b eq 2",
    ]
    with pytest.raises(ConfigurationError, match="across fields"):
        Query(expand=[bad]).encoded()


def test_newer_grammar_is_sent_with_its_schema_version() -> None:
    with pytest.raises(ConfigurationError, match=r"2\.1"):
        Query(where="a in (1,2)").encoded()

    assert "$schemaversion=2.1" in Query(where="a in (1,2)", schema_version="2.1").encoded()


@pytest.mark.parametrize("top", [0, -1])
def test_top_is_at_least_one(top: int) -> None:
    with pytest.raises(ConfigurationError, match=f"top is {top}"):
        Query(top=top).encoded()


@pytest.mark.parametrize("expand", ["lines($skip=10)", Expand("lines($SKIP=10)")])
def test_paging_within_an_expansion_is_refused(expand: Expand | str) -> None:
    with pytest.raises(ConfigurationError, match="loses and repeats rows"):
        Query(expand=[expand]).encoded()


@pytest.mark.parametrize(
    "text",
    [
        "lines($filter=a eq 1)",
        "lines($select=a;$FILTER=a eq 1)",
        Expand("lines($filter=a eq 1)"),
        Expand("lines", expand=["item($filter=a eq 1)"]),
    ],
)
def test_a_filter_within_a_textual_expansion_is_refused(text: Expand | str) -> None:
    with pytest.raises(ConfigurationError, match="expand holds a filter as text") as caught:
        Query(expand=["currency", text]).encoded()

    assert "where=" in caught.value.remedy
    assert "$expand=lines($select=a)" in Query(expand=["lines($select=a)"]).encoded()


@pytest.mark.parametrize("name", ["select", "order_by"])
def test_a_text_is_not_taken_for_a_list_of_letters(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is the text 'number'"):
        Query(**{name: "number"}).encoded()  # type: ignore[arg-type]


def test_a_text_is_not_taken_for_a_list_of_expansions() -> None:
    with pytest.raises(ConfigurationError, match="expand is the text 'lines'"):
        Query(expand="lines").encoded()


def test_a_query_string_may_be_as_long_as_business_central_takes_it() -> None:
    room = LONGEST - len(Query(where=Field("a") == "").encoded())

    assert len(Query(where=Field("a") == "x" * room).encoded()) == LONGEST
    with pytest.raises(ConfigurationError, match=f"has {LONGEST + 1} characters"):
        Query(where=Field("a") == "x" * (room + 1)).encoded()
