"""The answers of OData, read from their bytes: a page, an entity, a count."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from airflow_provider_bc.errors import GarbledAnswer, NotFound, UnexpectedAnswer

Row = dict[str, Any]
"""One entity: numbers with a fraction are `Decimal`, dates and times text as they came."""

Rows = TypeVar("Rows", bound=Sized)

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Page(Generic[Rows]):
    """A part of the rows (https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ServerDrivenPaging).

    :param rows: the entities, as a list or in the form that its reader made of them.
    :param count: how many rows the whole query matches, where that was asked and answered.
    :param next_link: where the next page is, None after the last.
    :param size: the bytes of the page.
    """

    rows: Rows
    count: int | None
    next_link: str | None
    size: int

    @property
    def entities(self) -> int:
        """How many entities the service delivered."""
        return len(self.rows)


def decode(body: bytes) -> Any:
    """Read JSON without losing a digit: a number with a fraction becomes a `Decimal`.

    :param body: the bytes of the answer.
    :return: the value.
    :raises GarbledAnswer: for anything but whole JSON.
    """
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise GarbledAnswer(
            f"The answer is not whole JSON: {error}; it begins with {body[:60]!r}.",
            remedy="Check what stands between Airflow and Business Central (proxy, firewall).",
        ) from error


def read_page(body: bytes) -> Page[list[Row]]:
    """Read a page, and never take something else for an empty one.

    :param body: the bytes of the answer.
    :return: the page.
    :raises UnexpectedAnswer: when there is no list of rows in it.
    """
    value = decode(body)
    rows = value.get("value") if isinstance(value, dict) else None
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(rows, list) and rows and isinstance(rows[-1], dict) and len(rows[-1]) == 1:
        error = error or rows[-1].get("error")
    if error or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        held = sorted(value)[:5] if isinstance(value, dict) else type(value).__name__
        said = f"; it says: {str(error)[:300]}" if error else ""
        raise UnexpectedAnswer(
            f"The answer is no page: it holds {held}{said}.",
            remedy="Check that the entity set is a collection, and report this if it is.",
        )
    link = value.get("@odata.nextLink")
    return Page(
        rows=rows,
        count=number(value.get("@odata.count")),
        next_link=None if link is None else str(link),
        size=len(body),
    )


def number(value: Any) -> int | None:
    """Read ``@odata.count``, which may come as text (IEEE754Compatible).

    :param value: of the annotation, None where there is none.
    :raises UnexpectedAnswer: for anything but a whole number.
    """
    if value is None or str(value).isdecimal():
        return None if value is None else int(value)
    raise UnexpectedAnswer(f"The count is no number: {str(value)[:60]!r}.", remedy="Report this.")


def read_entity(body: bytes) -> Row:
    """Read one entity.

    :param body: the bytes of the answer.
    :return: the entity.
    :raises NotFound: for no content, as a navigation property that leads nowhere answers.
    :raises UnexpectedAnswer: for anything but an entity.
    """
    if not body:
        raise NotFound("There is nothing at that place.", remedy="Check the key and the path.")
    value = decode(body)
    if not isinstance(value, dict) or "error" in value:
        raise UnexpectedAnswer("The answer is not an entity.", remedy="Report this.")
    return value


def read_count(body: bytes) -> int:
    """Read the answer to ``$count``, which may begin with a byte order mark.

    :param body: the bytes of the answer.
    :return: the number of rows.
    :raises GarbledAnswer: for anything but a number.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if not (text.isascii() and text.isdecimal()):
        raise GarbledAnswer(
            f"The count is no number: {text[:60]!r}.",
            remedy="Check what stands between Airflow and Business Central.",
        )
    return int(text)
