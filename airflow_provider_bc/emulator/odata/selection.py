"""`$select`, `$orderby` and `$expand`: which columns, in which order, with which relatives.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionexpand
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import bad_request, not_implemented
from airflow_provider_bc.emulator.odata.options import Options, nested_options

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import EntitySet, Navigation, Property, Route


@dataclass(frozen=True, slots=True)
class Expansion:
    """One navigation property to follow.

    :param navigation: the property.
    :param target: the entity set it leads to.
    :param options: its own options.
    """

    navigation: Navigation
    target: EntitySet
    options: Options


def _unknown(name: str, schema: EntitySet) -> str:
    return f"Could not find a property named '{name}' on type 'Microsoft.NAV.{schema.entity}'."


def selected(text: str, schema: EntitySet) -> tuple[str, ...]:
    """Read `$select`; names are found in any casing and answered in theirs.

    :param text: its value; empty for all columns.
    :param schema: the entity set.
    :returns: the columns and streams, in the order of the schema.
    :raises ODataError: 400 for an unknown column.
    """
    names = [name.strip() for name in text.split(",")] if text else ["*"]
    if "*" in names:
        return tuple(schema.properties)
    wanted = set()
    for name in names:
        prop = schema.property(name)
        if prop is not None:
            wanted.add(prop.name)
        elif name not in schema.navigation:
            raise bad_request(_unknown(name, schema))
    return tuple(name for name in schema.properties if name in wanted)


def ordered(text: str, schema: EntitySet) -> tuple[tuple[Property, bool], ...]:
    """Read `$orderby`.

    :param text: its value; empty for the order of the key.
    :param schema: the entity set.
    :returns: the columns, each with whether it descends.
    :raises ODataError: 400 for an unknown column or direction.
    """
    terms = []
    for part in text.split(",") if text else ():
        name, *direction = part.split() if part.strip() else ("",)
        prop = schema.property(name)
        if prop is None or prop.type == "Edm.Stream":
            raise bad_request(_unknown(name, schema))
        if direction not in ([], ["asc"], ["desc"]):
            raise bad_request(f"Syntax error in '{text}'.")
        terms.append((prop, direction == ["desc"]))
    return tuple(terms)


def split_outside(text: str, mark: str) -> list[str]:
    """Split a text at a mark, except inside parentheses and string literals.

    :param text: what to split.
    :param mark: one character.
    :returns: the parts, stripped.
    :raises ODataError: 400 for parentheses or quotes that do not match.
    """
    parts, start, depth, quoted = [], 0, 0, False
    for place, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == mark and depth == 0:
                parts.append(text[start:place].strip())
                start = place + 1
        if depth < 0:
            break
    if depth or quoted:
        raise bad_request(f"Syntax error in '{text}'.")
    return [*parts, text[start:].strip()]


def expanded(text: str, schema: EntitySet, route: Route) -> tuple[Expansion, ...]:
    """Read `$expand`.

    :param text: its value; empty for nothing.
    :param schema: the entity set.
    :param route: the route, to find related entity sets in.
    :returns: the navigation properties to follow.
    :raises ODataError: 400 for an unknown one, 501 for `$levels` and the like.
    """
    found = []
    for item in split_outside(text, ",") if text else ():
        name, bracket, rest = item.partition("(")
        navigation = schema.navigation.get(name.strip())
        if navigation is None:
            raise bad_request(_unknown(name, schema))
        if bracket and not rest.endswith(")"):
            raise bad_request(f"Syntax error in '{text}'.")
        found.append(Expansion(navigation, route.sets[navigation.target], _nested(rest[:-1])))
    return tuple(found)


def _nested(text: str) -> Options:
    given: dict[str, str] = {}
    for part in split_outside(text, ";") if text else ():
        name, sign, value = part.partition("=")
        if not sign:
            raise bad_request(f"Syntax error in '{text}'.")
        if not name.startswith("$"):
            raise not_implemented(f"The query option '{name}' is not supported inside $expand.")
        given[name.strip()] = value.strip()
    return nested_options(given)
