"""Creates, changes and deletes, with the emulator over a socket; what is lost, with a script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from airflow_provider_bc.api.records import DUPLICATE
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.errors import (
    ApplicationRejected,
    ConfigurationError,
    Conflict,
    NotFound,
    RequestRejected,
    Unavailable,
)
from tests.drivers import DRIVERS, Driver
from tests.test_client import connected

ID = "11111111-2222-3333-4444-aaaaaaaaaaaa"


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest, business_central: Server) -> Iterator[Driver]:
    with request.param(connected(business_central), retries=Retries(attempts=0)) as made:
        yield made


@pytest.fixture
def company(business_central: Server) -> Company:
    return business_central.emulator.companies[0]


def test_a_record_is_created_with_exact_values(driver: Driver, company: Company) -> None:
    row = driver.call(
        "create",
        "customers",
        {
            "displayName": "Adatum",
            "creditLimit": Decimal("12345678901234.56789"),
            "blocked": "Ship",
        },
        record_id=ID.upper(),
    )

    (made,) = (one for one in company.rows("customers") if one["id"] == ID)
    assert (row["id"], row["blocked"]) == (ID, "Ship")
    assert made["creditLimit"] == row["creditLimit"] == Decimal("12345678901234.56789")


def test_a_record_that_was_created_is_not_created_again(driver: Driver, company: Company) -> None:
    first = driver.call("create", "customers", {"displayName": "A"}, record_id=ID)
    again = driver.call("create", "customers", {"displayName": "A"}, record_id=UUID(ID))

    assert again == first
    assert len([one for one in company.rows("customers") if one["displayName"] == "A"]) == 1


def test_a_taken_number_is_refused(driver: Driver) -> None:
    with pytest.raises(RequestRejected) as caught:
        driver.call("create", "customers", {"number": "10000", "displayName": "A"})

    assert caught.value.code == DUPLICATE


def test_an_order_is_created_whole_where_no_own_id_is_taken(
    driver: Driver, company: Company
) -> None:
    lines = [{"lineObjectNumber": "1896-S", "quantity": Decimal("1.5")}, {"description": "note"}]
    order = {"customerNumber": "10000", "orderDate": date(2026, 3, 1), "salesOrderLines": lines}
    made = driver.call("create", "salesOrders", order, expand=["salesOrderLines"])

    assert [line["quantity"] for line in made["salesOrderLines"]] in ([1.5, 0], [0, 1.5])
    assert len([row for row in company.rows("salesOrders") if row["id"] == made["id"]]) == 1


def test_a_natural_key_is_looked_up_first(driver: Driver, company: Company) -> None:
    order = {"customerNumber": "10000", "externalDocumentNumber": "RUN*1"}
    company.create("salesOrders", {"customerNumber": "10000", "externalDocumentNumber": "RUN-1"})
    first = driver.call("create", "salesOrders", order, by=["externalDocumentNumber"])
    again = driver.call("create", "salesOrders", order, by=["externalDocumentNumber"])

    assert first["id"] == again["id"]
    assert first["externalDocumentNumber"] == "RUN*1"


def test_a_line_is_created_below_its_document(driver: Driver, company: Company) -> None:
    order = next(iter(company.rows("salesOrders")))["id"]
    line = driver.call("create", f"salesOrders({order})/salesOrderLines", {"description": "x"})

    assert line["documentId"] == order


def test_business_logic_may_refuse(driver: Driver) -> None:
    with pytest.raises(ApplicationRejected):
        driver.call("create", "salesOrders", {"externalDocumentNumber": "no customer"})


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        ("create", ("customer", {}), "Did you mean customers"),
        ("create", ("customers", {"displayname": "A"}), "Did you mean displayName"),
        ("create", ("customers?x", {}), "is no entity set"),
        ("update", ("customers", ID, {}), "nothing to change"),
        ("update", ("customers", {"@odata.etag": "W/1"}, {"city": "A"}), "lacks its key, id"),
        ("update", ("salesOrders", ID, {"salesOrderLines": []}), "no deep update"),
        ("upsert", ("customers", {"city": "A"}), "number, by which"),
    ],
)
def test_what_cannot_be_right_is_not_sent(
    driver: Driver, business_central: Server, verb: str, arguments: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        driver.call(verb, *arguments)

    sent = {entry.method for entry in business_central.emulator.log.entries if entry.kind == "data"}
    assert sent <= {"GET"}


@pytest.mark.parametrize("verb", ["create", "update", "delete", "upsert", "act"])
def test_an_option_that_does_not_exist_is_refused(driver: Driver, verb: str) -> None:
    needed = {"create": 1, "update": 2, "delete": 1, "upsert": 1, "act": 2}[verb]
    with pytest.raises(TypeError, match="no option 'compny'"):
        driver.call(verb, "customers", *[""] * needed, compny="x")


def test_a_row_that_was_read_guards_its_change(driver: Driver, company: Company) -> None:
    (row,) = driver.call("read", "customers", top=1)
    driver.call("update", "customers", row, {"city": "Ulm"})
    with pytest.raises(Conflict):
        driver.call("update", "customers", row, {"city": "Ulm"})
    again = driver.call("update", "customers", row, {"city": "Ulm"}, repeated=True)
    assert again["city"] == "Ulm"
    with pytest.raises(Conflict):
        driver.call("update", "customers", row, {"city": "Bonn"}, repeated=True)
    with pytest.raises(Conflict):
        driver.call("update", "customers", row, {"city": "Bonn"})
    changed = driver.call("update", "customers", row, {"city": "Bonn"}, reapply=1)
    with pytest.raises(Conflict):
        driver.call("delete", "customers", row)

    assert changed["city"] == "Bonn"
    assert driver.call("delete", "customers", changed) is True
    assert row["id"] not in [one["id"] for one in company.rows("customers")]


def test_a_key_is_enough(driver: Driver) -> None:
    key = driver.call("create", "customers", {"displayName": "A"})["id"]
    assert driver.call("update", "customers", key, {"city": "Ulm"})["city"] == "Ulm"
    assert driver.call("update", "customers", key, {"city": "Bonn"}, etag="*")["city"] == "Bonn"
    assert driver.call("delete", "customers", key, etag="*") is True
    assert driver.call("delete", "customers", key, missing_ok=True) is False
    for verb in ("delete", "update"):
        with pytest.raises(NotFound):
            driver.call(verb, "customers", key, *[{"city": "A"}] * (verb == "update"))


def test_a_company_that_is_missing_is_no_missing_record(driver: Driver) -> None:
    with pytest.raises(ConfigurationError):
        driver.call("delete", "customers", ID, missing_ok=True, company="nope")


def test_an_upsert_creates_changes_or_leaves_alone(driver: Driver, company: Company) -> None:
    values = {"number": "adatum*1", "displayName": "Adatum", "taxLiable": False}
    outcomes = [
        driver.call("upsert", "customers", values),
        driver.call("upsert", "customers", values),
        driver.call("upsert", "customers", {**values, "taxLiable": True}, reapply=2),
        driver.call("upsert", "customers", {"number": " adatum*1 ", "displayName": "Adatum"}),
    ]

    assert [one.outcome for one in outcomes] == ["created", "unchanged", "updated", "unchanged"]
    assert outcomes[2].row["taxLiable"] is True
    (found,) = (row for row in company.rows("customers") if row["displayName"] == "Adatum")
    assert found["number"] == "ADATUM*1"


def test_an_upsert_by_other_keys(driver: Driver, company: Company) -> None:
    item = company.rows("items")[0]
    same_item = {"id": item["id"], "displayName": "Renamed"}
    assert driver.call("upsert", "items", same_item, by=["id"]).outcome == "updated"
    day = {"orderDate": "2026-05-05", "customerNumber": "10000"}
    first = driver.call("upsert", "salesOrders", day, by=["orderDate", "customerNumber"])
    driver.call("create", "salesOrders", day)
    with pytest.raises(ConfigurationError, match="Several salesOrders have orderDate"):
        driver.call("upsert", "salesOrders", day, by=["orderDate", "customerNumber"])
    assert first.outcome == "created"


@pytest.mark.parametrize("verb", ["upsert", "create"])
def test_a_text_that_is_a_key_is_written_as_it_is_looked_for(
    driver: Driver, company: Company, verb: str
) -> None:
    for _ in range(2):
        driver.call(verb, "customers", {"displayName": " Foo "}, by=["displayName"])
    found = [row for row in company.rows("customers") if "Foo" in str(row["displayName"])]
    assert [row["displayName"] for row in found] == ["Foo"]


def test_a_moment_and_an_enum_may_find_a_record(driver: Driver, company: Company) -> None:
    customer = company.rows("customers")[0]
    entities = driver.client.entities
    target = driver.perform(entities.target("customers", {}))
    values = {name: customer[name] for name in ("lastModifiedDateTime", "blocked")}
    assert driver.perform(entities.all_with(target, values))


def test_writes_do_not_look_at_the_replica(driver: Driver, business_central: Server) -> None:
    driver.call("upsert", "customers", {"number": "N-1", "displayName": "A"})
    looked = [
        one for one in business_central.emulator.log.entries if one.path.endswith("customers")
    ]
    assert looked
    assert "ReadOnly" not in {one.headers.get("data-access-intent") for one in looked}


def test_a_change_whose_answer_is_cut_was_made(driver: Driver, business_central: Server) -> None:
    key = driver.call("create", "customers", {"displayName": "A"})["id"]
    business_central.emulator.faults.add("dropped_midway", where="customers(")
    assert driver.call("update", "customers", key, {"city": "Ulm"}, etag="*")["city"] == "Ulm"


@pytest.mark.parametrize("fault", ["answer_lost", "cut_json", "error_in_200"])
def test_an_upsert_in_doubt_is_looked_for_by_its_natural_key(
    driver: Driver, business_central: Server, fault: str
) -> None:
    values = {"customerNumber": "10000", "externalDocumentNumber": "E1"}
    orders: dict[str, Any] = {"by": ["externalDocumentNumber"]}
    driver.call("read", "salesOrders", top=1)
    business_central.emulator.faults.add(fault, after=2, where="/salesOrders")
    found = driver.call("upsert", "salesOrders", values, **orders)
    assert found.row["externalDocumentNumber"] == "E1"
    company = business_central.emulator.companies[0]
    made = [row for row in company.rows("salesOrders") if row["externalDocumentNumber"] == "E1"]
    assert len(made) == 1


def test_a_change_that_did_not_arrive_is_lost(driver: Driver, business_central: Server) -> None:
    key = driver.call("create", "customers", {"displayName": "A"})["id"]
    business_central.emulator.faults.add("dropped", where="customers(")
    with pytest.raises(Unavailable):
        driver.call("update", "customers", key, {"city": "Ulm"}, etag="*")
