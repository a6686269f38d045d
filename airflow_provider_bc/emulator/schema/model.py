"""The nouns of an OData service: property, navigation property, entity set, route.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

Value: TypeAlias = str | int | bool | Decimal | None

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
UNSET_DATE = "0001-01-01"
UNSET_MOMENT = "0001-01-01T00:00:00Z"

_CODES = frozenset({"number", "code", "externalDocumentNumber"})
"""The natural keys that are a Code in AL wherever they are a property."""

_UNSET: dict[str, Value] = {
    "Edm.Guid": EMPTY_GUID,
    "Edm.Date": UNSET_DATE,
    "Edm.DateTimeOffset": UNSET_MOMENT,
    "Edm.Boolean": False,
    "Edm.Decimal": Decimal(0),
    "Edm.Int32": 0,
    "Edm.Int64": 0,
    "Edm.TimeOfDay": "00:00:00",
    "Edm.Duration": "PT0S",
}


def xml_name(caption: str) -> str:
    """Encode an AL enum member as the XML name that arrives on the wire.

    https://learn.microsoft.com/dotnet/api/system.xml.xmlconvert.encodename

    :param caption: the member's AL name, such as `Positive Adjmt.` or one blank.
    :returns: for example `Positive_x0020_Adjmt_x002E_`.
    """
    return re.sub(r"[^\w]", lambda odd: f"_x{ord(odd.group()):04X}_", caption)


@dataclass(frozen=True, slots=True)
class Property:
    """One column of an entity type.

    :param name: as in the API, camel case.
    :param type: the EDM type, `Edm.String` or `Microsoft.NAV.customerBlocked`.
    :param max_length: the most characters of a text, None for no limit.
    :param members: the AL names of an enum or option, in order; empty for any other type.
    :param writable: whether a request may set it.
    :param on_create: whether only a create may set it.
    """

    name: str
    type: str
    max_length: int | None = None
    members: tuple[str, ...] = ()
    writable: bool = True
    on_create: bool = False

    @property
    def is_enum(self) -> bool:
        """Whether values are XML-encoded names of an AL enum."""
        return self.type.startswith("Microsoft.NAV.")

    def stored(self, text: str) -> str:
        """Give a text as the column keeps it: a Code in capitals, without outer spaces.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/methods-auto/code/code-data-type

        :param text: as a request gave it.
        """
        return text.strip(" ").upper() if self.name in _CODES else text

    @property
    def unset(self) -> Value:
        """What a row says when nobody ever set the property: Business Central has no null."""
        if self.members:
            return xml_name(self.members[0]) if self.is_enum else self.members[0].strip()
        return _UNSET.get(self.type, "")


@dataclass(frozen=True, slots=True)
class Navigation:
    """One way from an entity to related ones.

    :param name: the navigation property.
    :param target: the entity set it leads to.
    :param many: whether it leads to a collection.
    :param link: pairs of the target's property and this entity's property.
    :param constants: pairs of the target's property and a fixed AL value.
    """

    name: str
    target: str
    many: bool
    link: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One entity set with its entity type.

    :param name: the plural name in the URL.
    :param entity: the name of the entity type.
    :param key: the properties of the key; empty where Business Central declares none.
    :param properties: the columns in the order of the wire.
    :param navigation: the navigation properties by name.
    :param writes: which of insert, modify and delete are allowed.
    :param actions: the bound actions.
    :param refuses: the text of the error a flat read answers, None where it is allowed.
    """

    name: str
    entity: str
    key: tuple[str, ...]
    properties: dict[str, Property]
    navigation: dict[str, Navigation] = field(default_factory=dict)
    writes: frozenset[str] = frozenset()
    actions: tuple[str, ...] = ()
    refuses: str | None = None

    @property
    def modified(self) -> str | None:
        """The property that holds SystemModifiedAt, None where the page does not expose it."""
        for name in ("lastModifiedDateTime", "systemModifiedAt"):
            if name in self.properties:
                return name
        return None

    @property
    def columns(self) -> tuple[str, ...]:
        """The properties that a read returns by value: all but the streams."""
        return tuple(p.name for p in self.properties.values() if p.type != "Edm.Stream")

    @property
    def streams(self) -> tuple[str, ...]:
        """The stream properties, which a read returns as links."""
        return tuple(p.name for p in self.properties.values() if p.type == "Edm.Stream")

    def property(self, name: str) -> Property | None:
        """Find a property, ignoring case as the live service does in `$select`.

        :param name: the name in any casing.
        :returns: the property, or None.
        """
        if name in self.properties:
            return self.properties[name]
        folded = {known.lower(): known for known in self.properties}
        return self.properties.get(folded.get(name.lower(), ""))

    def blank(self) -> dict[str, Value]:
        """Make a row in which nothing was set yet.

        :returns: every column with its unset value.
        """
        return {name: self.properties[name].unset for name in self.columns}


@dataclass(frozen=True, slots=True)
class Route:
    """One API route: a publisher's, group's and version's entity sets.

    :param path: as in the URL after `api/`, `v2.0` for Microsoft's own.
    :param sets: the entity sets by name.
    :param enums: the AL names of each enum type's members.
    """

    path: str
    sets: dict[str, EntitySet]
    enums: dict[str, tuple[str, ...]]
