"""Values as OData literals (https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_PrimitiveLiterals)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

from airflow_provider_bc.errors import ConfigurationError

Literal = str | bool | int | float | Decimal | date | datetime | time | UUID | None
"""The Python values that a filter or a key may hold."""

Key = str | int | UUID | dict[str, str | int | UUID]
"""The key of one entity: its id, or the values of a composite key by name."""

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def literal(value: Literal) -> str:
    """Write a value as it stands in ``$filter``.

    Strings are quoted, with an apostrophe doubled; a GUID is not quoted, so pass one as a `UUID`.

    :param value: the value; a datetime must know its time zone.
    :return: the literal, not yet percent-encoded.
    :raises ConfigurationError: for a value that OData has no literal for.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case UUID() | int() | Decimal() | float():
            return _plain(value)
        case datetime():
            return timestamp(value)
        case date() | time():
            return value.isoformat()
    raise ConfigurationError(
        f"A filter cannot hold a {type(value).__name__}.",
        remedy="Use text, numbers, Decimal, bool, date, datetime, UUID or None.",
    )


def timestamp(value: datetime) -> str:
    """Write a moment as Edm.DateTimeOffset in UTC, at full precision.

    :raises ConfigurationError: for a datetime without a time zone, which Business Central would
        read in a zone of its own
        (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/managing-time-zones-with-web-services).
    """
    if value.tzinfo is None:
        raise ConfigurationError(
            f"The datetime {value.isoformat()} has no time zone.",
            remedy="Add one, for instance tzinfo=timezone.utc.",
        )
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def key_predicate(key: Key) -> str:
    """Write the key of one entity, with its parentheses.

    A text that looks like a GUID is one: API pages are keyed by ``SystemId``.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure

    :param key: a GUID, a text, a number, or the parts of a composite key.
    :return: for instance ``(5d115c9c-44e3-ea11-bb43-000d3a2feca1)`` or ``(code='A',line=1)``.
    """
    if key == {}:
        raise ConfigurationError("The key has no parts.", remedy="Name its properties.")
    if isinstance(key, dict):
        return "(" + ",".join(f"{name}={_key_part(part)}" for name, part in key.items()) + ")"
    return f"({_key_part(key)})"


def _key_part(part: str | int | UUID) -> str:
    if isinstance(part, str):
        return part if _GUID.fullmatch(part) else _quoted(part)
    return str(part)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _plain(value: UUID | Decimal | float) -> str:
    if isinstance(value, UUID | int):
        return str(value)
    number = Decimal(float.__repr__(value)) if isinstance(value, float) else value
    if not number.is_finite():
        raise ConfigurationError(f"A filter cannot hold {value}.", remedy="Use a finite number.")
    return format(number, "f")
