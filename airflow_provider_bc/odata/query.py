"""The system query options of one read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Filter
from airflow_provider_bc.odata.restrictions import check_filter

LONGEST = 8_000
"""Characters of a query string: Business Central answers 414 from 8,100 on."""

_SAFE = "$(),;'=:/*@-._~"


@dataclass(frozen=True, slots=True)
class Expand:
    """A navigation property to be delivered within each row, with options of its own.

    https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionexpand

    :param name: the navigation property, e.g. ``salesOrderLines``.
    :param select: the fields of the expanded rows; none for all.
    :param where: a condition on the expanded rows.
    :param order_by: e.g. ``["sequence desc"]``.
    :param top: how many expanded rows at most.
    :param expand: further navigation properties within.
    """

    name: str
    select: Sequence[str] = ()
    where: Filter | str | None = None
    order_by: Sequence[str] = ()
    top: int | None = None
    expand: Sequence[Expand | str] = ()

    def __str__(self) -> str:
        inner = ";".join(f"{name}={value}" for name, value in _options(self))
        return f"{self.name}({inner})" if inner else self.name


@dataclass(frozen=True, slots=True)
class Query:
    """What to read of an entity set.

    :param select: the fields; none for all. Naming them is the best way to be fast.
    :param where: a `Filter`, or its text.
    :param expand: navigation properties, as `Expand` or as text.
    :param order_by: e.g. ``["number desc"]``.
    :param top: how many rows at most.
    :param count: whether the first page shall say how many rows the whole filter matches.
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``, which ``in`` needs.
    """

    select: Sequence[str] = ()
    where: Filter | str | None = None
    expand: Sequence[Expand | str] = ()
    order_by: Sequence[str] = ()
    top: int | None = None
    count: bool = False
    schema_version: str | None = None

    def encoded(self) -> str:
        """Write the query string.

        :return: percent-encoded, without the question mark; "" for no options.
        :raises ConfigurationError: for what Business Central answers wrongly or finds too long.
        """
        self._check()
        options = [*_options(self)]
        if self.count:
            options.append(("$count", "true"))
        if self.schema_version:
            options.append(("$schemaversion", self.schema_version))
        text = encode(dict(options))
        if len(text) > LONGEST:
            raise ConfigurationError(
                f"The query string has {len(text)} characters; Business Central takes {LONGEST}.",
                remedy="Split the filter into several reads, or select fewer fields.",
            )
        return text

    def _check(self) -> None:
        if self.top is not None and self.top < 1:
            raise ConfigurationError(f"top is {self.top}.", remedy="Give 1 or more, or None.")
        for text in self.filters():
            check_filter(text, self.schema_version)
        for text in _written_out(self.expand):
            if "$filter" in text.lower():
                raise ConfigurationError(
                    f"expand holds a filter as text: {text!r}.",
                    remedy='Write it as Expand("salesOrderLines", where=…), which is checked.',
                )
            if "$skip" in text.lower():
                raise ConfigurationError(
                    "Paging with $skip loses and repeats rows.",
                    remedy="Read all rows: the server's own paging is followed for you.",
                )

    def filters(self) -> Iterator[str]:
        """Give the texts of every condition, those of expanded rows included."""
        yield from _filters(self)


def encode(parameters: Mapping[str, str | int | bool]) -> str:
    """Percent-encode query parameters as OData likes them: readable, with %20 for a blank.

    :param parameters: by name; numbers and booleans are written as OData does.
    :raises ConfigurationError: for any other value.
    """
    return "&".join(
        f"{quote(name, safe='$@-._~')}={quote(_text(name, value), safe=_SAFE)}"
        for name, value in parameters.items()
    )


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise ConfigurationError(
        f"The query parameter {name} is a {type(value).__name__}.", remedy="Give it as text."
    )


def _written_out(expands: Sequence[Expand | str]) -> Iterator[str]:
    """Give what was written as text, at any depth."""
    for expand in expands:
        if isinstance(expand, Expand):
            yield expand.name
            yield from _written_out(expand.expand)
        else:
            yield expand


def _filters(options: Query | Expand) -> Iterator[str]:
    if text := _condition(options):
        yield text
    for expand in options.expand:
        if isinstance(expand, Expand):
            yield from _filters(expand)


def _condition(of: Query | Expand) -> str:
    """Give the text of a condition; a blank one, as templates render it, is none."""
    return "" if of.where is None else str(of.where).strip()


def _options(of: Query | Expand) -> Iterator[tuple[str, str]]:
    for label, names in (("select", of.select), ("expand", of.expand), ("order_by", of.order_by)):
        if isinstance(names, str):
            raise ConfigurationError(
                f"{label} is the text {names!r}.", remedy="Give a list of names."
            )
    if of.select:
        yield "$select", ",".join(of.select)
    if text := _condition(of):
        yield "$filter", text
    if of.expand:
        yield "$expand", ",".join(str(part) for part in of.expand)
    if of.order_by:
        yield "$orderby", ",".join(of.order_by)
    if of.top is not None:
        yield "$top", str(of.top)
