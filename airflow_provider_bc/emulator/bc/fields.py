"""The body of a write, property by property, as AL validates it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.odata.errors import ODataError, bad_request
from airflow_provider_bc.emulator.schema.model import xml_name

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import EntitySet, Property, Value

REQUIRED = "BadRequest_RequiredParamNotProvided"
_GUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}")
_WHOLE = ("Edm.Int32", "Edm.Int64")


def read_body(body: bytes) -> dict[str, Any]:
    """Read a JSON object; numbers with a fraction become `Decimal`.

    :param body: the bytes of the request.
    :returns: the object.
    :raises ODataError: 400 if it is anything else.
    """
    try:
        content = json.loads(body, parse_float=Decimal)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise bad_request("Invalid Request Body")
    return content


def split_body(
    content: dict[str, Any], schema: EntitySet, *, create: bool
) -> tuple[dict[str, Value], dict[str, list[dict[str, Any]]]]:
    """Sort a body into values and the children of a deep insert.

    :param content: the JSON object.
    :param schema: the entity set.
    :param create: whether it is a create, which alone may set a key and bring children.
    :returns: values by property, and children by navigation property.
    :raises ODataError: 400 for an unknown or read-only property or a value of another type.
    """
    values: dict[str, Value] = {}
    children: dict[str, list[dict[str, Any]]] = {}
    for name, value in content.items():
        if "@odata." in name:
            continue
        prop = schema.properties.get(name)
        if prop is not None:
            values[name] = _settable(prop, value, create=create)
        elif create and name in schema.navigation and isinstance(value, list):
            children[name] = value
        else:
            raise bad_request(
                f"The property '{name}' does not exist on type 'Microsoft.NAV.{schema.entity}'. "
                "Make sure to only use property names that are defined by the type."
            )
    return values, children


def _settable(prop: Property, value: Any, *, create: bool) -> Value:
    if not (prop.writable or (create and prop.on_create)):
        text = f"Control '{prop.name}' is read-only"
        raise ODataError(400, "BadRequest_InvalidOperation", text)
    if value is None:
        text = f"Field '{prop.name}' must not be blank or empty."
        raise ODataError(400, REQUIRED, text)
    if prop.members:
        return _member(prop, value)
    if prop.type == "Edm.Decimal" or prop.type in _WHOLE:
        return _number(prop, value)
    if prop.type == "Edm.Boolean":
        if not isinstance(value, bool):
            raise _unconvertible(prop)
        return value
    if not isinstance(value, str):
        raise _unconvertible(prop)
    return _text(prop, value)


def _unconvertible(prop: Property) -> ODataError:
    return bad_request(f"Unable to convert value to {prop.type.removeprefix('Edm.')}")


def _number(prop: Property, value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _unconvertible(prop)
    if prop.type in _WHOLE:
        if not isinstance(value, int):
            raise _unconvertible(prop)
        return value
    return Decimal(value)


def _member(prop: Property, value: Any) -> Value:
    """Find an enum or option member by XML name or caption."""
    for member in prop.members:
        if value in (member, member.strip(), xml_name(member)):
            return xml_name(member) if prop.is_enum else member.strip()
    existing = ",".join(prop.members)
    text = f"'{value}' is not an option. The existing options are: {existing}"
    raise ODataError(400, "Unknown", text)


def _text(prop: Property, value: str) -> Value:
    if prop.type == "Edm.String":
        value = prop.stored(value)
        if prop.max_length is not None and len(value) > prop.max_length:
            text = (
                f"The length of the string is {len(value)}, but it must be less than or equal to "
                f"{prop.max_length} characters. Value: {value}"
            )
            raise ODataError(400, "Application_StringExceededLength", text)
        return value
    if prop.type == "Edm.Guid":
        if not _GUID.fullmatch(value.lower()):
            text = f"Invalid format of GUID string. The correct format of the GUID string: {value}"
            raise ODataError(400, "Application_InvalidGUID", text)
        return value.lower()
    try:
        if prop.type == "Edm.Date":
            return date.fromisoformat(value).isoformat()
        if prop.type == "Edm.DateTimeOffset" and datetime.fromisoformat(value).tzinfo is None:
            raise _unconvertible(prop)
    except ValueError:
        raise _unconvertible(prop) from None
    return value
