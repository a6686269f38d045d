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
from airflow_provider_bc.emulator.store.run import Run

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

    :param rows: the rows, or stretches of computed ones.
    :param total: `@odata.count`, None if nobody asked.
    :param next_query: the query string of the next link, None on the last page.
    """

    rows: list[Row | Run]
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


def _matching(reading: Plan, table: Rows, after: str | None) -> Iterator[Row | Run]:
    """Walk the matching rows behind a key in key order, in stretches where the table can."""
    accepted = reading.filter
    runs = table.runs(after, accepted.bounds) if accepted.exact else None
    if runs is not None:
        return (one for one in runs if isinstance(one, Run) or accepted.matches(one))
    return iter(filter(accepted.matches, table.scan(after, accepted.bounds)))


def _walk(reading: Plan, table: Rows) -> Iterator[Row | Run]:
    """Walk the matching rows behind the skip token, in order."""
    matches, bounds = reading.filter.matches, reading.filter.bounds
    token = reading.options.token
    columns = tuple(prop.name for prop, down in reading.order if not down)
    sorted_already = len(columns) == len(reading.order) and table.follows(columns, bounds)
    if not reading.order or sorted_already:
        after = token.strip("'").lower() if token else None
        if token and reading.order:
            after = str(_place(reading, token)[-1])
        return _matching(reading, table, after)
    key = sort_key(reading.order)
    found = sorted(filter(matches, table.scan(None, bounds)), key=key)
    start = bisect_right(found, _place(reading, token), key=key) if token else 0
    return islice(found, start, None)


def _size(one: Row | Run) -> int:
    return len(one) if isinstance(one, Run) else 1


def count(reading: Plan, table: Rows) -> int:
    """Count the rows that pass the filter, whatever the page.

    :param reading: the plan.
    :param table: the table.
    :returns: the number.
    """
    if not reading.options.text("$filter"):
        return len(table)
    return sum(map(_size, _matching(reading, table, None)))


def _cut(found: Iterator[Row | Run], skip: int, wanted: int) -> tuple[list[Row | Run], int]:
    """Take a page out of what was found, and say how many rows behind it were taken, too."""
    page: list[Row | Run] = []
    for one in found:
        size = _size(one)
        if skip >= size:
            skip -= size
        elif not wanted:
            return page, size - skip
        elif isinstance(one, Run):
            page.append(part := one.cut(skip, skip + wanted))
            wanted -= len(part)
            if beyond := size - skip - len(part):
                return page, beyond
            skip = 0
        else:
            page.append(one)
            wanted -= 1
    return page, 0


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
    found = _walk(reading, table)
    wanted = limit if options.top is None else min(limit, options.top)
    page, beyond = _cut(found, options.skip, wanted)
    many = sum(map(_size, page))
    total = None
    first = options.token is None and not options.skip
    if options.counted and first and options.text("$filter"):
        total = many + beyond + sum(map(_size, found))
    elif options.counted:
        total = count(reading, table)
    left = None if options.top is None else options.top - many
    if left == 0 or many < limit or not beyond:
        return Page(page, total, None)
    last = page[-1].last if isinstance(page[-1], Run) else page[-1]
    return Page(page, total, options.next_query(_token(reading, last), left))


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
    columns, values = zip(*wanted, strict=True)
    return table.linked(columns, values)
