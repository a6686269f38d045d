"""The constants of a filter, turned into what the column they are compared with holds.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_PrimitiveLiterals
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from odata_query import ast

from airflow_provider_bc.emulator.odata.errors import ODataError, bad_request
from airflow_provider_bc.emulator.schema.model import EMPTY_GUID, xml_name

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Property, Value

_NUMBERS = ("Edm.Decimal", "Edm.Int32", "Edm.Int64")
_KINDS: dict[str, tuple[Any, ...]] = {
    "Edm.String": (ast.String,),
    "Edm.Guid": (ast.GUID,),
    "Edm.Boolean": (ast.Boolean,),
    "Edm.Date": (ast.Date,),
    "Edm.DateTimeOffset": (ast.DateTime,),
    "Edm.TimeOfDay": (ast.Time,),
    "Edm.Duration": (ast.Duration,),
    "Edm.Decimal": (ast.Integer, ast.Float),
    "Edm.Int32": (ast.Integer,),
    "Edm.Int64": (ast.Integer,),
}


def sortable(prop: Property, value: Value) -> Any:
    """Bring a column's value into the form that compares as the column does.

    A moment without its `Z` sorts as text, since Business Central trims trailing zeros.

    :param prop: the column.
    :param value: its value in a row.
    :returns: what to compare.
    """
    if prop.type == "Edm.DateTimeOffset":
        return str(value)[:-1]
    if prop.is_enum:
        return next((n for n, m in enumerate(prop.members) if xml_name(m) == value), -1)
    return value


def constant(prop: Property, node: Any) -> Any:
    """Read a constant in the form that `sortable` gives the column.

    :param prop: the column it is compared with.
    :param node: the literal.
    :returns: the value to compare with.
    :raises ODataError: 400 for another type, an unknown enum member or a text that is too long.
    """
    if prop.is_enum or prop.members:
        return _member(prop, node)
    if not isinstance(node, _KINDS.get(prop.type, ())):
        ours, theirs = prop.type, type(node).__name__
        raise bad_request(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'{ours}' and '{theirs}'."
        )
    text = str(node.val)
    if prop.type in _NUMBERS:
        return Decimal(text)
    if prop.type == "Edm.Boolean":
        return text.lower() == "true"
    if prop.type == "Edm.DateTimeOffset":
        return _moment(text)
    if prop.type == "Edm.Guid":
        return text.lower()
    text = prop.stored(text)
    if prop.max_length is not None and len(text) > prop.max_length:
        raise _too_long(len(text), prop.max_length)
    return text


def blank(prop: Property) -> Any:
    """Say what `null` stands for: Business Central keeps an unset value instead.

    :param prop: the column compared with null.
    :returns: the unset value, in the form that `sortable` gives.
    """
    return EMPTY_GUID if prop.type == "Edm.Guid" else sortable(prop, prop.unset)


def _too_long(length: int, most: int) -> ODataError:
    return ODataError(
        400,
        "Application_FilterErrorException",
        f"The length of the string is {length}, but it must be less than or equal to {most} "
        "characters.",
    )


def _member(prop: Property, node: Any) -> Any:
    """Find an enum or option member by its XML name or its caption."""
    if not isinstance(node, ast.String):
        raise bad_request(f"The value is not a valid '{prop.type}' constant.")
    text = node.val
    for place, member in enumerate(prop.members):
        if text in (member, member.strip(), xml_name(member)):
            return place if prop.is_enum else member.strip()
    raise bad_request(f"The string '{text}' is not a valid enumeration type constant.")


def _moment(text: str) -> str:
    """Write a moment in UTC without zone and trailing zeros."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise bad_request(f"'{text}' is not a date-time with an offset.")
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise bad_request(f"'{text}' is not a date-time.") from None
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}"[-19:].rjust(19, "0") + fraction
