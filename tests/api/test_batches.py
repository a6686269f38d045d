"""Batches, with the emulator over a socket; what is lost, with a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_bc.api.batch_outcomes import Operation, outcomes_alone
from airflow_provider_bc.api.batches import Batches
from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.errors import (
    AuthorizationError,
    ConfigurationError,
    Conflict,
    RequestRejected,
    Unavailable,
    UnexpectedAnswer,
)
from airflow_provider_bc.wire import Lost, Response
from tests.api.test_records_in_doubt import CSDL, ID
from tests.drivers import DRIVERS, Driver
from tests.peer import API, COMPANY, Peer, Script, answer, companies, exchange, token
from tests.test_client import connected


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest, business_central: Server) -> Iterator[Driver]:
    with request.param(connected(business_central), retries=Retries(attempts=0)) as made:
        yield made


@pytest.fixture
def company(business_central: Server) -> Company:
    return business_central.emulator.companies[0]


def customer(number: str, **more: Any) -> Operation:
    return Operation("create", "customers", {"number": number, "displayName": "New"}, **more)


TAKEN = customer("10000")


def states(outcomes: Any) -> list[str]:
    return [one.state for one in outcomes]


def new(company: Company) -> list[str]:
    rows = company.rows("customers")
    return sorted(str(row["number"]) for row in rows if row["displayName"] == "New")


def test_each_operation_stands_alone(driver: Driver, company: Company) -> None:
    row = next(driver.call("read", "customers", top=1).__iter__())
    change = Operation("update", "customers", {"creditLimit": Decimal("0.10")}, row)
    stale = Operation("update", "customers", {"city": "Ulm"}, row["id"], etag='W/"JzE5Jw=="')
    other = Operation("delete", "items", record=str(company.rows("items")[0]["id"]))
    outcomes = driver.call("batch", [customer("A"), TAKEN, change, stale, other, customer("B")])

    assert states(outcomes) == ["written", "refused", "written", "refused", "written", "written"]
    assert outcomes[0].row["number"] == "A"
    assert outcomes[2].row["creditLimit"] == Decimal("0.10")
    assert isinstance(outcomes[1].error, RequestRejected)
    assert isinstance(outcomes[3].error, Conflict)
    assert outcomes[4].row is None
    assert new(company) == ["A", "B"]


def test_more_than_a_hundred_are_split(
    driver: Driver, company: Company, business_central: Server
) -> None:
    outcomes = driver.call("batch", [customer(f"N{one}") for one in range(205)])

    assert set(states(outcomes)) == {"written"}
    assert len(new(company)) == 205
    log = business_central.emulator.log
    assert len([one for one in log.entries if one.path.endswith("$batch")]) == 3


def test_what_depends_on_a_refused_operation_is_not_run(driver: Driver, company: Company) -> None:
    outcomes = driver.call(
        "batch",
        [
            customer("10000", name="taken"),
            customer("A", depends_on=["taken"], name="after"),
            customer("B", depends_on=["after"]),
            customer("C", name="free"),
            customer("D", depends_on=["free"]),
        ],
    )

    assert states(outcomes) == ["refused", "not_run", "not_run", "written", "written"]
    assert new(company) == ["C", "D"]


def test_a_snapshot_is_written_whole(driver: Driver, company: Company) -> None:
    assert states(driver.call("batch", [customer("A"), customer("B")], snapshot=True)) == [
        "written",
        "written",
    ]
    assert new(company) == ["A", "B"]


def test_a_success_in_a_failed_snapshot_is_none(driver: Driver, company: Company) -> None:
    outcomes = driver.call("batch", [customer("A"), TAKEN, customer("B")], snapshot=True)

    assert states(outcomes) == ["rolled_back", "refused", "not_run"]
    assert outcomes[0].row is None
    assert new(company) == []


def test_what_an_action_committed_may_have_stayed(driver: Driver, company: Company) -> None:
    draft = next(row for row in company.rows("salesInvoices") if row["status"] == "Draft")
    post = Operation("act", "salesInvoices", record=str(draft["id"]), action="Post")
    outcomes = driver.call("batch", [customer("A"), post, customer("B"), TAKEN], snapshot=True)

    assert states(outcomes) == ["unknown", "unknown", "rolled_back", "refused"]


def test_so_may_what_stood_before_an_action_that_was_refused(driver: Driver) -> None:
    post = Operation("act", "salesInvoices", record=COMPANY, action="postAndSend")
    outcomes = driver.call("batch", [customer("A"), post], snapshot=True)
    assert states(outcomes) == ["unknown", "refused"]


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_what_may_have_been_done_is_not_told_as_refused(status: int) -> None:
    operation = Operation("act", "salesInvoices", record=COMPANY, action="post")
    (outcome,) = outcomes_alone([operation], {0: Response(status)})
    assert outcome.state == "unknown"
    assert outcome.error is not None
    assert outcome.error.in_doubt


def test_nothing_is_nothing(driver: Driver) -> None:
    assert driver.call("batch", []) == []
    assert driver.call("batch", [], snapshot=True) == []


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([customer("A"), Operation("create", "customrs")], "Operation 1: .*Did you mean customers"),
        ([Operation("create", "customers", {"x": 1})], "Operation 0: There is no property 'x'"),
        ([Operation("create", "customers", {}, ID)], "is no operation"),
        ([Operation("delete", "customers")], "is no operation"),
        ([Operation("read", "customers", {}, ID)], "is no operation"),  # type: ignore[arg-type]
        ([Operation("update", "customers", {"city": "A"}, ID)], "has no etag"),
        ([Operation("act", "customers", None, ID)], "no bound action ''"),
        ([customer("A", depends_on=["later"]), customer("B", name="later")], "no earlier one"),
        ([customer("A", name="one"), customer("B", name="one")], "Two operations have the name"),
    ],
)
def test_what_cannot_be_right_is_not_sent(
    driver: Driver, company: Company, operations: list[Operation], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        driver.call("batch", operations)
    assert new(company) == []


def test_a_snapshot_is_one_batch(driver: Driver) -> None:
    with pytest.raises(ConfigurationError, match="A snapshot of 101 operations"):
        driver.call("batch", [TAKEN] * 101, snapshot=True)


def test_an_option_that_does_not_exist_is_refused(driver: Driver) -> None:
    with pytest.raises(TypeError, match="did you mean snapshot"):
        driver.call("batch", [], snapshto=True)


def scripted(*script: Script) -> tuple[Batches, Peer]:
    talk = exchange()
    batches = Batches(Entities(talk, Operations(talk)))
    return batches, Peer(token(), Response(200, {}, CSDL), companies(), *script)


def answers(*statuses: int) -> Response:
    entries = [
        {"id": str(place), "status": status, "headers": {}} for place, status in enumerate(statuses)
    ]
    return answer({"responses": entries})


MANY = [Operation("create", "customers", {"city": "Köln"})] * 3


def test_the_request_of_a_batch() -> None:
    batches, peer = scripted(answers(204))
    peer.converse(batches.batch([Operation("delete", "customers", record=ID)]))

    request = peer.requests[-1]
    assert (request.method, request.url) == ("POST", f"{API}/$batch")
    assert request.headers["Prefer"] == "odata.continue-on-error"
    (inner,) = json.loads(request.body)["requests"]
    assert inner["url"] == f"companies({COMPANY})/customers({ID})"
    assert inner["headers"] == {"Accept-Language": "en-US", "If-Match": "*"}


def test_what_a_stopped_batch_left_is_sent_again() -> None:
    batches, peer = scripted(answers(400), answers(201, 201))
    outcomes = peer.converse(batches.batch(MANY))
    assert states(outcomes) == ["refused", "written", "written"]


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("doubt", [Lost("gone"), Response(500), Response(200, {}, b"{")])
def test_a_batch_without_an_answer_is_unknown(
    doubt: Any,
    snapshot: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    batches, peer = scripted(doubt)
    outcomes = peer.converse(batches.batch(MANY, snapshot=snapshot))
    assert states(outcomes) == ["unknown"] * 3
    assert isinstance(outcomes[0].error, Unavailable | UnexpectedAnswer)


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_batch_that_was_not_carried_out_is_an_error(snapshot: bool) -> None:  # noqa: FBT001 - a parameter
    batches, peer = scripted(Response(403))
    with pytest.raises(AuthorizationError):
        peer.converse(batches.batch(MANY, snapshot=snapshot))


@pytest.mark.parametrize(("second", "state"), [(Response(403), "not_run"), (Lost("x"), "unknown")])
def test_what_was_written_is_told_though_the_next_batch_fails(second: Any, state: str) -> None:
    batches, peer = scripted(answers(*[201] * 100), second)
    outcomes = peer.converse(batches.batch(MANY[:1] * 205))
    assert states(outcomes) == ["written"] * 100 + [state] * 100 + ["not_run"] * 5
    assert outcomes[-1].error is outcomes[100].error


def test_an_operation_without_an_answer_is_unknown() -> None:
    batches, peer = scripted(answers(201))
    outcomes = peer.converse(batches.batch(MANY))
    assert states(outcomes) == ["written", "unknown", "unknown"]
    batches, peer = scripted(answers(201))
    outcomes = peer.converse(batches.batch(MANY, snapshot=True))
    assert states(outcomes) == ["unknown"] * 3
