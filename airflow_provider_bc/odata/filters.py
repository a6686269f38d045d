"""A builder of ``$filter`` that can only say what Business Central answers rightly.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-filter-expressions-in-odata-uris
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.literals import Literal, literal

_NAME = re.compile(r"[^\W\d]\w*(/[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition; combine two with ``&``, or with ``|`` where both speak of one field.

    :param text: the expression, not percent-encoded.
    :param fields: the fields it speaks of.
    """

    text: str
    fields: frozenset[str]

    def __str__(self) -> str:
        return self.text

    def untemplated(self) -> str:
        """Give the text for an operator's argument, whose templates are rendered later.

        :raises ConfigurationError: for a template in a value, which would be rendered without
            being quoted.
        """
        if "{{" in self.text or "{%" in self.text:
            raise ConfigurationError(
                f"The filter {self.text!r} holds a template: its value would not be quoted.",
                remedy='Write the filter as text, with {{ value | replace("\'", "\'\'") }}.',
            )
        return self.text

    def __and__(self, other: Filter) -> Filter:
        """Both conditions hold."""
        return Filter(f"{self.text} and {other.text}", self.fields | other.fields)

    def __or__(self, other: Filter) -> Filter:
        """One of the conditions holds; Business Central refuses this across fields.

        :raises ConfigurationError: when the two speak of different fields.
        """
        fields = self.fields | other.fields
        if len(fields) > 1:
            raise ConfigurationError(
                f"Business Central has no 'or' across fields ({', '.join(sorted(fields))}).",
                remedy="Read once per condition, or filter the rows after reading.",
            )
        return Filter(f"({self.text} or {other.text})", fields)

    def __bool__(self) -> bool:
        """Refuse Python's ``and``, ``or`` and chained comparisons, which would drop a condition."""
        raise TypeError("Combine conditions with & and |, each in parentheses.")


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field to build conditions on, for instance ``Field("balance") > Decimal("0.10")``.

    :param name: the property's name, or a path such as ``customer/number``.
    """

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"{self.name!r} is not a field name.", remedy="Use the name from $metadata."
            )

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, value: Literal) -> Filter:  # type: ignore[override]
        return self._compare("eq", value)

    def __ne__(self, value: Literal) -> Filter:  # type: ignore[override]
        return self._compare("ne", value)

    def __gt__(self, value: Literal) -> Filter:
        return self._compare("gt", value)

    def __ge__(self, value: Literal) -> Filter:
        return self._compare("ge", value)

    def __lt__(self, value: Literal) -> Filter:
        return self._compare("lt", value)

    def __le__(self, value: Literal) -> Filter:
        return self._compare("le", value)

    def startswith(self, text: str) -> Filter:
        """Match rows whose field begins with a text."""
        return self._call("startswith", text)

    def endswith(self, text: str) -> Filter:
        """Match rows whose field ends with a text."""
        return self._call("endswith", text)

    def contains(self, text: str) -> Filter:
        """Match rows whose field holds a text."""
        return self._call("contains", text)

    def is_in(self, values: Iterable[Literal]) -> Filter:
        """Match rows whose field is one of some values, written with ``or`` for every version.

        :raises ConfigurationError: for no values, since no filter says "nothing", and for a text.
        """
        if isinstance(values, str):
            raise ConfigurationError(
                f"{self.name}.is_in() got the text {values!r}.", remedy="Give a list of texts."
            )
        conditions = [self._compare("eq", value).text for value in values]
        if not conditions:
            raise ConfigurationError(
                f"{self.name}.is_in() got no values.", remedy="Do not read when nothing is wanted."
            )
        return Filter(f"({' or '.join(conditions)})", frozenset({self.name}))

    def _compare(self, operator: str, value: Literal) -> Filter:
        return Filter(f"{self.name} {operator} {literal(value)}", frozenset({self.name}))

    def _call(self, function: str, text: str) -> Filter:
        return Filter(f"{function}({self.name},{literal(text)})", frozenset({self.name}))
