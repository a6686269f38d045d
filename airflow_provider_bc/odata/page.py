"""One page of an entity set, read from its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from airflow_provider_bc.errors import UnexpectedAnswer

Row = dict[str, Any]
"""One entity: numbers with a fraction are `Decimal`, dates and times text as they came."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class GarbledAnswer(UnexpectedAnswer):
    """The answer is not whole JSON, which asking again may cure."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the rows (https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ServerDrivenPaging).

    :param rows: the entities.
    :param count: how many rows the whole query matches, where that was asked and answered.
    :param next_link: where the next page is, None after the last.
    :param size: the bytes of the page.
    """

    rows: list[Row]
    count: int | None
    next_link: str | None
    size: int


def decode(body: bytes) -> Any:
    """Read JSON without losing a digit: a number with a fraction becomes a `Decimal`.

    :param body: the bytes of the answer.
    :return: the value.
    :raises GarbledAnswer: for anything but whole JSON.
    """
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GarbledAnswer(
            f"The answer is not whole JSON: {error}; it begins with {body[:60]!r}.",
            remedy="Check what stands between Airflow and Business Central (proxy, firewall).",
        ) from error


def read_page(body: bytes) -> Page:
    """Read a page, and never take something else for an empty one.

    :param body: the bytes of the answer.
    :return: the page.
    :raises UnexpectedAnswer: when there is no list of rows in it.
    """
    value = decode(body)
    rows = value.get("value") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        held = sorted(value)[:5] if isinstance(value, dict) else type(value).__name__
        error = value.get("error") if isinstance(value, dict) else None
        said = f"; it says: {str(error)[:300]}" if error else ""
        raise UnexpectedAnswer(
            f"The answer has no list 'value' but {held}{said}.",
            remedy="Check that the entity set is a collection, and report this if it is.",
        )
    link = value.get("@odata.nextLink")
    return Page(
        rows=rows,
        count=_count(value.get("@odata.count")),
        next_link=None if link is None else str(link),
        size=len(body),
    )


def _count(value: Any) -> int | None:
    """Read the count, which OData may send as text (IEEE754Compatible)."""
    if value is None or str(value).isdecimal():
        return None if value is None else int(value)
    raise UnexpectedAnswer(f"The count is no number: {str(value)[:60]!r}.", remedy="Report this.")
