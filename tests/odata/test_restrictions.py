from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.restrictions import check_filter
from tests.odata.reader import parse

RIGHT = [
    "",
    "number eq '10000'",
    "a eq 1 and b eq 2",
    "a eq 1 or a eq 2",
    "a eq 1 or 2 eq a",
    "(a eq 1 or a eq 2) and (b eq 1 or b eq 2)",
    "((a eq 1))",
    "a eq 'x or y' or a eq 'b'",
    "a eq 'it''s (not) a, trap' and b ne null",
    "customer/number eq '1' or customer/number eq '2'",
    "contains(name,'x') or startswith(name,'y') or name eq null",
    "not (a eq 1) or a eq true",
    "substring(name,1) eq 'x' or name eq 'y'",
    "lastModifiedDateTime gt 2026-07-15T00:00:00Z or lastModifiedDateTime lt 2020-01-01T00:00:00Z",
    "id eq 5d115c9c-44e3-ea11-bb43-000d3a2feca1 or id eq 6d115c9c-44e3-ea11-bb43-000d3a2feca1",
    "a add 1 eq 2 or a eq 3",
    "name eq 'any(x)' and kind eq 'in (1)'",
    "  a eq 1  ",
]
TIGHT = ["not(a eq 1)", "((a eq 1) or a eq 2)and(b eq 3)"]
NEWER = [
    "a in (1,2)",
    "a IN ('x')",
    "not (a in (1))",
    "contains(tolower(name),'x')",
    "contains( tolower( name ), 'x')",
    "contains(name,tolower('X'))",
    "contains((tolower(name)),'x')",
    "a eq 1 and endswith(toupper(name),'X')",
]
LAMBDAS = [
    "lines/any(l:l/quantity gt 1)",
    "lines/all(l:l/quantity gt 1)",
    "lines/Any (l:l/quantity gt 1)",
    "a eq 1 and (b eq 2 and lines/any())",
    "any(l:l eq 1)",
]
ACROSS = [
    "a eq 1 or b eq 2",
    "a eq 1 OR b eq 2",
    "a eq 1 and b eq 2 or a eq 3",
    "(a eq 1) or (b eq 2)",
    "c eq 1 and (a eq 1 or (b eq 2))",
    "contains(a,'x') or contains(b,'x')",
    "a eq b or a eq 1",
    "not (a eq 1 or b eq 2)",
    "customer/number eq '1' or number eq '1'",
]
CROOKED = ["(a eq 1", "a eq 1)", "((a eq 1)", "contains(a,'x'", "a eq 1, b eq 2", ")(", "("]


@pytest.mark.parametrize("text", [*RIGHT, *TIGHT])
def test_what_business_central_answers_rightly_passes(text: str) -> None:
    check_filter(text)


@pytest.mark.parametrize("text", [one for one in RIGHT if one])
def test_what_passes_is_odata(text: str) -> None:
    assert parse(text.strip())


@pytest.mark.parametrize("text", NEWER)
def test_newer_grammar_passes_only_with_its_schema_version(text: str) -> None:
    check_filter(text, "2.1")

    for version in (None, "2.0"):
        with pytest.raises(ConfigurationError, match=r"needs schema version 2\.1"):
            check_filter(text, version)


@pytest.mark.parametrize("version", [None, "2.1"])
@pytest.mark.parametrize("text", LAMBDAS)
def test_a_lambda_would_return_every_row(text: str, version: str | None) -> None:
    with pytest.raises(ConfigurationError, match="ignores the lambda"):
        check_filter(text, version)


@pytest.mark.parametrize("version", [None, "2.1"])
@pytest.mark.parametrize("text", ACROSS)
def test_or_across_fields_is_refused_before_it_is_sent(text: str, version: str | None) -> None:
    with pytest.raises(ConfigurationError, match="no 'or' across fields"):
        check_filter(text, version)


@pytest.mark.parametrize("text", CROOKED)
def test_an_unmatched_parenthesis_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="unmatched parenthesis"):
        check_filter(text)


@pytest.mark.parametrize("text", ["a eq 'x", "a eq 'O'Neill'", "'"])
def test_an_unclosed_quote_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="unclosed quote"):
        check_filter(text)


def passes(text: str) -> bool:
    try:
        check_filter(text)
    except ConfigurationError:
        return False
    return True


@given(st.text() | st.text("ab'(), or=1").map(" eq ".join))
def test_any_text_passes_or_is_refused_in_our_words(text: str) -> None:
    passes(text)


@given(st.text("a'(),/ or", max_size=30))
def test_the_inside_of_a_quoted_text_is_never_taken_for_grammar(text: str) -> None:
    quoted = text.replace("'", "''")

    assert passes(f"a eq '{quoted}' or a eq 'x'")


def test_a_filter_that_nests_too_deeply_is_refused_in_our_words() -> None:
    deep = 100_000
    with pytest.raises(ConfigurationError, match="nests parentheses too deeply"):
        check_filter("(" * deep + "a eq 1" + ")" * deep)
