"""Reading one entity set for a load: its pages as columns, its counts, its keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

import pyarrow as pa

from airflow_provider_bc.api.options import ReadOptions
from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.errors import RequestTooLarge
from airflow_provider_bc.odata.filters import Field, Filter
from airflow_provider_bc.odata.literals import Literal
from airflow_provider_bc.odata.metadata import EntityType, Metadata
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.odata.query import encode
from airflow_provider_bc.settings import MAX_PAGE_SIZE
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Source
from airflow_provider_bc.sync.identity import identity_of
from airflow_provider_bc.sync.page_reader import PageReader
from airflow_provider_bc.sync.reader import CutField, Say
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead

_KEYS_AT_ONCE = 50
_CUT_FIELD = "entryNumber"


class EntitySetReader:
    """Reads one entity set; a `Reader`.

    :param read: which rows and fields.
    :param metadata: of the API.
    :param entity_type: of the rows.
    :param say: writes one line of progress.
    """

    resumable = True

    def __init__(
        self, read: EntitySetRead, metadata: Metadata, entity_type: EntityType, say: Say
    ) -> None:
        self._read = read = read.spelled(entity_type).with_identity(entity_type)
        self.identity = identity_of(entity_type)
        self._type = entity_type
        self._say = say
        self._page = PageReader(Columns(metadata, entity_type, read.select, read.expanded()))
        self._keys = [*entity_type.key, *([self.identity.stamp] if self.identity.stamp else [])]
        self._key_page = PageReader(Columns(metadata, entity_type, self._keys))
        size = read.page_size
        self.page_size = read.client.settings.page_size if size is None else size
        cuttable = _CUT_FIELD in entity_type.properties
        self.cut_field = CutField(_CUT_FIELD, self._cut_value_at) if cuttable else None

    def source(self, company: Company) -> Source:
        """Name where the rows come from."""
        return self._read.source(company)

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""
        return self._page.columns.schema

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        """Read the rows that match; see `Reader`."""
        read = self._read
        options = self._options(where, self.page_size)
        options |= {"select": read.select, "expand": read.expanded(), "count": count}
        reading = self._noting if count else self._page
        return read.client.walk(read.entity_set, reading, link, **options)

    def count(self, where: str | None) -> int:
        """Count the rows that match; see `Reader`."""
        read = self._read
        return read.client.count(
            read.entity_set, where=where, api=read.api, schema_version=read.schema_version
        )

    def keys(self, where: str | None) -> Iterator[pa.RecordBatch]:
        """Give keys and stamps of the rows that match; see `Reader`."""
        options = self._options(where, MAX_PAGE_SIZE) | {"select": self._keys}
        walk = self._read.client.walk(self._read.entity_set, self._key_page, **options)
        return (page.rows for page in walk)

    def by_key(self, keys: Iterable[dict[str, Any]], where: str | None) -> Iterator[pa.RecordBatch]:
        """Read rows by their keys; see `Reader`."""
        for some in self._conditions(keys, self._read.room(where)):
            for page in self.pages(both(some, where)):
                yield page.rows

    def now(self) -> datetime:
        """Give the time of the service; see `Reader`."""
        return self._read.client.now()

    def _cut_value_at(self, place: int, where: str | None) -> Any:
        read = self._read
        try:
            return read.client.value_at(
                read.entity_set,
                _CUT_FIELD,
                place,
                where=where,
                api=read.api,
                schema_version=read.schema_version,
            )
        except RequestTooLarge:
            return None  # one range less

    def _conditions(self, keys: Iterable[dict[str, Any]], room: int) -> Iterator[Filter]:
        """Ask for many keys at once where there is one property, else for one after another."""
        if len(self._type.key) == 1:
            (name,) = self._type.key
            yield from any_of(self._type, name, [key[name] for key in keys], room)
            return
        for key in keys:
            parts = (Field(name) == literal_of(self._type, name, key[name]) for name in key)
            yield reduce(and_, parts)

    def _options(self, where: str | None, page_size: int) -> ReadOptions:
        return {
            "api": self._read.api,
            "where": where,
            "schema_version": self._read.schema_version,
            "page_size": page_size,
        }

    def _noting(self, body: bytes) -> Page[pa.RecordBatch]:
        """Read a page, and tell of fields without a column and of columns without a field."""
        page = self._page(body)
        row, columns = self._page.first_row(body), self._page.columns
        if unknown := columns.unknown_fields(row):
            self._say(f"Fields that $metadata does not name are left out: {sorted(unknown)}")
        if row and (missing := columns.missing_fields(row)):
            self._say(f"Fields that Business Central does not send are null: {sorted(missing)}")
        return page


def any_of(
    entity_type: EntityType, name: str, values: Sequence[Any], room: int
) -> Iterator[Filter]:
    """Ask for rows by the values of one property, as many at once as a query string holds.

    :param entity_type: of the rows.
    :param name: of the property.
    :param values: of it.
    :param room: how many characters there are for them; one value is asked for in any case.
    """
    literals = [literal_of(entity_type, name, value) for value in values]
    begin = 0
    while begin < len(literals):
        some = literals[begin : begin + _KEYS_AT_ONCE]
        while len(some) > 1 and _length(Field(name).is_in(some)) > room:
            some = some[: len(some) // 2]
        yield Field(name).is_in(some)
        begin += len(some)


def both(keys: Filter, where: str | None) -> str:
    """Ask for rows by their keys that match a condition, too.

    :param keys: which rows.
    :param where: the condition, None for none.
    """
    return f"{keys} and ({where})" if where else str(keys)


def _length(condition: Filter) -> int:
    return len(encode({"$filter": str(condition)}))


def literal_of(entity_type: EntityType, name: str, value: Any) -> Literal:
    """Write a value as its property's type wants it: a GUID without quotes.

    :param entity_type: of the row.
    :param name: of the property.
    :param value: of it.
    """
    literal: Literal = UUID(value) if entity_type.properties[name].type == "Edm.Guid" else value
    return literal
