"""Typed rows: pydantic models made of $metadata, and written as a module.

https://docs.pydantic.dev/latest/concepts/models/#dynamic-model-creation
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Property
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.payload import UNSET

_UNSET = frozenset(UNSET.values()) - {""}


class Entity(BaseModel):
    """A row; a property that was not read, or not given, is None and not among the values.

    Decimals are exact, enums are captions, unset dates and ids are None.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    etag: str | None = Field(default=None, alias="@odata.etag")
    context: str | None = Field(default=None, alias="@odata.context", repr=False)

    def values(self) -> dict[str, Any]:
        """Give the properties that were set, by their names in Business Central, for a write."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude={"etag", "context"})


def unset_is_none(value: Any) -> Any:
    """Take what Business Central has in place of null for None.

    :param value: as it was read.
    """
    return None if isinstance(value, str) and value in _UNSET else value


def moment_or_none(value: Any) -> Any:
    """Take a date, a time or a moment for itself, what stands for null for None, and no number.

    Pydantic would take a number for seconds since 1970, and 20240131 for a day in August of it.

    :param value: as it was read, or given.
    :raises ValueError: for a number, as text or not.
    """
    if isinstance(value, int | float | Decimal) or (isinstance(value, str) and _is_number(value)):
        raise ValueError("a number is no date, time or moment: give it as in ISO 8601, 2026-01-31")
    return unset_is_none(value)


def plain_number(value: Any) -> Any:
    """Take no number that is written as only Python does, ``1_000``.

    :param value: as it was read, or given.
    :raises ValueError: for such a text.
    """
    if isinstance(value, str) and "_" in value:
        raise ValueError("a number has no _ between its digits")
    return value


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


def caption(value: Any) -> Any:
    """Decode the value of an enum.

    :param value: as it was read, or a caption.
    """
    return decode_name(value) if isinstance(value, str) else value


def entity_model(metadata: Metadata, entity_set: str) -> type[Entity]:
    """Make the model of an entity set.

    :param metadata: of the API.
    :param entity_set: e.g. ``customers``, or ``salesOrders(…)/salesOrderLines``.
    :return: a class of its own, whose fields are all optional.
    :raises ConfigurationError: for an unknown entity set.
    """
    kind = metadata.entity_type_at(entity_set)
    fields: dict[str, Any] = {}
    for prop in _scalars(kind):
        given = Field(default=None, alias=prop.name, max_length=prop.max_length)
        if prop.is_enum or prop.type != "Edm.String":
            given = Field(default=None, alias=prop.name)
        fields[_attribute(prop.name)] = (_annotation(prop) | None, given)
    made: type[Entity] = create_model(
        _class_name(kind.name), __base__=Entity, __module__=__name__, **fields
    )
    made.__doc__ = f"A row of {entity_set}."
    return made


def _annotation(prop: Property) -> Any:
    if prop.is_enum:
        captions = frozenset(decode_name(member) for member in prop.members)

        def known(value: Any) -> Any:
            decoded = caption(value)
            if decoded is None or decoded in captions:
                return decoded
            raise ValueError(f"is none of {', '.join(sorted(captions))}")

        return Annotated[str, BeforeValidator(known)]
    kind, before = _TYPES.get(prop.type, Any), _BEFORE.get(prop.type)
    return Annotated[kind | None, BeforeValidator(before)] if before else kind


def models_module(metadata: Metadata, entity_sets: Iterable[str]) -> str:
    """Write the models of entity sets as a Python module.

    :param metadata: of the API.
    :param entity_sets: e.g. ``["customers", "salesOrders"]``.
    :return: the source, which needs only this package.
    :raises ConfigurationError: for an unknown entity set, or none.
    """
    names = sorted(set(entity_sets))
    if not names:
        raise ConfigurationError("No entity set is named.", remedy="Name at least one.")
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(_class_name(metadata.entity_type_of(name).name), []).append(name)
    classes = "\n\n\n".join(_class_source(metadata, some) for some in kinds.values())
    return f"{FIRST_LINE}\n\n{_imports(classes)}\n\n\n{classes}\n"


def _imports(classes: str) -> str:
    """Import what the classes use, and no more."""
    used = set(re.findall(r"\w+", re.sub(r"'[^'\n]*'", "", classes)))
    own: list[str] = []
    others: list[str] = []
    for module, names in _IMPORTS:
        if chosen := [name for name in names if name in used]:
            line = f"from {module} import {', '.join(chosen)}"
            if len(line) > _WIDTH:
                line = "\n".join([f"from {module} import (", *(f"    {n}," for n in chosen), ")"])
            (others if "." in module or module == "pydantic" else own).append(line)
    standard = "\n".join(["import datetime as dt"] * ("dt" in used) + own)
    groups = ["from __future__ import annotations", standard, others[0], *others[1:]]
    return "\n\n".join(group for group in groups if group)


def _class_source(metadata: Metadata, entity_sets: Sequence[str]) -> str:
    kind = metadata.entity_type_of(entity_sets[0])
    of = ", ".join(entity_sets)
    lines = [f"class {_class_name(kind.name)}(Entity):", f'    """A row of {of}."""', ""]
    for prop in _scalars(kind):
        length = f", max_length={prop.max_length}" if _limited(prop) else ""
        given = f"Field(default=None, alias={prop.name!r}{length})"
        lines.append(f"    {_attribute(prop.name)}: {_written(prop)} = {given}")
    return "\n".join(lines)


def _written(prop: Property) -> str:
    if prop.is_enum:
        captions = ", ".join(repr(decode_name(member)) for member in prop.members)
        inner = f"Literal[{captions}]" if captions else "str"
        return f"Annotated[{inner} | None, BeforeValidator(caption)]"
    kind = _TYPES.get(prop.type)
    name = getattr(kind, "__name__", "Any")
    if kind in (date, datetime, time):
        name = f"dt.{name}"
    if before := _BEFORE.get(prop.type):
        return f"Annotated[{name} | None, BeforeValidator({before.__name__})]"
    return f"{name} | None" if name != "Any" else name


def _scalars(kind: EntityType) -> list[Property]:
    return [prop for prop in kind.properties.values() if prop.type != "Edm.Stream"]


def _limited(prop: Property) -> bool:
    return prop.type == "Edm.String" and prop.max_length is not None


def _attribute(name: str) -> str:
    """Make an attribute of a property's name, which may be a word of Python or of pydantic."""
    safe = re.sub(r"\W", "_", name).lstrip("_") or "field"
    taken = keyword.iskeyword(safe) or hasattr(Entity, safe) or safe in Entity.model_fields
    taken = taken or safe in _NAMES
    if safe[0].isdigit():
        return f"field_{safe}"
    return f"{safe}_" if taken or safe.startswith("model_") else safe


