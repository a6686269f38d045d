"""The body of a write: Python values as Business Central takes them, checked against $metadata.

https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_PrimitiveValue
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.literals import timestamp
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Property, did_you_mean
from airflow_provider_bc.odata.names import decode_name

UNSET: dict[str, str] = {
    "Edm.String": "",
    "Edm.Guid": "00000000-0000-0000-0000-000000000000",
    "Edm.Date": "0001-01-01",
    "Edm.DateTimeOffset": "0001-01-01T00:00:00Z",
}
"""What Business Central has in place of null, where a type has a value that says "nothing"."""

_BLANK = "_x0020_"
_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_WRITTEN = re.compile(r"[+-]?\d+(\.\d+)?")
_FRACTION = re.compile(r"\.(\d*?)0*(?=Z|[+-]\d\d:\d\d|$)")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode_json(value: Any) -> bytes:
    """Write JSON; a `Decimal` goes out as a number with every digit.

    :param value: of plain types.
    :raises ConfigurationError: for a value that JSON has no form for.
    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"The value cannot be sent as JSON: {error}.", remedy="Use text, numbers and lists."
        ) from error


def entity_values(
    values: Mapping[str, Any], kind: EntityType, metadata: Metadata, *, deep: bool
) -> dict[str, Any]:
    """Check the values of a write, and put each in the form of its type; their order is kept.

    Annotations such as ``@odata.etag`` are left out: they are read, never written.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data

    :param values: by the names of properties.
    :param kind: the entity type.
    :param metadata: where the types of children are found.
    :param deep: whether lists of children may be inside, as in a create.
    :return: what can be encoded as JSON.
    :raises ConfigurationError: for an unknown property, or a value that its type does not have.
    """
    ready: dict[str, Any] = {}
    for name, value in values.items():
        if "@odata." in name:
            continue
        if name in kind.properties:
            ready[name] = wire_value(kind.properties[name], value)
        elif name in kind.navigation:
            ready[name] = _children(name, value, kind, metadata, deep=deep)
        else:
            known = [*kind.properties, *(kind.navigation if deep else ())]
            raise ConfigurationError(
                f"There is no property {name!r} in {kind.name}.", remedy=did_you_mean(name, known)
            )
    return ready


def _children(
    name: str, value: Any, kind: EntityType, metadata: Metadata, *, deep: bool
) -> list[dict[str, Any]]:
    navigation = kind.navigation[name]
    if not deep:
        raise ConfigurationError(
            f"{name} cannot be changed along with its {kind.name}: there is no deep update.",
            remedy="Update the children in their own entity set.",
        )
    if not (navigation.many and isinstance(value, list | tuple)):
        raise ConfigurationError(
            f"{name} of {kind.name} takes "
            + ("a list of children." if navigation.many else "nothing in a create."),
            remedy="Give a list, or set the id or number field that leads there.",
        )
    target = metadata.entity_types[navigation.target]
    return [entity_values(child, target, metadata, deep=True) for child in value]


def wire_value(prop: Property, value: Any) -> Any:
    """Put one value in the form in which Business Central takes it.

    None becomes what Business Central has instead: an empty text, the date 0001-01-01, the GUID of
    zeros, the blank of an enum. A number, a boolean or a moment may also be given as text, as XCom
    and templates do.

    :param prop: the property.
    :param value: what shall be written.
    :raises ConfigurationError: naming the property, for a value that its type does not have.
    """
    if value is None and prop.type != "Edm.Stream":
        return _unset(prop)
    if prop.is_enum:
        return _member(prop, value)
    form = _FORMS.get(prop.type)
    return form(prop, value) if form else value


def same(prop: Property, ours: Any, theirs: Any) -> bool:
    """Say whether a row already holds a value, however each of the two is written.

    :param prop: the property.
    :param ours: the value that `wire_value` gave.
    :param theirs: the value of the row.
    """
    if prop.is_enum:
        return decode_name(str(ours)) == decode_name(str(theirs))
    if prop.type == "Edm.Guid":
        return str(ours).lower() == str(theirs).lower()
    if prop.type == "Edm.DateTimeOffset":
        return shortest(ours) == shortest(theirs)
    return bool(ours == theirs)


def shortest(moment: Any) -> str:
    """Write a moment without the zeros at the end of its fraction, which the service drops too.

    :param moment: in UTC, as text.
    """
    found = _FRACTION.sub(lambda part: f".{part[1]}" if part[1] else "", str(moment))
    return found.replace("+00:00", "Z")


