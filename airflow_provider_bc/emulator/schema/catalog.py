"""The routes Business Central serves, read from the schema files beside this module."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from airflow_provider_bc.emulator.schema.model import EntitySet, Navigation, Property, Route

_FILES = {
    "v2.0": "standard.json",
    "microsoft/automation/v2.0": "automation.json",
    "microsoft/powerbi/v2.0": "powerbi.json",
    "contoso/warehouse/v1.0": "warehouse.json",
    "cronus/benchmark/v1.0": "benchmark.json",
    "ODataV4": "services.json",
}
_PROPERTY = re.compile(r"(\w+):(~?\w+)(?:\(([^)]*(?:\([^)]*\)[^)]*)*)\))?(!?)(\+?)$")


def _property(text: str, enums: dict[str, tuple[str, ...]]) -> Property:
    match = _PROPERTY.match(text)
    if match is None:
        raise ValueError(f"schema file: {text!r} is not a property")
    name, kind, detail, fixed, on_create = match.groups()
    writable = not fixed
    if kind.startswith("~"):
        members = enums[kind[1:]]
        return Property(name, f"Microsoft.NAV.{kind[1:]}", None, members, writable)
    if kind == "Option":
        options = tuple((detail or "").replace("\u00a0", " ").split("|"))
        return Property(name, "Edm.String", None, options, writable)
    length = int(detail) if detail else None
    return Property(name, f"Edm.{kind}", length, (), writable, bool(on_create))


def _navigation(text: str) -> Navigation:
    head, _, tail = text.partition(" ")
    name, _, target = head.partition(">")
    terms = tail.split(";") if tail else []
    link = tuple((a, b) for a, sign, b in (t.partition("=") for t in terms) if sign)
    fixed = tuple((a, b) for a, sign, b in (t.partition(":") for t in terms) if sign)
    return Navigation(name, target.rstrip("*"), target.endswith("*"), link, fixed)


def _entity_set(name: str, lean: dict[str, Any], enums: dict[str, tuple[str, ...]]) -> EntitySet:
    properties = [_property(text, enums) for text in lean.get("properties", "").split(" ") if text]
    navigation = [_navigation(text) for text in lean.get("navigation", [])]
    return EntitySet(
        name,
        lean["name"],
        tuple(lean.get("key", ())),
        {prop.name: prop for prop in properties},
        {nav.name: nav for nav in navigation},
        frozenset(lean.get("writes", ())),
        tuple(lean.get("actions", ())),
        lean.get("refuses"),
    )


@cache
def route(path: str) -> Route | None:
    """Read one route's schema.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure

    :param path: `v2.0`, or `publisher/group/version`, or `ODataV4` for the published web services.
    :returns: its schema, or None for a route nobody published.
    """
    file = _FILES.get(path)
    if file is None:
        return None
    lean = json.loads((files(__package__) / file).read_text(encoding="utf-8"))
    enums = {name: tuple(members) for name, members in lean["enums"].items()}
    sets = {name: _entity_set(name, entity, enums) for name, entity in lean["entities"].items()}
    return Route(path, sets, enums)


def routes() -> tuple[str, ...]:
    """Name every route that has a schema.

    :returns: the paths that `route` knows.
    """
    return tuple(_FILES)


COMPANIES = EntitySet(
    "companies",
    "company",
    ("id",),
    {
        name: _property(f"{name}:{kind}!", {})
        for name, kind in (
            ("id", "Guid"),
            ("systemVersion", "String"),
            ("timestamp", "Int64"),
            ("name", "String(30)"),
            ("displayName", "String(250)"),
            ("businessProfileId", "String"),
            ("systemCreatedAt", "DateTimeOffset"),
            ("systemCreatedBy", "Guid"),
            ("systemModifiedAt", "DateTimeOffset"),
            ("systemModifiedBy", "Guid"),
        )
    },
)
"""The platform's own entity set, the way into every route."""

PACKAGE_FILES = EntitySet(
    "file",
    "file",
    ("code",),
    {
        "code": _property("code:String(20)!", {}),
        "content": _property("content:Stream", {}),
    },
)
"""A part of `configurationPackages`; its page is no API page, so no route lists it."""