def _class_name(name: str) -> str:
    safe = re.sub(r"\W", "_", name)
    return safe[:1].upper() + safe[1:]


_TYPES: dict[str, Any] = {
    "Edm.String": str,
    "Edm.Boolean": bool,
    "Edm.Decimal": Decimal,
    "Edm.Double": Decimal,
    "Edm.Single": Decimal,
    "Edm.Guid": UUID,
    "Edm.Date": date,
    "Edm.DateTimeOffset": datetime,
    "Edm.TimeOfDay": time,
    "Edm.Int16": int,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Byte": int,
}
_BEFORE: dict[str, Callable[[Any], Any]] = {
    "Edm.Guid": unset_is_none,
    **dict.fromkeys(("Edm.Date", "Edm.DateTimeOffset", "Edm.TimeOfDay"), moment_or_none),
    **{name: plain_number for name, kind in _TYPES.items() if kind in (Decimal, int)},
}
"""What looks at a value before pydantic does, which takes more than it should."""

FIRST_LINE = '"""Rows of Business Central, made of its $metadata: make it anew, do not edit it."""'
"""How a module of models begins, by which it is known again."""

_WIDTH = 88
"""The longest import of one line for ruff and black, unless they are told otherwise."""

_IMPORTS = (
    ("decimal", ("Decimal",)),
    ("typing", ("Annotated", "Any", "Literal")),
    ("uuid", ("UUID",)),
    ("pydantic", ("BeforeValidator", "Field")),
    (
        "airflow_provider_bc.odata.models",
        ("Entity", "caption", "moment_or_none", "plain_number", "unset_is_none"),
    ),
)
_NAMES = {"bool", "dt", "int", "str", *(name for _, names in _IMPORTS for name in names)}
"""What the annotations of a module are made of: a field of such a name would hide it."""
