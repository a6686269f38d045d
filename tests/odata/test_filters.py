from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Field, Filter
from airflow_provider_bc.odata.restrictions import check_filter
from tests.odata.reader import holds, parse, path_of, value_of

Row = dict[str, int]
Condition = tuple[Filter, Callable[[Row], bool]]

COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
NUMBERS = st.integers(-3, 3)


def comparison(name: str, symbol: str, number: int) -> Condition:
    compare = COMPARISONS[symbol]
    return compare(Field(name), number), lambda row: bool(compare(row[name], number))


def either(left: Condition, right: Condition) -> Condition:
    return left[0] | right[0], lambda row: left[1](row) or right[1](row)


def both(left: Condition, right: Condition) -> Condition:
    return left[0] & right[0], lambda row: left[1](row) and right[1](row)


def on(name: str) -> st.SearchStrategy[Condition]:
    """Conditions on one field, with any nesting of and and or."""
    leaves = st.builds(comparison, st.just(name), st.sampled_from(sorted(COMPARISONS)), NUMBERS)
    return st.recursive(
        leaves, lambda inner: st.builds(either, inner, inner) | st.builds(both, inner, inner)
    )


CONDITIONS = st.recursive(on("a") | on("b"), lambda inner: st.builds(both, inner, inner))


@given(CONDITIONS, st.fixed_dictionaries({"a": NUMBERS, "b": NUMBERS}))
def test_a_condition_means_to_another_parser_what_it_means_here(
    condition: Condition, row: Row
) -> None:
    built, meant = condition

    check_filter(str(built))
    assert holds(parse(str(built)), row) == meant(row)


@pytest.mark.parametrize("symbol", COMPARISONS)
def test_each_comparison_is_written_as_odata_writes_it(symbol: str) -> None:
    built, _ = comparison("balance", symbol, 1)

    assert str(built) == f"balance {symbol} 1"
    assert built.fields == {"balance"}


@given(
    st.sampled_from(["startswith", "endswith", "contains"]),
    st.text(max_size=10),
    st.text("ab'%&", max_size=5),
)
def test_text_functions_mean_what_they_say_whatever_the_text(
    function: str, cell: str, text: str
) -> None:
    built = getattr(Field("name"), function)(text)
    meant = {
        "startswith": cell.startswith(text),
        "endswith": cell.endswith(text),
        "contains": text in cell,
    }

    check_filter(str(built))
    assert holds(parse(str(built)), {"name": cell}) == meant[function]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=5), st.text(max_size=5))
def test_is_in_is_any_of_its_values(values: list[str], cell: str) -> None:
    built = Field("name").is_in(values)

    check_filter(str(built))
    assert holds(parse(str(built)), {"name": cell}) == (cell in values)


def test_is_in_takes_any_iterable_once() -> None:
    assert str(Field("a").is_in(number for number in (1, 2))) == "(a eq 1 or a eq 2)"


def test_is_in_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="got no values"):
        Field("a").is_in([])


def test_is_in_does_not_take_a_text_for_its_letters() -> None:
    with pytest.raises(ConfigurationError, match="the text '10000'"):
        Field("number").is_in("10000")


def test_or_across_fields_is_refused_and_names_them() -> None:
    with pytest.raises(ConfigurationError, match=r"across fields \(a, b\)"):
        _ = (Field("b") == 1) | (Field("a") == 2)


@pytest.mark.parametrize(
    "slip",
    [
        lambda: Field("a") == 1 and Field("b") == 2,
        lambda: Field("a") == 1 or Field("a") == 2,
        lambda: 1 < Field("a") < 3,
        lambda: not Field("a") == 1,  # noqa: SIM201
    ],
)
def test_pythons_own_and_or_not_and_chains_are_refused(slip: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=r"Combine conditions with & and \|"):
        slip()


@pytest.mark.parametrize("name", ["number", "_x", "Document_Type", "customer/number", "a/b/c1"])
def test_a_field_is_a_name_or_a_path(name: str) -> None:
    node = parse(str(Field(name) == 1))

    assert path_of(node.left) == name
    assert value_of(node.right) == 1


@pytest.mark.parametrize("name", ["", "1a", "a b", "a/", "/a", "a eq 1 or b", "a'", "a\n", "$a"])
def test_anything_else_is_not_a_field(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a field name"):
        Field(name)


def test_a_filter_without_a_template_is_its_text() -> None:
    condition = (Field("name") == "{O'Neill}") & (Field("number") > 1)

    assert condition.untemplated() == str(condition)


@pytest.mark.parametrize("value", ["{{ params.number }}", "{% if a %}1{% endif %}", "a{{b"])
def test_a_template_in_a_value_is_refused_for_it_would_not_be_quoted(value: str) -> None:
    condition = (Field("a") == 1) & (Field("number") == value)

    with pytest.raises(ConfigurationError, match="its value would not be quoted") as caught:
        condition.untemplated()

    assert "Write the filter as text" in caught.value.remedy


def test_a_field_can_be_a_key_of_a_dictionary() -> None:
    assert hash(Field("a")) == hash(Field("a"))
