"""Rows that come through their parents: flattened, told apart, gone when a parent loses them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from upath import UPath

from airflow_provider_bc.errors import IncompleteRead, TooManyDeleted
from airflow_provider_bc.odata.metadata import read_metadata
from airflow_provider_bc.odata.page import Page, Row
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.children import PARENT_ID, PARENT_MODIFIED_AT, ChildPageReader
from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.identity import Identity
from airflow_provider_bc.sync.page_reader import PageReader
from airflow_provider_bc.sync.sweep import key_texts
from tests.sync.ledger import ENTRY, Ledger
from tests.sync.loader import Loader

CSDL = """<Edmx><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="order"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/>
<Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/>
<NavigationProperty Name="lines" Type="Collection(N.line)"/>
<NavigationProperty Name="customer" Type="N.customer"/></EntityType>
<EntityType Name="line"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid"/><Property Name="qty" Type="Edm.Decimal"/></EntityType>
<EntityType Name="customer"><Property Name="name" Type="Edm.String"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="orders" EntityType="N.order"/></EntityContainer>
</Schema></Edmx>"""
METADATA = read_metadata(CSDL.encode())
ORDER = METADATA.entity_type_of("orders")
MARCH = "2026-03-01T12:00:00Z"
LATER = "2026-03-01T12:30:00Z"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SWEPT: dict[str, Any] = {"sweep_every": timedelta(0)}


def reader(navigation: str, stamp: str | None = "lastModifiedDateTime") -> ChildPageReader:
    fields = ["id", *([stamp] if stamp else [])]
    columns = Columns(METADATA, ORDER, fields, [Expand(navigation)])
    return ChildPageReader(PageReader(columns), "id", stamp, navigation)


def order(key: str, stamp: str, *lines: str, **more: Any) -> Row:
    children = [{"id": line, "qty": 1} for line in lines]
    return {"id": key, "lastModifiedDateTime": stamp, "lines": children, **more}


def body(*orders: Row, **more: Any) -> bytes:
    return json.dumps({"value": orders, **more}).encode()


def test_a_page_of_parents_is_a_page_of_their_children() -> None:
    page = reader("lines")(
        body(
            order("A", MARCH, "a", "b"),
            order("B", MARCH),
            order("C", LATER, "c"),
            **{"@odata.count": 7, "@odata.nextLink": "https://x"},
        )
    )

    assert [tuple(row.values()) for row in page.rows.to_pylist()] == [
        ("a", 1, "A", NOON),
        ("b", 1, "A", NOON),
        ("c", 1, "C", NOON + timedelta(minutes=30)),
    ]
    assert page.rows.schema.names == ["id", "qty", PARENT_ID, PARENT_MODIFIED_AT]
    assert (page.count, page.next_link) == (7, "https://x")


def test_parents_without_children_count() -> None:
    page = reader("lines")(body(order("A", MARCH), {**order("B", MARCH), "lines": None}))

    assert (page.rows.num_rows, page.entities) == (0, 2)
    assert page.parents.to_pylist() == ["A", "B"]


def test_a_navigation_to_one_gives_one_child_or_none() -> None:
    page = reader("customer")(
        body(
            order("A", MARCH, customer={"name": "x"}),
            order("B", MARCH, customer=None),
            order("C", MARCH, customer={"name": None}),
        )
    )

    assert [tuple(row.values()) for row in page.rows.to_pylist()] == [
        ("x", "A", NOON),
        (None, "C", NOON),
    ]
    assert page.entities == 3


def test_without_a_stamp_of_the_parents_there_is_no_column_for_it() -> None:
    page = reader("lines", stamp=None)(body({"id": "A", "lines": [{"id": "a", "qty": 1}]}))

    assert page.rows.to_pylist() == [{"id": "a", "qty": 1, PARENT_ID: "A"}]


def test_an_empty_page_has_no_parents() -> None:
    page = reader("lines")(body())

    assert (page.rows.num_rows, page.entities) == (0, 0)
    assert page.rows.schema == reader("lines").schema


class Orders(Ledger):
    """Serves lines through their orders; conditions and counts are of orders."""

    def __init__(self, *orders: Row) -> None:
        super().__init__(kind=ENTRY)
        self.lines = reader("lines")
        self.identity = Identity((PARENT_ID, "id"), PARENT_MODIFIED_AT, "lastModifiedDateTime")
        self.write(*orders)

    @property
    def schema(self) -> pa.Schema:
        return self.lines.schema

    def place(self, row: Row) -> str:
        return str(row["id"])

    def read(self, *rows: Row, **more: Any) -> Page[pa.RecordBatch]:
        return self.lines(body(*rows, **{f"@odata.{name}": one for name, one in more.items()}))

    def by_key(self, keys: Iterable[dict[str, Any]], where: str | None) -> Iterator[pa.RecordBatch]:
        wanted = pa.Table.from_pylist(list(keys), self.schema)
        texts = key_texts(wanted, self.identity.key)
        for row in self.matching(where):
            batch = self.read(row).rows
            here = key_texts(batch, self.identity.key)
            yield batch.filter(pc.is_in(here, value_set=texts))


@pytest.fixture
def orders() -> Orders:
    return Orders(
        order("A", MARCH, "a1", "a2"), order("B", MARCH), order("C", MARCH, "c1", "c2", "c3")
    )


@pytest.fixture
def loader(folder: UPath, orders: Orders) -> Loader:
    loader = Loader(folder, orders)
    loader.run()
    return loader


def lines(loader: Loader) -> list[str]:
    batches = loader.table.live_keys((PARENT_ID, "id"))
    return sorted("/".join(row.values()) for batch in batches for row in batch.to_pylist())


def test_children_of_all_parents_are_loaded(loader: Loader) -> None:
    assert lines(loader) == ["A/a1", "A/a2", "C/c1", "C/c2", "C/c3"]
    assert loader.progress.rows == 5
    assert not loader.run().changed


def test_a_child_that_a_changed_parent_has_no_more_is_gone(loader: Loader, orders: Orders) -> None:
    orders.write(order("C", LATER, "c2", "c4"))

    commit = loader.run().commit

    assert (commit.kind, commit.rows, commit.deleted) == ("changes", 2, 2)
    assert lines(loader) == ["A/a1", "A/a2", "C/c2", "C/c4"]
    assert not loader.run().changed


def test_a_changed_parent_may_lose_all_its_children(loader: Loader, orders: Orders) -> None:
    orders.write(order("A", LATER))

    assert loader.run().commit.deleted == 2
    assert lines(loader) == ["C/c1", "C/c2", "C/c3"]


def test_children_that_are_all_gone_at_once_are_suspicious(folder: UPath) -> None:
    keys = [f"{number:02}" for number in range(30)]
    loader = Loader(folder, Orders(*(order(key, MARCH, key) for key in keys)))
    loader.run()
    before = loader.files()
    loader.ledger.write(*(order(key, LATER) for key in keys))

    with pytest.raises(TooManyDeleted, match="30 of 30 stored rows"):
        loader.run()

    assert loader.files() == before
    assert loader.run(most_deleted=1).commit.deleted == 30


def test_a_child_may_go_to_another_parent(loader: Loader, orders: Orders) -> None:
    orders.write(order("A", LATER, "a1"), order("B", LATER, "a2"))

    loader.run()

    assert lines(loader) == ["A/a1", "B/a2", "C/c1", "C/c2", "C/c3"]


def test_children_of_parents_that_did_not_change_stay(loader: Loader, orders: Orders) -> None:
    orders.pass_time(3_600)
    orders.write(order("D", "2026-03-01T13:30:00Z", "d1"))

    assert loader.run(overlap=timedelta(0)).commit.deleted == 0
    assert len(lines(loader)) == 6


def test_a_sweep_finds_children_of_parents_that_are_gone(loader: Loader, orders: Orders) -> None:
    del orders.rows["C"]
    orders.write(order("E", "2020-01-01T00:00:00Z", "e1"))

    outcome = loader.run(**SWEPT)

    assert (outcome.found, outcome.commit.deleted) == (1, 3)
    assert lines(loader) == ["A/a1", "A/a2", "E/e1"]


def test_a_full_load_finds_them_too(loader: Loader, orders: Orders) -> None:
    del orders.rows["C"]

    assert loader.run("full").commit.deleted == 3
    assert lines(loader) == ["A/a1", "A/a2"]


@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_children_that_nobody_may_see_any_more_stay(folder: UPath, mode: Any) -> None:
    keys = [f"{number:02}" for number in range(30)]
    loader = Loader(folder, Orders(*(order(key, MARCH, key) for key in keys)))
    loader.run()
    before = loader.files()
    loader.ledger.write(*(order(key, MARCH) for key in keys[1:]))

    with pytest.raises(TooManyDeleted, match="29 of 30 stored rows"):
        loader.run(mode, overlap=timedelta(0), **SWEPT)

    assert loader.files() == before


def test_parents_that_do_not_add_up_publish_nothing(loader: Loader, orders: Orders) -> None:
    orders.claims = [5, 5, None, 5, 5, None]

    with pytest.raises(IncompleteRead, match="3 rows arrived, but Business Central counted 5"):
        loader.run("full")
