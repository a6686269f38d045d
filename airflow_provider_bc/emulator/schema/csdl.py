"""`$metadata`: the schema as CSDL XML.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from airflow_provider_bc.emulator.schema.catalog import COMPANIES, route
from airflow_provider_bc.emulator.schema.model import xml_name

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import EntitySet, Property, Route

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def _add_property(parent: Element, prop: Property, *, key: bool) -> None:
    attributes = {"Name": prop.name, "Type": prop.type}
    if key:
        attributes["Nullable"] = "false"
    if prop.max_length is not None:
        attributes["MaxLength"] = str(prop.max_length)
    if prop.type == "Edm.Decimal":
        attributes["Scale"] = "Variable"
    SubElement(parent, "Property", attributes)


def _add_entity_type(schema: Element, entity_set: EntitySet, served: Route) -> None:
    kind = SubElement(schema, "EntityType", {"Name": entity_set.entity})
    if entity_set.key:
        key = SubElement(kind, "Key")
        for name in entity_set.key:
            SubElement(key, "PropertyRef", {"Name": name})
    for prop in entity_set.properties.values():
        _add_property(kind, prop, key=prop.name in entity_set.key)
    for navigation in entity_set.navigation.values():
        target = f"Microsoft.NAV.{served.sets[navigation.target].entity}"
        shape = f"Collection({target})" if navigation.many else target
        attributes = {"Name": navigation.name, "Type": shape}
        if navigation.many:
            attributes["ContainsTarget"] = "true"
        SubElement(kind, "NavigationProperty", attributes)


def _add_company(schema: Element, served: Route) -> None:
    kind = SubElement(schema, "EntityType", {"Name": COMPANIES.entity})
    SubElement(SubElement(kind, "Key"), "PropertyRef", {"Name": "id"})
    for prop in COMPANIES.properties.values():
        _add_property(kind, prop, key=prop.name == "id")
    for entity_set in served.sets.values():
        shape = f"Collection(Microsoft.NAV.{entity_set.entity})"
        attributes = {"Name": entity_set.name, "Type": shape, "ContainsTarget": "true"}
        SubElement(kind, "NavigationProperty", attributes)


def _add_actions(schema: Element, entity_set: EntitySet) -> None:
    for action in entity_set.actions:
        element = SubElement(schema, "Action", {"Name": action, "IsBound": "true"})
        bound = {"Name": "bindingParameter", "Type": f"Microsoft.NAV.{entity_set.entity}"}
        SubElement(element, "Parameter", bound)


def _add_container(schema: Element, sets: list[EntitySet]) -> None:
    container = SubElement(schema, "EntityContainer", {"Name": "default"})
    for entity_set in sets:
        kind = f"Microsoft.NAV.{entity_set.entity}"
        one = SubElement(container, "EntitySet", {"Name": entity_set.name, "EntityType": kind})
        for navigation in entity_set.navigation.values():
            bound = {"Path": navigation.name, "Target": navigation.target}
            SubElement(one, "NavigationPropertyBinding", bound)


@cache
def metadata(path: str) -> bytes:
    """Write a route's metadata document.

    :param path: the route, which must be one of `catalog.routes()`.
    :returns: the XML.
    :raises KeyError: for any other route.
    """
    served = route(path)
    if served is None:
        raise KeyError(path)
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    services = SubElement(root, "edmx:DataServices")
    schema = SubElement(services, "Schema", {"Namespace": "Microsoft.NAV", "xmlns": _EDM})
    platform = [] if path == "ODataV4" else [COMPANIES]
    if platform:
        _add_company(schema, served)
    for entity_set in served.sets.values():
        _add_entity_type(schema, entity_set, served)
    for name, members in served.enums.items():
        kind = SubElement(schema, "EnumType", {"Name": name})
        for place, member in enumerate(members):
            SubElement(kind, "Member", {"Name": xml_name(member), "Value": str(place)})
    for entity_set in served.sets.values():
        _add_actions(schema, entity_set)
    _add_container(schema, [*platform, *served.sets.values()])
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document
