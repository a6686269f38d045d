"""What a resource path leads to: a collection, an entity, a count, a stream or an action.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_ResourcePath
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import bad_request, not_found
from airflow_provider_bc.emulator.odata.options import Options
from airflow_provider_bc.emulator.odata.query import related
from airflow_provider_bc.emulator.odata.selection import Expansion
from airflow_provider_bc.emulator.schema.catalog import PACKAGE_FILES
from airflow_provider_bc.emulator.schema.model import xml_name
from airflow_provider_bc.emulator.store.row import StoredRow
from airflow_provider_bc.emulator.store.table import Subset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_bc.emulator.bc.address import Segment
    from airflow_provider_bc.emulator.schema.model import EntitySet, Navigation, Route, Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Rows

_GUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}")
_ACTION = "microsoft.nav."


@dataclass(slots=True)
class Resource:
    """The end of a resource path.

    :param schema: the entity set.
    :param rows: the rows of the collection.
    :param row: the entity, None for the collection.
    :param flat: whether the collection was reached without a parent.
    :param links: the properties a new entity gets from its parent.
    :param action: the bound action, without namespace.
    :param stream: the stream property.
    :param counted: whether the path ends in `$count`.
    :param empty: whether a single-valued navigation property leads nowhere.
    """

    schema: EntitySet
    rows: Rows
    row: Row | None = None
    flat: bool = True
    links: dict[str, Value] = field(default_factory=dict)
    action: str | None = None
    stream: str | None = None
    counted: bool = False
    empty: bool = False


def find(segments: Sequence[Segment], route: Route, table_of: Callable[[str], Rows]) -> Resource:
    """Follow a resource path.

    :param segments: the path behind the company.
    :param route: the route's schema.
    :param table_of: finds the rows of an entity set of the route.
    :returns: what it leads to.
    :raises ODataError: 404 for a segment that leads nowhere, 400 for a key that is none.
    """
    first = segments[0]
    schema = route.sets.get(first.name)
    if schema is None:
        raise not_found(first.name)
    found = Resource(schema, table_of(schema.name))
    _pick(found, first)
    for segment in segments[1:]:
        _step(found, segment, route, table_of)
    return found


def _pick(found: Resource, segment: Segment) -> None:
    """Narrow a collection to the entity whose key stands in parentheses."""
    if segment.key is None:
        return
    if len(segment.key) == 1 and len(found.schema.key) <= 1:
        key = segment.single
        kind = found.schema.properties[found.schema.key[0]].type if found.schema.key else ""
        if kind == "Edm.Guid" and not _GUID.fullmatch(key):
            raise bad_request(f"Bad Request - Error in query syntax: '{key}' is not a GUID.")
    else:
        key = ",".join(segment.key.get(name, "") for name in found.schema.key)
    found.row = found.rows.get(key)
    if found.row is None:
        raise not_found(segment.name)


def _step(found: Resource, segment: Segment, route: Route, table_of: Callable[[str], Rows]) -> None:
    """Go one segment further."""
    name = segment.name
    if found.counted or found.action or found.stream or found.empty:
        raise not_found(name)
    if name == "$count" and found.row is None:
        found.counted = True
    elif found.row is not None and name.lower().startswith(_ACTION):
        found.action = name[len(_ACTION) :]
    elif found.row is not None and name in found.schema.streams:
        found.stream = name
    elif found.row is not None and (found.schema.name, name) == ("configurationPackages", "file"):
        _open(found, segment)
    elif found.row is not None and name in found.schema.navigation:
        _follow(found, found.schema.navigation[name], route, table_of)
        _pick(found, segment)
    else:
        raise not_found(name)


def _open(found: Resource, segment: Segment) -> None:
    """Go from a configuration package to its file, which has no entity set of its own."""
    code = str(found.row["code"]) if found.row else ""
    row = StoredRow(code.lower(), {"code": code})
    found.schema, found.rows, found.flat = PACKAGE_FILES, Subset([row]), False
    found.row = None
    _pick(found, segment)


def _follow(
    found: Resource, navigation: Navigation, route: Route, table_of: Callable[[str], Rows]
) -> None:
    """Go from an entity to its relatives."""
    row = found.row
    if row is None:
        raise not_found(navigation.name)
    target = route.sets[navigation.target]
    expansion = Expansion(navigation, target, Options())
    relatives = list(related(expansion, row, table_of(target.name)))
    found.links = {ours: row[theirs] for ours, theirs in navigation.link}
    found.links |= {name: xml_name(member) for name, member in navigation.constants}
    found.schema, found.rows, found.flat = target, Subset(relatives), False
    found.row = None if navigation.many or not relatives else relatives[0]
    found.empty = not navigation.many and not relatives
