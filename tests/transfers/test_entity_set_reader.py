"""What a load asks Business Central for: pages, counts, keys, cuts, each as few as can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Property
from airflow_provider_bc.odata.query import encode
from airflow_provider_bc.sync.identity import Identity
from airflow_provider_bc.sync.ranges import cut
from airflow_provider_bc.transfers.children_reader import reader_of
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead
from airflow_provider_bc.transfers.entity_set_reader import EntitySetReader, any_of, literal_of
from tests.odata.reader import holds, parse
from tests.peer import settings
from tests.world import LEDGER, World

STAMP = "lastModifiedDateTime"


KIND = EntityType(
    "thing",
    ("id", "number"),
    {
        "id": Property("id", "Edm.Guid"),
        "number": Property("number", "Edm.Int32"),
        "name": Property("name", "Edm.String"),
    },
    {},
)
GUID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"


def reader(
    world: World, entity_set: str, said: list[str] | None = None, **options: Any
) -> EntitySetReader:
    read = EntitySetRead(world.client(), entity_set, **options)
    lines = [] if said is None else said
    found = reader_of(read, read.client.metadata(read.api), lines.append)
    assert isinstance(found, EntitySetReader)
    return found


def ids(batches: Any, name: str = "id") -> list[str]:
    return [key for batch in batches for key in batch[name].to_pylist()]


def test_pages_hold_every_row_once_and_the_first_its_count(world: World) -> None:
    ledger = reader(world, "customers", page_size=50)
    pages = list(ledger.pages(None, count=True))

    assert ids(page.rows for page in pages) == [row["id"] for row in world.truth("customers")]
    assert (pages[0].count, len(pages)) == (120, 3)
    assert {page.rows.schema for page in pages} == {ledger.schema}
    assert (ledger.page_size, ledger.resumable) == (50, True)


def test_a_read_goes_on_at_a_link(world: World) -> None:
    ledger = reader(world, "customers", page_size=50)
    first = next(ledger.pages(None))

    rest = ids(page.rows for page in ledger.pages(None, first.next_link))

    assert ids([first.rows]) + rest == [row["id"] for row in world.truth("customers")]


def test_a_condition_holds_for_pages_counts_and_keys(world: World) -> None:
    numbers = sorted(str(row["number"]) for row in world.truth("customers"))[:3]
    where = " or ".join(f"number eq '{number}'" for number in numbers)
    ledger = reader(world, "customers")

    assert ledger.count(where) == 3
    assert ledger.count(None) == 120
    keys = list(ledger.keys(where))
    assert {batch.schema.names[0] for batch in keys} == {"id"}
    assert sorted(ids(keys)) == sorted(ids(page.rows for page in ledger.pages(where)))


def test_key_and_stamp_come_with_any_selection(world: World) -> None:
    ledger = reader(world, "customers", select=["displayName"])

    assert set(ledger.schema.names) == {"id", "displayName", STAMP}
    assert ledger.identity == Identity(("id",), STAMP, STAMP)
    assert set(next(ledger.pages(None)).rows.schema.names) == set(ledger.schema.names)


def test_the_source_names_the_query_that_was_asked_for(world: World) -> None:
    ledger = reader(world, "customers", select=["displayName"], where="city eq 'Kiel'")
    company = world.client().company()

    source = ledger.source(company)

    assert (source.entity_set, source.company_id, source.api) == ("customers", company.id, "v2.0")
    assert "displayName" in source.query
    assert source.environment == world.client().settings.environment


def test_rows_are_read_by_their_keys_fifty_at_a_time(world: World) -> None:
    rows = world.truth("customers")
    ledger = reader(world, "customers")
    ledger.count(None)  # finds the company, too
    world.emulator.log.clear()
    wanted = [{"id": row["id"]} for row in rows[:120]] + [
        {"id": f"{'0' * 8}-0000-0000-0000-{'0' * 12}"}
    ]

    found = ids(ledger.by_key(wanted, None))

    assert sorted(found) == sorted(row["id"] for row in rows)
    assert world.emulator.log.count(kind="data") == 3
    assert ids(ledger.by_key([], None)) == []
    some = " or ".join(f"number eq '{row['number']}'" for row in rows[:3])
    assert sorted(ids(ledger.by_key(wanted, some))) == sorted(str(row["id"]) for row in rows[:3])


def test_fewer_rows_are_read_at_once_where_the_condition_is_long(world: World) -> None:
    rows = world.truth("customers")
    where = " or ".join(f"id eq {row['id']}" for row in rows[:118])

    found = ids(reader(world, "customers", where=where).by_key(rows[:60], where))

    assert sorted(found) == sorted(str(row["id"]) for row in rows[:60])


def test_the_case_of_a_selection_makes_no_other_query(world: World) -> None:
    company = world.client().company()
    for entity_set, names in [
        ("customers", ["displayName", "city"]),
        ("salesInvoices/salesInvoiceLines", ["description", "quantity"]),
    ]:
        shouted = [name.upper() for name in names]
        reads = [EntitySetRead(world.client(), entity_set, select=one) for one in (names, shouted)]
        one, other = (reader_of(read, read.client.metadata(), print) for read in reads)

        assert one.source(company) == other.source(company)
        assert one.schema == other.schema


@pytest.mark.parametrize("name", ["attachments", "dimensionSetLines", "pdfDocument"])
def test_what_is_not_listed_without_a_parent_is_refused(world: World, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"does not list {name}") as caught:
        reader(world, name)

    assert f"<parent>/{name}" in caught.value.remedy
    assert EntitySetRead(world.client(), f"salesInvoices/{name}").through


def test_rows_with_a_key_of_several_fields_are_read_one_after_another(world: World) -> None:
    ledger = reader(world, "SalesOrder", api="ODataV4")
    assert ledger.identity.key == ("Document_Type", "No")
    ledger.count(None)
    world.emulator.log.clear()

    found = list(
        ledger.by_key(
            [{"Document_Type": "Order", "No": "1"}, {"Document_Type": "Order", "No": "O'N"}], None
        )
    )

    assert sum(batch.num_rows for batch in found) == 0
    assert world.emulator.log.count(kind="data") == 2


def test_a_ledger_is_cut_by_its_entry_numbers_into_even_ranges(world: World) -> None:
    ledger = reader(world, LEDGER)
    where = "entryNumber gt 100"
    rows = ledger.count(where)

    ranges = cut(ledger, where, rows, 5)

    assert len(ranges) == 5
    sizes = [ledger.count(one.where) for one in ranges]
    assert sum(sizes) == rows
    assert max(sizes) - min(sizes) <= 5
    assert ledger.cut_field is not None
    assert ledger.cut_field.value_at(10**6, where) is None
    assert ledger.cut_field.value_at(0, None) == min(row["entryNumber"] for row in world.truth())


def test_what_has_no_entry_number_cannot_be_cut(world: World) -> None:
    assert reader(world, "customers").cut_field is None


def test_the_time_is_that_of_the_service(world: World) -> None:
    client = world.client()
    world.emulator.clock.advance(86_400)
    client.companies()
    read = EntitySetRead(client, "customers")
    ledger = reader_of(read, client.metadata(), print)

    there = datetime.fromtimestamp(world.emulator.clock.now(), UTC)
    assert abs(ledger.now() - there) < timedelta(seconds=5)


class Scripted:
    """A client whose answers are given; it only walks."""

    def __init__(self, *bodies: bytes) -> None:
        self.settings = settings()
        self._bodies = bodies

    def walk(self, _: str, read: Callable[[bytes], Any], *__: Any, **___: Any) -> Iterator[Any]:
        return map(read, self._bodies)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": GUID, "number": 1, "name": "a", "@odata.etag": "e"}, []),
        (
            {"id": GUID, "number": 1, "name": "a", "new": 1, "name@odata.type": "t"},
            ["Fields that $metadata does not name are left out: ['new']"],
        ),
        (
            {"id": GUID},
            ["Fields that Business Central does not send are null: ['name', 'number']"],
        ),
        (None, []),
    ],
)
def test_fields_that_differ_from_the_metadata_are_said_once(
    row: dict[str, Any] | None, said: list[str]
) -> None:
    body = json.dumps({"value": [] if row is None else [row]}).encode()
    client: Any = Scripted(body, body)
    lines: list[str] = []
    things = EntitySetReader(EntitySetRead(client, "things"), Metadata({}, {}), KIND, lines.append)

    next(things.pages(None, count=True))  # a load reads its first page so, and no other
    list(things.pages(None))

    assert lines == said


def test_names_that_the_api_does_not_have_are_refused(world: World) -> None:
    with pytest.raises(ConfigurationError, match="There is no entity set 'custmers'"):
        reader(world, "custmers")
    with pytest.raises(ConfigurationError, match="customer has no field cty"):
        reader(world, "customers", select=["cty"])


def test_a_guid_is_written_without_quotes_and_a_text_with() -> None:
    assert str(next(any_of(KIND, "id", [GUID], 100))) == f"(id eq {GUID})"
    assert str(next(any_of(KIND, "name", ["O'Neill"], 100))) == "(name eq 'O''Neill')"
    assert literal_of(KIND, "number", 5) == 5


@pytest.mark.parametrize("count", [0, 1, 50, 51, 120])
def test_any_of_many_values_matches_each_of_them_and_nothing_else(count: int) -> None:
    numbers = list(range(0, 2 * count, 2))
    conditions = [parse(str(one)) for one in any_of(KIND, "number", numbers, 8_000)]

    assert len(conditions) == -(-count // 50)
    for number in range(-1, 2 * count + 2):
        row = {"number": Decimal(number)}
        assert sum(holds(one, row) for one in conditions) == (number in numbers)


@pytest.mark.parametrize(("room", "longest"), [(8_000, 50), (150, 3), (1, 1)])
def test_as_many_values_are_asked_for_as_there_is_room(room: int, longest: int) -> None:
    conditions = [str(one) for one in any_of(KIND, "number", range(100, 200), room)]

    sizes = [one.count("number eq") for one in conditions]
    assert (sizes[0], sum(sizes)) == (longest, 100)
    assert room == 1 or all(len(encode({"$filter": one})) <= room for one in conditions)


def test_rows_keep_their_types(world: World) -> None:
    page = next(reader(world, LEDGER).pages(None))

    assert page.rows.schema.field("postingDate").type == pa.date32()
    assert isinstance(page.rows[STAMP][0].as_py(), datetime)
