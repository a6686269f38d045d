"""`$filter` as a tree: odata-query's grammar, with two things it leaves out.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from airflow_provider_bc.emulator.odata.errors import bad_request, not_implemented

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE = r"\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,12})?)?"

_MOMENT = rf"{_DATE}T{_TIME}(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?"


class _Lexer(ODataLexer):
    """The library's lexer, for years before 1000 too: the unset date is 0001-01-01."""

    tokens = ODataLexer.tokens
    literals = ODataLexer.literals
    reflags = ODataLexer.reflags

    # sly replaces an inherited rule by assignment, which the library's annotations do not foresee.
    DATETIME = _MOMENT  # type: ignore[assignment]
    DATE = _DATE  # type: ignore[assignment]

    def tokenize(self, text: str, **_: Any) -> Iterator[Any]:
        """Cut a filter into tokens; a list of one gets the comma the library's grammar needs."""
        behind: list[str] = []
        for token in super().tokenize(text):
            if token.type != "WS":
                behind = [*behind, token.type][-4:]
                if behind[:2] == ["IN", "("] and behind[3:] == [")"]:
                    yield _comma(token)
            yield token


def _comma(token: Any) -> Any:
    comma = type(token)()
    comma.type = comma.value = ","
    comma.lineno, comma.index = token.lineno, token.index
    return comma


def parse_filter(text: str) -> Any:
    """Parse a filter.

    :param text: the value of `$filter`, decoded.
    :returns: the tree, made of `odata_query.ast` nodes.
    :raises ODataError: 400 if it is not OData, 501 for a function the grammar does not know.
    """
    if not text.strip():
        raise bad_request("Expression expected at position 0 in ''.")
    try:
        return ODataParser().parse(_Lexer().tokenize(text))
    except ODataException as error:
        if "unknown function" in str(error).lower():
            raise not_implemented() from None
        raise bad_request(f"Syntax error in '{text}'. {error}") from None
