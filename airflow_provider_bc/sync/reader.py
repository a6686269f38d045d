"""What a load reads through: one entity set of one company, at the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.identity import Identity


@dataclass(frozen=True, slots=True)
class CutField:
    """A field that never changes in a row, and has a total order.

    :param name: of the field.
    :param value_at: gives its value in the row at a place, in its own order, among the rows that
        match a condition; None behind the last.
    """

    name: str
    value_at: Callable[[int, str | None], Any]


class Reader(Protocol):
    """Reads the rows of one entity set; the caller has bound everything but the condition."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""
        ...

    @property
    def identity(self) -> Identity:
        """How to know a row, and whether it is newer than another."""
        ...

    @property
    def page_size(self) -> int:
        """Entities a page."""
        ...

    @property
    def cut_field(self) -> CutField | None:
        """How a large table can be cut into ranges, None where it cannot."""
        ...

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        """Read the rows that match.

        :param where: the condition, that of the watermark included.
        :param link: where to go on; None from the first page.
        :param count: whether the first page shall come with the count of all.
        """
        ...

    def count(self, where: str | None) -> int:
        """Count the rows that match."""
        ...

    def keys(self, where: str | None) -> Iterator[pa.RecordBatch]:
        """Give the key columns of the rows that match, and their stamps where they have any."""
        ...

    def by_key(self, keys: Iterable[dict[str, Any]], where: str | None) -> Iterator[pa.RecordBatch]:
        """Read rows by their keys; those that are not there, or do not match, are left out.

        :param keys: for each row its key properties.
        :param where: the condition.
        """
        ...

    def now(self) -> datetime:
        """Give the time of the service."""
        ...


Say = Callable[[str], None]
"""Writes one line of progress."""
