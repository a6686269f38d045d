"""From the bytes of a page to a record batch, by the shortest way that keeps every digit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.odata.page import Page, Row, number, read_page
from airflow_provider_bc.sync.columns import Columns, Numeral, paged_within
from airflow_provider_bc.sync.plain_page import PlainPage


class _FirstRow(msgspec.Struct):
    """The envelope of a page whose rows stay bytes."""

    value: list[msgspec.Raw]


class PageReader:
    """Reads pages of one entity set.

    A page is read by Arrow itself, without a Python object for any value. What that refuses, or
    may get wrong, is read by way of Python values, which tolerates more and can name the field. All
    of it happens in one thread, so that memory holds what one page needs, however many threads wait
    for answers: each would keep what it has freed for itself.

    :param columns: of the rows.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._plain = PlainPage.of(columns)
        self._thread = ThreadPoolExecutor(1, "bc-decode")
        self._names = [f"c{place}" for place in range(len(columns.columns))]
        nested = {f"link{place}": link for place, link in enumerate(columns.next_links)}
        self._links = list(nested)
        row = msgspec.defstruct(
            "Row",
            [(place, Any, None) for place in [*self._names, *nested]],
            rename=dict(zip(self._names, (one.name for one in columns.columns), strict=True))
            | nested,
            gc=False,
        )
        page = msgspec.defstruct(
            "Page",
            [
                ("value", list[row]),  # type: ignore[valid-type]
                ("count", Any, None),
                ("next_link", str | None, None),
                ("error", Any, None),
            ],
            rename={"count": "@odata.count", "next_link": "@odata.nextLink"},
        )
        self._decoder = msgspec.json.Decoder(page, float_hook=Numeral)

    def __call__(self, body: bytes) -> Page[pa.RecordBatch]:
        """Read a page.

        :param body: the bytes of the answer.
        :return: the page, its rows as a batch of the columns' schema.
        :raises UnexpectedAnswer: for anything but a page, and for a value that does not fit.
        """
        return self._thread.submit(self._read, body).result()

    def first_row(self, body: bytes) -> Row:
        """Read the first row alone, with the fields that no column takes; {} where there is none.

        :param body: the bytes of a page.
        """
        rows = msgspec.json.decode(body, type=_FirstRow).value
        row: Row = msgspec.json.decode(rows[0]) if rows else {}
        return row

    def _read(self, body: bytes) -> Page[pa.RecordBatch]:
        page = self._plain.read(body) if self._plain else None
        return page or self._read_closely(body)

    def _read_closely(self, body: bytes) -> Page[pa.RecordBatch]:
        try:
            page: Any = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            read_page(body)
            raise UnexpectedAnswer(
                f"The answer is no page: {error}.", remedy="Report this."
            ) from error
        if page.error or not page.value or self._is_blank(page.value[-1]):
            read_page(body)  # says what an error amid the rows says
        for name in self._links:
            if any(map(attrgetter(name), page.value)):
                raise paged_within()
        values = [list(map(attrgetter(name), page.value)) for name in self._names]
        batch = self.columns.batch(values)
        return Page(batch, number(page.count), page.next_link, len(body))

    def _is_blank(self, row: Any) -> bool:
        return all(getattr(row, name) is None for name in self._names)
