"""Lines through their documents: all of them, none of another, and those that went."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.children import PARENT_ID, PARENT_MODIFIED_AT
from airflow_provider_bc.sync.identity import Identity
from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.children_reader import ChildrenReader, reader_of
from airflow_provider_bc.transfers.entity_set_read import PARENTS, EntitySetRead
from airflow_provider_bc.transfers.entity_set_reader import EntitySetReader
from airflow_provider_bc.transfers.file_store import folder_name
from tests.transfers.test_entity_set_load import SWEPT
from tests.world import World, plain

STAMP = "lastModifiedDateTime"
LINES = "salesInvoices/salesInvoiceLines"
ORDER_LINES = "salesOrders/salesOrderLines"


def reader(world: World, entity_set: str, **options: Any) -> ChildrenReader:
    read = EntitySetRead(world.client(), entity_set, **options)
    found = reader_of(read, read.client.metadata(read.api), print)
    assert isinstance(found, ChildrenReader)
    return found


def rows_of(batches: Any) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def truth(world: World, entity_set: str = "salesInvoiceLines") -> list[str]:
    return sorted(str(row["id"]) for row in world.truth(entity_set))


def test_lines_come_with_their_document_and_its_stamp(world: World) -> None:
    lines = reader(world, LINES, page_size=7)
    stamps = {row["id"]: row[STAMP] for row in world.truth("salesInvoices")}

    pages = list(lines.pages(None, count=True))

    rows = rows_of(page.rows for page in pages)
    assert sorted(row["id"] for row in rows) == truth(world)
    assert (pages[0].count, sum(page.entities for page in pages)) == (40, 40)
    for row in rows:
        assert row[PARENT_ID] == row["documentId"]
        assert row[PARENT_MODIFIED_AT] == plain(stamps[row[PARENT_ID]])
    assert lines.identity == Identity((PARENT_ID, "id"), PARENT_MODIFIED_AT, STAMP)
    assert (lines.resumable, lines.cut_field) == (False, None)


def test_children_with_a_stamp_of_their_own_are_read_whole_each_time(world: World) -> None:
    lines = reader(world, "journals/journalLines")

    assert lines.identity == Identity((PARENT_ID, "id"), None, None)
    assert PARENT_MODIFIED_AT not in lines.schema.names
    found = rows_of(page.rows for page in lines.pages(None))
    assert sorted(row["id"] for row in found) == truth(world, "journalLines")


def test_a_navigation_that_leads_to_one_is_a_table_too(world: World) -> None:
    found = rows_of(page.rows for page in reader(world, "salesInvoices/customer").pages(None))

    assert {row[PARENT_ID] for row in found} <= {row["id"] for row in world.truth("salesInvoices")}
    assert {row["id"] for row in found} <= {row["id"] for row in world.truth("customers")}
    assert found


def test_keys_and_counts_are_those_of_the_condition_on_parents(world: World) -> None:
    lines = reader(world, LINES)
    one = world.truth("salesInvoices")[0]
    where = f"id eq {one['id']}"

    keys = rows_of(lines.keys(where))

    assert lines.count(where) == 1
    assert lines.count(None) == 40
    assert {row[PARENT_ID] for row in keys} == {one["id"]}
    assert set(keys[0]) == {"id", PARENT_ID, PARENT_MODIFIED_AT}
    assert len(rows_of(lines.keys(None))) == 80


def test_children_are_read_by_their_keys_through_few_parents(world: World) -> None:
    lines = reader(world, LINES)
    keys = [{PARENT_ID: row[PARENT_ID], "id": row["id"]} for row in rows_of(lines.keys(None))]
    wanted, unknown = keys[::3], [{PARENT_ID: keys[0][PARENT_ID], "id": keys[-1]["id"]}]
    world.emulator.log.clear()

    found = rows_of(lines.by_key([*wanted, *unknown], None))

    assert sorted(row["id"] for row in found) == sorted(row["id"] for row in wanted)
    assert world.emulator.log.count(kind="data") == 1
    assert rows_of(lines.by_key([], None)) == []
    where = f"id eq {keys[0][PARENT_ID]}"
    assert {row[PARENT_ID] for row in rows_of(lines.by_key(keys, where))} == {keys[0][PARENT_ID]}


def test_fewer_parents_are_read_at_once_where_the_condition_is_long(world: World) -> None:
    lines = reader(world, LINES)
    keys = rows_of(lines.keys(None))
    where = " or ".join(f"id eq {row['id']}" for row in world.truth("salesInvoices") * 3)

    found = rows_of(lines.by_key(keys, where))

    assert len(where) > 5_000
    assert len(found) == len(keys)


@pytest.mark.parametrize("name", sorted(PARENTS))
def test_lines_that_cannot_be_listed_are_read_through_their_documents(
    world: World, name: str
) -> None:
    lines = reader(world, name)

    source = lines.source(world.client().company())
    assert source.entity_set == f"{PARENTS[name]}/{name}"
    assert (
        source.entity_set
        == reader(world, source.entity_set).source(world.client().company()).entity_set
    )


def test_the_lines_of_one_document_are_read_by_themselves(world: World) -> None:
    order = world.truth("salesOrders")[0]["id"]
    read = EntitySetRead(world.client(), f"salesOrders({order})/salesOrderLines")

    assert isinstance(reader_of(read, read.client.metadata(), print), EntitySetReader)


@pytest.mark.parametrize(
    ("entity_set", "said"),
    [
        ("salesInvoices/lines", "salesInvoices has no navigation property 'lines'"),
        ("invoices/salesInvoiceLines", "There is no entity set 'invoices'"),
    ],
)
def test_names_that_the_api_does_not_have_are_refused(
    world: World, entity_set: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        reader(world, entity_set)


def test_a_parent_with_a_key_of_several_fields_has_no_children_here(world: World) -> None:
    with pytest.raises(ConfigurationError, match="has no navigation property 'lines'") as caught:
        reader(world, "SalesOrder/lines", api="ODataV4")
    assert caught.value.remedy == "It has none."


def copied(world: World) -> dict[str, dict[str, Any]]:
    """Read the copies by their ids."""
    found = world.place.rows(folder_name(ORDER_LINES))
    assert found is not None
    return {str(row["id"]): row for row in found}


def load(world: World, **options: Any) -> Report:
    return world.copy(ORDER_LINES, **options)


def test_lines_that_a_changed_document_lost_are_gone(world: World) -> None:
    client = world.client()
    first = load(world, client=client)
    assert (first.kind, first.rows) == ("snapshot", 80)
    order = world.truth("salesOrders")[0]["id"]
    kept, lost = world.company.lines("salesOrders", str(order))[:2]
    world.company.delete("salesOrderLines", lost.key)
    world.company.update("salesOrderLines", kept.key, {"quantity": Decimal("7.25")})

    report = load(world, client=client)

    assert (report.kind, report.deleted) == ("changes", 1)
    assert sorted(copied(world)) == truth(world, "salesOrderLines")
    assert copied(world)[kept.key]["quantity"] == Decimal("7.25")
    assert load(world, client=client).kind == "nothing"


def test_lines_of_documents_that_are_gone_go_with_the_next_sweep(world: World) -> None:
    client = world.client()
    load(world, client=client)
    world.company.delete("salesOrders", str(world.truth("salesOrders")[0]["id"]))

    assert load(world, client=client).kind == "nothing"
    assert load(world, client=client, policy=SWEPT).deleted == 2
    assert sorted(copied(world)) == truth(world, "salesOrderLines")
