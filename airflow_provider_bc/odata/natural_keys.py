"""Natural keys: the properties by which a record is found, compared as Business Central does.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-filter-expressions-in-odata-uris
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from airflow_provider_bc.odata.filters import Field, Filter
from airflow_provider_bc.odata.literals import literal
from airflow_provider_bc.odata.metadata import EntityType, Property
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.payload import shortest, trimmed

NaturalKey = tuple[str, ...]
"""The values of a natural key, each in the form in which equal ones are equal."""

MOST_VALUES = 100
"""How many values one condition asks for: none is documented as too many, and few are enough."""


def natural_key(kind: EntityType, values: Mapping[str, Any], by: Sequence[str]) -> NaturalKey:
    """Give the natural key of a row, comparable with that of another.

    A code in small letters, or with spaces around it, is the same code, for Business Central and so
    for us.

    :param kind: the entity type.
    :param values: of a row as it was read, or as `entity_values` gave them.
    :param by: the properties.
    """
    return tuple(_comparable(kind.properties[name], values.get(name)) for name in by)


def literal_of(prop: Property, value: Any) -> Any:
    """Give the Python value whose literal stands for a written value in a filter.

    :param prop: the property.
    :param value: as `wire_value` gave it.
    """
    match prop.type:
        case "Edm.Guid":
            return UUID(value)
        case "Edm.Date":
            return date.fromisoformat(value)
        case "Edm.DateTimeOffset":
            return datetime.fromisoformat(value)
    return decode_name(value) if prop.is_enum else value


def conditions(
    kind: EntityType, by: Sequence[str], keys: Iterable[Mapping[str, Any]], room: int
) -> Iterator[Filter]:
    """Write the fewest conditions that find exactly the rows with some natural keys.

    Business Central joins by ``or`` only what is said of one field. So the field with the most
    values stands in the ``or``, and the others, which have one value in each condition, beside it.

    :param kind: the entity type.
    :param by: the properties of the key.
    :param keys: their values, as `entity_values` gave them.
    :param room: characters of a query string, percent-encoded, that one condition may take.
    """
    wanted = {natural_key(kind, key, by): key for key in keys}
    many = max(range(len(by)), key=lambda place: len({key[place] for key in wanted}), default=0)
    groups: dict[NaturalKey, list[Mapping[str, Any]]] = {}
    for key, values in wanted.items():
        groups.setdefault((*key[:many], *key[many + 1 :]), []).append(values)
    for members in groups.values():
        fixed = [_equals(kind, name, members[0]) for name in by if name != by[many]]
        left = room - sum(_length(f"{one} and ") for one in fixed)
        for part in _parts([_equals(kind, by[many], one) for one in members], left):
            either = " or ".join(map(str, part))
            found = Filter(f"({either})" if fixed else either, part[0].fields)
            for one in reversed(fixed):
                found = one & found
            yield found


def _parts(conditions: Sequence[Filter], room: int) -> Iterator[list[Filter]]:
    part: list[Filter] = []
    length = 2
    for one in conditions:
        takes = _length(f"{one} or ")
        if part and (length + takes > room or len(part) == MOST_VALUES):
            yield part
            part, length = [], 2
        part.append(one)
        length += takes
    yield part


def _equals(kind: EntityType, name: str, values: Mapping[str, Any]) -> Filter:
    found: Filter = Field(name) == literal_of(kind.properties[name], values[name])
    return found


def _length(text: str) -> int:
    return len(quote(text))


def _comparable(prop: Property, value: Any) -> str:
    if value is None:
        return ""
    if prop.is_enum:
        return decode_name(str(value)).casefold()
    if prop.type == "Edm.DateTimeOffset":
        return shortest(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return literal(Decimal(value).normalize())
    return str(trimmed(value)).casefold()
