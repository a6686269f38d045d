"""Reading rows through their parents, as ``salesInvoices/salesInvoiceLines``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.api.options import ReadOptions
from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import EntityType, Metadata
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.children import PARENT_ID, PARENT_MODIFIED_AT, ChildPageReader
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Source
from airflow_provider_bc.sync.identity import Identity, stamp_of
from airflow_provider_bc.sync.page_reader import PageReader
from airflow_provider_bc.sync.reader import Say
from airflow_provider_bc.sync.sweep import key_texts
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead
from airflow_provider_bc.transfers.entity_set_reader import EntitySetReader, any_of, both

_PARENTS_A_PAGE = 1_000


def reader_of(
    read: EntitySetRead, metadata: Metadata, say: Say
) -> EntitySetReader | ChildrenReader:
    """Find out how an entity set is to be read: by itself, or through its parents.

    :param read: which rows and fields.
    :param metadata: of the API.
    :param say: writes one line of progress.
    :raises ConfigurationError: for names that the API does not have.
    """
    if read.through is None:
        return EntitySetReader(read, metadata, metadata.entity_type_of(read.leaf), say)
    return ChildrenReader(read, metadata, *read.through)


class ChildrenReader:
    """Reads the children of all parents that match; a `Reader`.

    A change of a child moves its parent's stamp where the child has none of its own (Business
    Central notifies of lines through their document). Children with a stamp of their own live apart
    from their parents, and are read whole each time, and compared.

    :param read: which children; its condition is one on the parents.
    :param metadata: of the API.
    :param parent: the entity set of the parents.
    :param navigation: the property that leads from a parent to its children.
    :raises ConfigurationError: for names that the API does not have.
    """

    resumable = False
    cut_field = None

    def __init__(
        self, read: EntitySetRead, metadata: Metadata, parent: str, navigation: str
    ) -> None:
        self._parent = metadata.entity_type_of(parent)
        found = self._parent.navigation.get(navigation)
        if found is None or len(self._parent.key) != 1:
            raise ConfigurationError(
                f"{parent} has no navigation property {navigation!r}.",
                remedy=f"It has {', '.join(sorted(self._parent.navigation)) or 'none'}.",
            )
        self._child: EntityType = metadata.entity_types[found.target]
        self._read = replace(read.spelled(self._child), entity_set=parent)
        self._name = f"{parent}/{navigation}"
        self._navigation = navigation
        self._metadata = metadata
        moves_parent = stamp_of(self._child) is None
        self._stamp = stamp_of(self._parent) if moves_parent else None
        self._select = list(read.with_identity(self._child).select)
        self._page = self._reader(self._select)
        stamp = PARENT_MODIFIED_AT if self._stamp else None
        self.identity = Identity((PARENT_ID, *self._child.key), stamp, self._stamp)
        size = read.page_size
        usual = read.client.settings.page_size if size is None else size
        self.page_size = min(usual, _PARENTS_A_PAGE)
        self.schema = self._page.schema

    def source(self, company: Company) -> Source:
        """Name where the rows come from."""
        return replace(self._read.source(company), entity_set=self._name)

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        """Read the children of the parents that match; see `Reader`."""
        return self._walk(self._page, self._select, where, link, count=count)

    def count(self, where: str | None) -> int:
        """Count the parents that match."""
        read = self._read
        return read.client.count(
            read.entity_set, where=where, api=read.api, schema_version=read.schema_version
        )

    def keys(self, where: str | None) -> Iterator[pa.RecordBatch]:
        """Give the keys of all children; see `Reader`."""
        reader = self._reader(self._child.key)
        for page in self._walk(reader, self._child.key, where, None, count=False):
            yield page.rows

    def by_key(self, keys: Iterable[dict[str, Any]], where: str | None) -> Iterator[pa.RecordBatch]:
        """Read children by their keys, through their parents; see `Reader`."""
        wanted = pa.Table.from_pylist(list(keys))
        if not wanted.num_rows:
            return
        texts = key_texts(wanted, self.identity.key)
        parents = pc.unique(wanted[PARENT_ID]).to_pylist()
        sent = replace(self._read, select=self._parent_fields, expand=[self._expand(self._select)])
        for some in any_of(self._parent, self._parent.key[0], parents, sent.room(where)):
            for page in self.pages(both(some, where)):
                here = key_texts(page.rows, self.identity.key)
                yield page.rows.filter(pc.is_in(here, value_set=texts))

    def now(self) -> datetime:
        """Give the time of the service."""
        return self._read.client.now()

    def _reader(self, select: Sequence[str]) -> ChildPageReader:
        columns = Columns(self._metadata, self._parent, self._parent_fields, [self._expand(select)])
        return ChildPageReader(
            PageReader(columns), self._parent.key[0], self._stamp, self._navigation
        )

    def _expand(self, select: Sequence[str]) -> Expand:
        return Expand(self._navigation, select=list(select), expand=self._read.expanded())

    @property
    def _parent_fields(self) -> list[str]:
        return [*self._parent.key, *([self._stamp] if self._stamp else [])]

    def _walk(
        self,
        reader: ChildPageReader,
        select: Sequence[str],
        where: str | None,
        link: str | None,
        *,
        count: bool,
    ) -> Iterator[Page[pa.RecordBatch]]:
        options: ReadOptions = {
            "api": self._read.api,
            "where": where,
            "schema_version": self._read.schema_version,
            "page_size": self.page_size,
            "select": self._parent_fields,
            "expand": [self._expand(select)],
            "count": count,
        }
        return self._read.client.walk(self._read.entity_set, reader, link, **options)
