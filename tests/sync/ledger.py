"""A server of one small entity set, behind the seam that a load reads through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from airflow_provider_bc.odata.metadata import EntityType, Metadata, read_metadata
from airflow_provider_bc.odata.page import Page, Row, read_page
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Source
from tests.odata.reader import holds, parse

CSDL = """<Edmx><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="entry"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/><Property Name="amount" Type="Edm.Decimal"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="stampless"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/></EntityType>
<EntityType Name="attachment"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="documentAttachment"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
<EntityType Name="keyless">
<Property Name="systemModifiedAt" Type="Edm.DateTimeOffset"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="entries" EntityType="N.entry"/></EntityContainer>
</Schema></Edmx>"""
METADATA: Metadata = read_metadata(CSDL.encode())
ENTRY: EntityType = METADATA.entity_type_of("entries")
COLUMNS = Columns(METADATA, ENTRY)
SOURCE = Source("tenant", "Production", "company", "v2.0", "entries", "")


def entry(key: str, stamp: str, amount: float = 1) -> Row:
    return {"id": key, "amount": amount, "lastModifiedDateTime": stamp}


class Ledger:
    """Serves rows page by page, with the count of all that match on the first page."""

    def __init__(self, *rows: Row, page_size: int = 2) -> None:
        self.rows: dict[str, Row] = {row["id"]: row for row in rows}
        self.page_size = page_size
        self.conditions: list[str | None] = []
        self.claims: list[int | None] = []
        """Counts to be given in place of the true ones."""

    def write(self, *rows: Row) -> None:
        self.rows |= {row["id"]: row for row in rows}

    def pages(self, where: str | None) -> Iterator[Page]:
        self.conditions.append(where)
        rows = self._matching(where)
        count = self.claims.pop(0) if self.claims else len(rows)
        for start in range(0, len(rows) or 1, self.page_size):
            body: dict[str, Any] = {"value": rows[start : start + self.page_size]}
            if start == 0:
                body["@odata.count"] = count
            yield read_page(json.dumps(body).encode())

    def count(self, where: str | None) -> int:
        claim = self.claims.pop(0) if self.claims else None
        return len(self._matching(where)) if claim is None else claim

    def _matching(self, where: str | None) -> list[Row]:
        rows = list(self.rows.values())
        return rows if where is None else [row for row in rows if holds(parse(where), _typed(row))]


def _typed(row: Row) -> Row:
    stamp = datetime.fromisoformat(row["lastModifiedDateTime"])
    return {**row, "lastModifiedDateTime": stamp}
