"""A server of one small entity set, behind the seam that a load reads through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from airflow_provider_bc.odata.metadata import EntityType, Metadata, read_metadata
from airflow_provider_bc.odata.page import Page, Row
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Source
from airflow_provider_bc.sync.identity import identity_of
from airflow_provider_bc.sync.page_reader import PageReader
from airflow_provider_bc.sync.reader import CutField
from tests.odata.reader import holds, parse

CSDL = """<Edmx><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="entry"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/><Property Name="amount" Type="Edm.Decimal"/>
<Property Name="number" Type="Edm.Int32"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="stampless"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/><Property Name="amount" Type="Edm.Decimal"/></EntityType>
<EntityType Name="attachment"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="documentAttachment"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="line"><Key><PropertyRef Name="id"/><PropertyRef Name="number"/></Key>
<Property Name="id" Type="Edm.String"/><Property Name="number" Type="Edm.Int32"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="keyless"><Property Name="id" Type="Edm.Guid"/>
<Property Name="systemModifiedAt" Type="Edm.DateTimeOffset"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="entries" EntityType="N.entry"/></EntityContainer>
</Schema></Edmx>"""
METADATA: Metadata = read_metadata(CSDL.encode())
ENTRY: EntityType = METADATA.entity_type_of("entries")
SOURCE = Source("tenant", "Production", "company", "v2.0", "entries", "")
ONE = datetime(2026, 3, 1, 13, tzinfo=UTC)
"""When loads begin, unless a test says otherwise."""


def entry(key: str, stamp: str | None, amount: float = 1, number: int = 0) -> Row:
    return {"id": key, "amount": amount, "number": number, "lastModifiedDateTime": stamp}


class Ledger:
    """Serves rows page by page, with the count of all that match on the first page; a `Reader`."""

    def __init__(self, *rows: Row, page_size: int = 2, kind: EntityType = ENTRY) -> None:
        self.rows: dict[str, Row] = {}
        self.page_size = page_size
        self.kind = kind
        self.identity = identity_of(kind)
        self.columns = Columns(METADATA, kind)
        self.clock = ONE
        self.cut_field: CutField | None = None
        self.conditions: list[str | None] = []
        self.links: list[str] = []
        self.served = 0
        self.claims: list[int | None] = []
        """Counts to be given in place of the true ones."""
        self.happens: Callable[[int], None] = lambda _: None
        """Called before each page, with the number of pages served before."""
        self._reader = PageReader(self.columns)
        self.write(*rows)

    @property
    def schema(self) -> pa.Schema:
        return self.columns.schema

    def write(self, *rows: Row) -> None:
        self.rows |= {self.place(row): row for row in rows}

    def place(self, row: Row) -> str:
        """Name a row by its key; rows are served in the order of these names."""
        return "/".join(str(row[name]) for name in self.identity.key or ["id"])

    def read(self, *rows: Row, **more: Any) -> Page[pa.RecordBatch]:
        """Make a page as a reader of the service would."""
        if self._reader.columns is not self.columns:
            self._reader = PageReader(self.columns)
        named = {f"@odata.{name}": value for name, value in more.items()}
        return self._reader(json.dumps({"value": rows, **named}).encode())

    def pass_time(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        if link is None:
            self.conditions.append(where)
        else:
            self.links.append(link)
        more: dict[str, Any] = {"count": self.claim(where)} if count else {}
        after: str | None = json.loads(link)[1] if link else ""
        while after is not None:
            self.happens(self.served)
            self.served += 1
            rows, after = self.behind(after, where)
            if after is not None:
                more["nextLink"] = json.dumps([where, after])
            yield self.read(*rows, **more)
            more = {}

    def behind(self, after: str, where: str | None) -> tuple[list[Row], str | None]:
        """Give the rows of the page behind one, and its last place where there are more."""
        rows = {self.place(row): row for row in self.matching(where)}
        places = sorted(place for place in rows if place > after)
        some = places[: self.page_size]
        return [rows[place] for place in some], some[-1] if len(places) > len(some) else None

    def count(self, where: str | None) -> int:
        claim = self.claims.pop(0) if self.claims else None
        return len(self.matching(where)) if claim is None else claim

    def claim(self, where: str | None) -> int | None:
        return self.claims.pop(0) if self.claims else len(self.matching(where))

    def keys(self, where: str | None) -> Iterator[pa.RecordBatch]:
        stamp = [self.identity.stamp] if self.identity.stamp else []
        for row in self.matching(where):
            yield self.read(row).rows.select([*self.identity.key, *stamp])

    def by_key(self, keys: Iterable[dict[str, Any]], where: str | None) -> Iterator[pa.RecordBatch]:
        wanted = {self.place(key) for key in keys}
        for row in self.matching(where):
            if self.place(row) in wanted:
                yield self.read(row).rows

    def now(self) -> datetime:
        return self.clock

    def cut_by_number(self) -> None:
        """Let the ledger be cut by its numbers."""
        self.cut_field = CutField("number", self.number_at)

    def number_at(self, place: int, where: str | None) -> int | None:
        numbers = sorted(int(row["number"]) for row in self.matching(where))
        return numbers[place] if place < len(numbers) else None

    def matching(self, where: str | None) -> list[Row]:
        rows = list(self.rows.values())
        if where is None:
            return rows
        condition = parse(where)
        return [row for row in rows if holds(condition, typed(row))]


def typed(row: Row) -> Row:
    """Give the stamp as a moment; one that is unset is before all others."""
    text = row.get("lastModifiedDateTime") or "0001-01-01T00:00:00Z"
    return {**row, "lastModifiedDateTime": datetime.fromisoformat(text)}
