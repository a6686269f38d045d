"""What a hand-written ``$filter`` must not say, because Business Central answers it wrongly.

A lambda is ignored and returns the whole table, ``in`` needs schema version 2.1, and ``or`` across
fields is refused by the server, late and in words that do not help:
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-known-limitations
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from airflow_provider_bc.errors import ConfigurationError

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s'(),]+)|(?P<stray>'))"
)
_LAMBDA = re.compile(r"(^|/)(any|all)$", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d]\w*(/[^\W\d]\w*)*")
_NOT_FIELDS = frozenset({"null", "true", "false", "not", "asc", "desc"})
_OPERATORS = frozenset(
    {"eq", "ne", "gt", "ge", "lt", "le", "in", "add", "sub", "mul", "div", "mod"}
)
_SINCE_2_1 = "2.1"


def check_filter(text: str, schema_version: str | None = None) -> None:
    """Refuse a filter that would come back with the wrong rows.

    :param text: the expression, not percent-encoded.
    :param schema_version: the ``$schemaversion`` it is sent with.
    :raises ConfigurationError: naming the construct and what to write instead.
    """
    tokens = list(_tokens(text))
    _refuse_lambdas(tokens)
    if schema_version != _SINCE_2_1:
        _refuse_newer_grammar(tokens)
    reader = _Reader(tokens)
    try:
        reader.disjunction()
    except RecursionError:
        raise ConfigurationError(
            "The filter nests parentheses too deeply.", remedy="Write it flatter."
        ) from None
    if reader.rest() or tokens.count("(") != tokens.count(")"):
        raise ConfigurationError(
            f"The filter {text!r} has an unmatched parenthesis.", remedy="Balance the parentheses."
        )


def _tokens(text: str) -> Iterator[str]:
    position = 0
    text = text.strip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found or found.group("stray"):
            raise ConfigurationError(
                f"The filter {text!r} has an unclosed quote.",
                remedy="Write an apostrophe within a text twice: 'O''Neill'.",
            )
        yield found.group().strip()
        position = found.end()


def _refuse_lambdas(tokens: list[str]) -> None:
    for token, following in pairwise(tokens):
        if following == "(" and _LAMBDA.search(token):
            raise ConfigurationError(
                f"Business Central ignores the lambda {token}(…) and would return every row.",
                remedy="Read the child entity set with a filter of its own.",
            )


def _refuse_newer_grammar(tokens: list[str]) -> None:
    open_calls: list[str] = []
    for before, mark in pairwise(["", *tokens]):
        if mark == ")":
            open_calls = open_calls[:-1]
        if mark != "(":
            continue
        if before.lower() == "in":
            raise ConfigurationError(
                "The filter operator 'in' needs schema version 2.1: older ones answer an error, or "
                "the whole table.",
                remedy='Pass schema_version="2.1", or write it with eq and or.',
            )
        called = before if _is_function(before) else ""
        if called and any(open_calls):
            raise ConfigurationError(
                f"The function {called} within another needs schema version 2.1: older ones "
                "answer an error or an undefined result.",
                remedy='Pass schema_version="2.1".',
            )
        open_calls.append(called)


def _is_function(token: str) -> bool:
    word = token.lower()
    return bool(_NAME.fullmatch(token)) and word not in _OPERATORS | {"and", "or", "not"}


class _Reader:
    """Reads a filter by OData's precedence, to learn which fields each ``or`` joins."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def rest(self) -> list[str]:
        return self._tokens[self._at :]

    def disjunction(self) -> frozenset[str]:
        fields = self._conjunction()
        while self._next() == "or":
            self._at += 1
            fields |= self._conjunction()
            if len({field.casefold() for field in fields}) > 1:
                raise ConfigurationError(
                    f"Business Central has no 'or' across fields ({', '.join(sorted(fields))}).",
                    remedy="Read once per condition, or filter the rows after reading.",
                )
        return fields

    def _conjunction(self) -> frozenset[str]:
        fields = self._condition()
        while self._next() == "and":
            self._at += 1
            fields |= self._condition()
        return fields

    def _condition(self) -> frozenset[str]:
        fields: frozenset[str] = frozenset()
        while (word := self._next()) not in {"", "and", "or", ")", ","}:
            self._at += 1
            if word == "(":
                fields |= self._arguments()
            elif self._is_field(word):
                fields |= {word}
        return fields

    def _arguments(self) -> frozenset[str]:
        fields = self.disjunction()
        while self._next() == ",":
            self._at += 1
            fields |= self.disjunction()
        if self._next() == ")":
            self._at += 1
        return fields

    def _is_field(self, word: str) -> bool:
        """Tell a field from a function and from the prefix of a literal, as in duration'PT1H'."""
        followed = self._next()[:1] in {"(", "'"}
        reserved = word.lower() in _NOT_FIELDS | _OPERATORS
        return not followed and not reserved and bool(_NAME.fullmatch(word))

    def _next(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        return token.lower() if token.lower() in {"and", "or"} else token
