"""Rows as OData JSON.

https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.query import Plan, plan, related, sort_key
from airflow_provider_bc.emulator.store.derived import DERIVED, parents_of
from airflow_provider_bc.emulator.store.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_bc.emulator.odata.query import Page
    from airflow_provider_bc.emulator.odata.selection import Expansion
    from airflow_provider_bc.emulator.schema.model import EntitySet, Route
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Rows


class Payload:
    """Writes the answers of one request.

    :param base: the URL of the route, such as `…/api/v2.0`.
    :param place: what stands between `$metadata#` and the entity set, such as `companies(…)/`.
    :param route: the route's schema.
    :param table_of: finds the table of an entity set of the route.
    """

    def __init__(
        self, base: str, place: str, route: Route, table_of: Callable[[str], Rows]
    ) -> None:
        self._base = base
        self._place = place
        self._route = route
        self._table_of = table_of

    def page(self, reading: Plan, page: Page, next_url: str | None) -> bytes:
        """Write a collection.

        :param reading: the plan.
        :param page: its rows.
        :param next_url: the next link, None on the last page.
        :returns: the body.
        """
        head = f'{{"@odata.context":{self._context(reading)}'
        if page.total is not None:
            head += f',"@odata.count":{page.total}'
        tail = f',"@odata.nextLink":{json.dumps(next_url)}' if next_url else ""
        parts = [f'{head},"value":['.encode(), self._array(reading, page), f"]{tail}}}".encode()]
        return b"".join(parts)

    def _array(self, reading: Plan, page: Page) -> bytes:
        """Write the rows of a page; stretches of computed rows in one go."""
        columns, whole = _columns(reading), not (reading.expansions or reading.schema.streams)
        write = self._writer(reading)
        texts: list[bytes] = []
        for one in page.rows:
            if isinstance(one, Run) and whole:
                texts.append(one.write(columns))
            else:
                rows = one if isinstance(one, Run) else (one,)
                texts += [write(row).encode() for row in rows]
        return b",".join(texts)

    def entity(self, reading: Plan, row: Row) -> bytes:
        """Write one entity.

        :param reading: the plan, for columns and expansions.
        :param row: the row.
        :returns: the body.
        """
        context = self._context(reading, entity=True)
        text = self._writer(reading)(row)
        return f'{{"@odata.context":{context},{text[1:]}'.encode()

    def url_of(self, schema: EntitySet, key: str) -> str:
        """Say the canonical URL of an entity.

        :param schema: its entity set.
        :param key: its key.
        :returns: the URL.
        """
        return f"{self._base}/{self._place}{schema.name}({key})"

    def _context(self, reading: Plan, *, entity: bool = False) -> str:
        """Write the context URL, which lists selected columns and expanded properties."""
        named = list(reading.names) if reading.options.text("$select") else []
        named += [f"{one.navigation.name}()" for one in reading.expansions]
        listed = f"({','.join(named)})" if named else ""
        tail = "/$entity" if entity else ""
        return json.dumps(
            f"{self._base}/$metadata#{self._place}{reading.schema.name}{listed}{tail}"
        )

    def _writer(self, reading: Plan) -> Callable[[Row], str]:
        """Make the function that writes a row; what all rows share is looked up once."""
        columns = _columns(reading)
        if not reading.expansions and not reading.schema.streams:
            return lambda row: f"{{{row.json(columns)}}}"
        followers = [self._follower(reading, one) for one in reading.expansions]

        def write(row: Row) -> str:
            members = [row.json(columns), *self._streams(reading, row)]
            return f"{{{','.join(members + [follow(row) for follow in followers])}}}"

        return write

    def _streams(self, reading: Plan, row: Row) -> Iterator[str]:
        at = self._home(reading.schema, row)
        for name in reading.schema.streams:
            if name in reading.names:
                link = json.dumps(f"{at}/{name}")
                if reading.schema.properties[name].writable:
                    yield f'"{name}@odata.mediaEditLink":{link}'
                yield f'"{name}@odata.mediaReadLink":{link}'

    def _home(self, schema: EntitySet, row: Row) -> str:
        """Say the URL of an entity with streams, which leads through its parent if it must."""
        if schema.name in DERIVED:
            for parent in parents_of(self._route, schema.name):
                if parent.type == row["parentType"]:
                    at = self.url_of(self._route.sets[parent.entity_set], row.key)
                    return f"{at}/{parent.navigation}"
        return self.url_of(schema, row.key)

    def _follower(self, reading: Plan, expansion: Expansion) -> Callable[[Row], str]:
        """Make the function that writes a navigation property: an array, an object, or null."""
        version = reading.options.schema_version
        inner = plan(expansion.target, self._route, expansion.options, version)
        table, write = self._table_of(expansion.target.name), self._writer(inner)
        name, key = json.dumps(expansion.navigation.name), sort_key(inner.order)

        def follow(row: Row) -> str:
            rows = list(filter(inner.filter.matches, related(expansion, row, table)))
            if inner.order:
                rows.sort(key=key)
            texts = [write(one) for one in rows[: inner.options.top]]
            if expansion.navigation.many:
                return f"{name}:[{','.join(texts)}]"
            return f"{name}:{texts[0] if texts else 'null'}"

        return follow


def _columns(reading: Plan) -> tuple[str, ...]:
    streams = reading.schema.streams
    return tuple(name for name in reading.names if name not in streams)
