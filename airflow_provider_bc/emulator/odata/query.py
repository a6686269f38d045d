"""A read, planned and performed: filter, order, page, columns, relatives.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/server-driven-paging-in-odata-web-services
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.emulator.odata.filters import Filter, accept_filter
from airflow_provider_bc.emulator.odata.literals import sortable
from airflow_provider_bc.emulator.odata.options import MAX_PAGE, Options
from airflow_provider_bc.emulator.odata.selection import Expansion, expanded, ordered, selected
from airflow_provider_bc.emulator.schema.model import xml_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_bc.emulator.schema.model import EntitySet, Property, Route, Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Rows


@dataclass(frozen=True, slots=True)
class Plan:
    """What a read will do.

    :param schema: the entity set.
    :param options: the query options.
    :param filter: the accepted filter.
    :param order: the columns of `$orderby`.
    :param names: the selected properties.
    :param expansions: the navigation properties to follow.
    """

    schema: EntitySet
    options: Options
    filter: Filter
    order: tuple[tuple[Property, bool], ...]
    names: tuple[str, ...]
    expansions: tuple[Expansion, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows.

    :param rows: the rows.
    :param total: `@odata.count`, None if nobody asked.
    :param next_query: the query string of the next link, None on the last page.
    """

    rows: list[Row]
    total: int | None
    next_query: str | None


def plan(schema: EntitySet, route: Route, options: Options, version: str | None = None) -> Plan:
    """Check the options of a read against the schema.

    :param schema: the entity set.
    :param route: its route.
    :param options: the query options.
    :param version: the `$schemaversion`, that of the options by default.
    :returns: the plan.
    :raises ODataError: for anything Business Central refuses.
    """
    return Plan(
        schema,
        options,
        accept_filter(options.text("$filter"), schema, version or options.schema_version),
        ordered(options.text("$orderby"), schema),
        selected(options.text("$select"), schema),
        expanded(options.text("$expand"), schema, route),
    )


class _Descending:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


def sort_key(order: tuple[tuple[Property, bool], ...]) -> Callable[[Row], tuple[Any, ...]]:
    """Make the key function of an `$orderby`; ties are broken by the record's key.

    :param order: the columns with their directions.
    :returns: a function for `sorted`.
    """

    def key(row: Row) -> tuple[Any, ...]:
        values = [(sortable(prop, row[prop.name]), down) for prop, down in order]
        return (*(_Descending(value) if down else value for value, down in values), row.key)

    return key


def _token(reading: Plan, row: Row) -> str:
    """Make the skip token behind a row: its id, or for another order its place in that order."""
    if not reading.order:
        return row.key
    place = [row.key, *(sortable(prop, row[prop.name]) for prop, _ in reading.order)]
    return urlsafe_b64encode(json.dumps(place, default=str).encode()).decode()


def _place(reading: Plan, token: str) -> tuple[Any, ...]:
    """Read the skip token of an ordered read; the row itself may be gone by now."""
    try:
        key, *values = json.loads(urlsafe_b64decode(token))
        pairs = list(zip(reading.order, values, strict=True))
    except (ValueError, TypeError):
        raise ODataError(400, "BadRequest", "The $skiptoken is not valid.") from None
    place = [(Decimal(v) if p.type == "Edm.Decimal" else v, down) for (p, down), v in pairs]
    return (*(_Descending(value) if down else value for value, down in place), key)


def _walk(reading: Plan, table: Rows) -> Iterator[Row]:
    """Walk the matching rows behind the skip token, in order."""
    matches, bounds = reading.filter.matches, reading.filter.bounds
    token, filtered = reading.options.token, reading.options.text("$filter")
    columns = tuple(prop.name for prop, down in reading.order if not down)
    sorted_already = table.follows(columns, bounds) and len(columns) == len(reading.order)
    if not reading.order or sorted_already:
        after = token.strip("'").lower() if token else None
        if token and reading.order:
            after = str(_place(reading, token)[-1])
        rows = table.scan(after, bounds)
        return filter(matches, rows) if filtered else rows
    key = sort_key(reading.order)
    found = sorted(filter(matches, table.scan(None, bounds)), key=key)
    start = bisect_right(found, _place(reading, token), key=key) if token else 0
    return islice(found, start, None)


def count(reading: Plan, table: Rows) -> int:
    """Count the rows that pass the filter, whatever the page.

    :param reading: the plan.
    :param table: the table.
    :returns: the number.
    """
    if not reading.options.text("$filter"):
        return len(table)
    return sum(map(reading.filter.matches, table.scan(None, reading.filter.bounds)))


def fetch(reading: Plan, table: Rows, size: int | None) -> Page:
    """Read one page.

    `$top` up to the page size is served in one go and never has a next link; a larger one gets a
    next link whose `$top` is the remainder.

    :param reading: the plan.
    :param table: the table.
    :param size: the page size of the Prefer header, None for the server's own.
    :returns: the page.
    """
    options, limit = reading.options, size or MAX_PAGE
    rows = islice(_walk(reading, table), options.skip, None)
    wanted = limit if options.top is None else min(limit, options.top)
    page = list(islice(rows, wanted))
    more = next(rows, None) if len(page) == wanted else None
    total = None
    first = options.token is None and not options.skip
    if options.counted and first and options.text("$filter"):
        total = len(page) + (more is not None) + sum(1 for _ in rows)
    elif options.counted:
        total = count(reading, table)
    left = None if options.top is None else options.top - len(page)
    if left == 0 or len(page) < limit or more is None:
        return Page(page, total, None)
    return Page(page, total, options.next_query(_token(reading, page[-1]), left))


def related(expansion: Expansion, row: Row, table: Rows) -> Iterable[Row]:
    """Find the rows a navigation property leads to.

    :param expansion: the navigation property with its options.
    :param row: the row it starts from.
    :param table: the table it leads to.
    :returns: the related rows.
    """
    navigation = expansion.navigation
    if not navigation.link:
        return ()
    wanted: list[tuple[str, Value]] = [(ours, row[theirs]) for ours, theirs in navigation.link]
    if wanted[0][0] == expansion.target.key[0] and len(wanted) == 1 and not navigation.constants:
        found = table.get(str(wanted[0][1]))
        return () if found is None else (found,)
    wanted += [(name, xml_name(member)) for name, member in navigation.constants]
    return [r for r in table.scan() if all(r[name] == value for name, value in wanted)]