def _unset(prop: Property) -> str:
    if prop.is_enum and _BLANK in prop.members:
        return _BLANK
    if prop.type in UNSET:
        return UNSET[prop.type]
    raise ConfigurationError(
        f"{prop.name} is None, but Business Central has no null for {prop.type}.",
        remedy="Leave the property out, or give a value such as 0 or False.",
    )


def _member(prop: Property, value: Any) -> str:
    """Find a member by its caption or by its XML-encoded name, which is what goes out."""
    for member in prop.members:
        if value in (member, decode_name(member), decode_name(member).strip()):
            return member
    captions = [decode_name(member) for member in prop.members]
    raise ConfigurationError(
        f"{prop.name} is {value!r}, which is none of its values.",
        remedy=did_you_mean(str(value), captions),
    )


def _boolean(prop: Property, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return bool(_checked(prop, value, isinstance(value, bool)))


def _number(prop: Property, value: Any) -> Decimal | int:
    if isinstance(value, str) and _WRITTEN.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, float):
        value = Decimal(repr(value))
    right = isinstance(value, int | Decimal) and not isinstance(value, bool)
    _checked(prop, value, right and Decimal(value).is_finite())
    return value if isinstance(value, int) else Decimal(format(value, "f"))


def _whole(prop: Property, value: Any) -> int:
    number = _number(prop, value)
    return int(_checked(prop, number, number == int(number)))


def _text(prop: Property, value: Any) -> Any:
    return _checked(prop, value, isinstance(value, str))


def _guid(prop: Property, value: Any) -> Any:
    return _checked(prop, str(value).lower(), _GUID.fullmatch(str(value)) is not None)


def _date(prop: Property, value: Any) -> str:
    day = value
    if isinstance(value, str):
        with suppress(ValueError):
            day = date.fromisoformat(value)
    right = isinstance(day, date) and not isinstance(day, datetime)
    return str(_checked(prop, day, right))


def _moment(prop: Property, value: Any) -> str:
    moment = value
    if isinstance(value, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
    return timestamp(_checked(prop, moment, isinstance(moment, datetime)))


def _time(prop: Property, value: Any) -> str:
    return str(_checked(prop, value, isinstance(value, time | str)))


def _stream(prop: Property, _: Any) -> None:
    raise ConfigurationError(
        f"{prop.name} is a stream.", remedy="Upload it once the record exists."
    )


def _checked(prop: Property, value: Any, right: bool) -> Any:  # noqa: FBT001 - the outcome of a test
    if right:
        return value
    raise ConfigurationError(
        f"{prop.name} is {_shown(value)}, but its type is {prop.type}.",
        remedy="Give a value of that type.",
    )


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float | Decimal | UUID):
        return f"{value!r:.60}"
    return f"a {type(value).__name__}"


_FORMS: dict[str, Callable[[Property, Any], Any]] = {
    "Edm.String": _text,
    "Edm.Boolean": _boolean,
    "Edm.Decimal": _number,
    "Edm.Double": _number,
    "Edm.Single": _number,
    "Edm.Guid": _guid,
    "Edm.Date": _date,
    "Edm.DateTimeOffset": _moment,
    "Edm.TimeOfDay": _time,
    "Edm.Int16": _whole,
    "Edm.Int32": _whole,
    "Edm.Int64": _whole,
    "Edm.Byte": _whole,
    "Edm.Stream": _stream,
}
"""How a value of each type is written; any other type is sent as it was given."""


def changes(kind: EntityType, wanted: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Find what a row does not hold yet.

    :param kind: the entity type.
    :param wanted: values as `entity_values` gave them.
    :param row: as it was read; what it does not show counts as different.
    """
    return {
        name: value
        for name, value in wanted.items()
        if name not in row or not same(kind.properties[name], value, row[name])
    }


def trimmed(value: Any) -> Any:
    """Take the spaces around a text away, as a Code does, which most natural keys are.

    A key that is a text without being a Code is written and looked for without them all the same:
    $metadata does not tell which it is.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/methods-auto/code/code-data-type

    :param value: of a natural key; anything but a text stays as it is.
    """
    return value.strip(" ") if isinstance(value, str) else value


def only(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Take the natural key out of values, its texts `trimmed`.

    :param values: by name.
    :param names: which; all of them must be there.
    :raises ConfigurationError: naming the first that is missing.
    """
    taken = {}
    for name in names:
        value = trimmed(values.get(name))
        if value in (None, ""):
            raise ConfigurationError(
                f"The value of {name}, by which the record is found, is missing or blank.",
                remedy=f"Give {name} among the values.",
            )
        taken[name] = value
    return taken
