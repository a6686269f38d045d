"""What ``$metadata`` says of entity sets: keys, properties, types, navigation.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from airflow_provider_bc.errors import ConfigurationError, GarbledAnswer, UnexpectedAnswer

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an entity.

    :param name: as in the rows.
    :param type: e.g. ``Edm.Decimal`` or ``Microsoft.NAV.customerType``.
    :param is_enum: whether the type is an enumeration, whose values arrive XML-encoded.
    """

    name: str
    type: str
    is_enum: bool = False


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
    """

    name: str
    key: tuple[str, ...]
    properties: dict[str, Property]
    navigation: dict[str, Navigation]


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
        f"{schema.get('Namespace')}.{enum.get('Name')}"
        for schema in root.iter(f"{_EDM}Schema")
        for enum in schema.iter(f"{_EDM}EnumType")
    }
    types = {
        _name(element): _entity_type(element, enums) for element in root.iter(f"{_EDM}EntityType")
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


def _entity_type(element: ET.Element, enums: set[str]) -> EntityType:
    key = element.find(f"{_EDM}Key")
    return EntityType(
        name=_name(element),
        key=() if key is None else tuple(_name(part) for part in key),
        properties={
            _name(child): Property(_name(child), child.get("Type", ""), child.get("Type") in enums)
            for child in element.findall(f"{_EDM}Property")
        },
        navigation={
            _name(child): _navigation(child)
            for child in element.findall(f"{_EDM}NavigationProperty")
        },
    )


def _navigation(element: ET.Element) -> Navigation:
    target = element.get("Type", "")
    many = target.startswith("Collection(")
    return Navigation(_name(element), _last(target.removesuffix(")")), many)


def _name(element: ET.Element) -> str:
    return element.get("Name", "")


def _last(qualified: str) -> str:
    return qualified.rpartition(".")[2]
