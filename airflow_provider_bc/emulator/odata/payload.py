"""Rows as OData JSON.

https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.query import Plan, plan, related, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        rows = ",".join(self._objects(reading, page.rows))
        tail = f',"@odata.nextLink":{json.dumps(next_url)}' if next_url else ""
        return f'{head},"value":[{rows}]{tail}}}'.encode()

    def entity(self, reading: Plan, row: Row) -> bytes:
        """Write one entity.

        :param reading: the plan, for columns and expansions.
        :param row: the row.
        :returns: the body.
        """
        context = self._context(reading, entity=True)
        text = next(iter(self._objects(reading, [row])))
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

    def _objects(self, reading: Plan, rows: Sequence[Row]) -> list[str]:
        streams = set(reading.schema.streams)
        columns = tuple(name for name in reading.names if name not in streams)
        if not reading.expansions and not streams:
            return [f"{{{row.json(columns)}}}" for row in rows]
        return [self._object(reading, row, columns) for row in rows]

    def _object(self, reading: Plan, row: Row, columns: tuple[str, ...]) -> str:
        members = [row.json(columns)]
        at = self.url_of(reading.schema, row.key)
        for name in reading.schema.streams:
            if name in reading.names:
                link = json.dumps(f"{at}/{name}")
                members.append(f'"{name}@odata.mediaEditLink":{link}')
                members.append(f'"{name}@odata.mediaReadLink":{link}')
        members += [self._expanded(reading, one, row) for one in reading.expansions]
        return f"{{{','.join(members)}}}"

    def _expanded(self, reading: Plan, expansion: Expansion, row: Row) -> str:
        """Write a navigation property: an array, an object, or null where nothing is there."""
        version = reading.options.schema_version
        inner = plan(expansion.target, self._route, expansion.options, version)
        found = related(expansion, row, self._table_of(expansion.target.name))
        rows = [one for one in found if inner.filter.matches(one)]
        if inner.order:
            rows.sort(key=sort_key(inner.order))
        texts = self._objects(inner, rows[: inner.options.top])
        name = json.dumps(expansion.navigation.name)
        if expansion.navigation.many:
            return f"{name}:[{','.join(texts)}]"
        return f"{name}:{texts[0] if texts else 'null'}"
