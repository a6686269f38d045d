"""What ``$metadata`` says of entity sets: keys, properties, types, navigation.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from airflow_provider_bc.errors import ConfigurationError, GarbledAnswer, UnexpectedAnswer

_KEY = re.compile(r"\((?:[^()']|'(?:[^']|'')*')*\)")
_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an entity.

    :param name: as in the rows.
    :param type: e.g. ``Edm.Decimal`` or ``Microsoft.NAV.customerType``.
    :param is_enum: whether the type is an enumeration, whose values arrive XML-encoded.
    :param members: the values of the enumeration, XML-encoded as they arrive.
    :param max_length: the most characters of a text, None for no limit.
    """

    name: str
    type: str
    is_enum: bool = False
    members: tuple[str, ...] = ()
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Navigation:
    """One navigation property.

    :param name: as in ``$expand``.
    :param target: the name of the entity type it leads to.
    :param many: whether it delivers a list.
    """

    name: str
    target: str
    many: bool


@dataclass(frozen=True, slots=True)
class EntityType:
    """One entity type.

    :param name: e.g. ``customer``.
    :param key: the names of its key properties.
    :param properties: by name, in the order of the document.
    :param navigation: by name.
    :param actions: bound actions, with the names of their parameters.
    """

    name: str
    key: tuple[str, ...]
    properties: dict[str, Property]
    navigation: dict[str, Navigation]
    actions: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The service's own description.

    :param entity_sets: name of the entity set -> name of its entity type.
    :param entity_types: by name.
    """

    entity_sets: dict[str, str]
    entity_types: dict[str, EntityType]

    def entity_type_of(self, entity_set: str) -> EntityType:
        """Find the type of an entity set.

        :param entity_set: e.g. ``customers``.
        :raises ConfigurationError: for an unknown one, with the nearest names.
        """
        name = self.entity_sets.get(entity_set)
        if name is None:
            near = difflib.get_close_matches(entity_set, self.entity_sets, n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else "The service has no such name."
            raise ConfigurationError(f"There is no entity set {entity_set!r}.", remedy=hint)
        return self.entity_types[name]

    def entity_type_at(self, path: str) -> EntityType:
        """Find the type of what a path leads to.

        :param path: an entity set, or one below a parent: ``salesOrders(…)/salesOrderLines``.
        :raises ConfigurationError: for an unknown name on the way, with the nearest names.
        """
        first, *further = [_KEY.sub("", part) for part in _KEY.sub("", path).strip("/").split("/")]
        found = self.entity_type_of(first)
        for name in further:
            if name not in found.navigation:
                raise ConfigurationError(
                    f"There is no navigation property {name!r} in {found.name}.",
                    remedy=did_you_mean(name, found.navigation),
                )
            found = self.entity_types[found.navigation[name].target]
        return found


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the names that are nearest to an unknown one, as a remedy.

    :param name: the unknown one.
    :param known: those that there are.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3) or [
        one for one in names if one.casefold() == name.casefold()
    ]
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are {', '.join(names)}." if names else "There are none."


def read_metadata(document: bytes) -> Metadata:
    """Read a CSDL document.

    :param document: the XML of ``$metadata``.
    :return: what it describes.
    :raises UnexpectedAnswer: when it is not CSDL.
    """
    try:
        root = ET.fromstring(document)  # noqa: S314 - from the API over TLS; expat caps entities
    except (ET.ParseError, LookupError, ValueError) as error:
        raise GarbledAnswer(
            f"$metadata is not XML: {error}.", remedy="Check what stands between Airflow and it."
        ) from error
    enums = {
        f"{schema.get('Namespace')}.{enum.get('Name')}": tuple(map(_name, enum))
        for schema in root.iter(f"{_EDM}Schema")
        for enum in schema.iter(f"{_EDM}EnumType")
    }
    actions = _bound_actions(root)
    types = {
        _name(element): _entity_type(element, enums, actions.get(_name(element), {}))
        for element in root.iter(f"{_EDM}EntityType")
    }
    sets = {
        _name(element): _last(element.get("EntityType", ""))
        for element in root.iter(f"{_EDM}EntitySet")
        if _last(element.get("EntityType", "")) in types
    }
    if not sets:
        raise UnexpectedAnswer(
            "$metadata describes no entity sets.", remedy="Check the API route of the request."
        )
    return Metadata(sets, types)


def _bound_actions(root: ET.Element) -> dict[str, dict[str, tuple[str, ...]]]:
    """Find the actions of each entity type: the first parameter says whose they are."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for element in root.iter(f"{_EDM}Action"):
        parameters = element.findall(f"{_EDM}Parameter")
        if element.get("IsBound") == "true" and parameters:
            owner = found.setdefault(_last(parameters[0].get("Type", "")), {})
            owner[_name(element)] = tuple(map(_name, parameters[1:]))
    return found


def _entity_type(
    element: ET.Element,
    enums: Mapping[str, tuple[str, ...]],
    actions: dict[str, tuple[str, ...]],
) -> EntityType:
    key = element.find(f"{_EDM}Key")
    return EntityType(
        name=_name(element),
        key=() if key is None else tuple(_name(part) for part in key),
        properties={
            _name(child): _property(child, enums) for child in element.findall(f"{_EDM}Property")
        },
        navigation={
            _name(child): _navigation(child)
            for child in element.findall(f"{_EDM}NavigationProperty")
        },
        actions=actions,
    )


def _property(element: ET.Element, enums: Mapping[str, tuple[str, ...]]) -> Property:
    kind, length = element.get("Type", ""), element.get("MaxLength", "")
    most = int(length) if length.isascii() and length.isdigit() else None
    return Property(_name(element), kind, kind in enums, enums.get(kind, ()), most)


def _navigation(element: ET.Element) -> Navigation:
    target = element.get("Type", "")
    many = target.startswith("Collection(")
    return Navigation(_name(element), _last(target.removesuffix(")")), many)


def _name(element: ET.Element) -> str:
    return element.get("Name", "")


def _last(qualified: str) -> str:
    return qualified.rpartition(".")[2]
