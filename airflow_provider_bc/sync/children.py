"""Rows that are read through their parents: the lines of documents, and whatever is expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.page_reader import PageReader

PARENT_ID = "_parent_id"
"""The column that holds the id of the parent."""

PARENT_MODIFIED_AT = "_parent_modified_at"
"""The column that tells when the parent was last changed."""


@dataclass(frozen=True, slots=True)
class ChildPage(Page[pa.RecordBatch]):
    """A page of parents as a batch of their children.

    :param parents: the ids of the parents, those without children included.
    """

    parents: pa.Array

    @property
    def entities(self) -> int:
        """How many parents the service delivered."""
        return len(self.parents)


class ChildPageReader:
    """Reads pages of parents with one navigation property expanded.

    :param parents: reads the parents: their id, their stamp if they have one, the property.
    :param parent_id: the parents' key property.
    :param stamp: the parents' stamp, None where they have none.
    :param navigation: the name of the expanded property.
    """

    def __init__(
        self, parents: PageReader, parent_id: str, stamp: str | None, navigation: str
    ) -> None:
        self._parents = parents
        self._parent_id = parent_id
        self._stamp = stamp
        self._navigation = navigation
        sent = parents.columns.schema
        kind = sent.field(navigation).type
        self._many = pa.types.is_list(kind)
        struct = kind.value_type if self._many else kind
        technical = [pa.field(PARENT_ID, sent.field(parent_id).type)]
        if stamp:
            technical.append(pa.field(PARENT_MODIFIED_AT, sent.field(stamp).type))
        self.schema = pa.schema([*struct, *technical])

    def __call__(self, body: bytes) -> ChildPage:
        """Read a page.

        :param body: the bytes of the answer.
        """
        page = self._parents(body)
        batch = page.rows
        children, parents = self._flat(batch[self._navigation])
        arrays: list[Any] = [*children.flatten(), batch[self._parent_id].take(parents)]
        if self._stamp:
            arrays.append(batch[self._stamp].take(parents))
        rows = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        return ChildPage(rows, page.count, page.next_link, page.size, batch[self._parent_id])

    def _flat(self, column: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Give the children, and for each the place of its parent."""
        if self._many:
            return pc.list_flatten(column), pc.list_parent_indices(column)
        there = pc.indices_nonzero(pc.is_valid(column))
        return column.take(there), there
