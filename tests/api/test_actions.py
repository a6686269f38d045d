"""Bound actions, with the emulator over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_bc.api.actions import Acted, Actions
from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import (
    ApplicationRejected,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
)
from airflow_provider_bc.wire import Response
from tests.drivers import DRIVERS, Driver
from tests.odata.test_metadata import CSDL
from tests.peer import COMPANY, Peer, answer, companies, exchange, token
from tests.test_client import connected


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest, business_central: Server) -> Iterator[Driver]:
    with request.param(connected(business_central), retries=Retries(attempts=0)) as made:
        yield made


def document(driver: Driver, kind: str, **values: Any) -> Any:
    """Create a document with one line."""
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2}
    party = {"vendorNumber" if kind.startswith("purchase") else "customerNumber": "10000"}
    lines = f"{kind.removesuffix('s')}Lines"
    return driver.call("create", kind, {**party, **values, lines: [line]})


def test_a_posted_invoice_is_the_same_record(driver: Driver) -> None:
    draft = document(driver, "salesInvoices")
    posted = driver.call("act", "salesInvoices", draft, "post")

    assert posted.entity_set == "salesInvoices"
    assert (posted.row["id"], posted.row["status"]) == (draft["id"], "Open")


def test_the_case_of_an_action_does_not_matter(driver: Driver) -> None:
    draft = document(driver, "salesInvoices")
    assert driver.call("act", "salesInvoices", draft["id"], "Microsoft.NAV.Post").row


@pytest.mark.parametrize(
    ("orders", "action", "invoices"),
    [
        ("salesOrders", "shipAndInvoice", "salesInvoices"),
        ("purchaseOrders", "receiveAndInvoice", "purchaseInvoices"),
    ],
)
def test_an_order_becomes_an_invoice(
    driver: Driver, orders: str, action: str, invoices: str
) -> None:
    order = document(driver, orders)
    done = driver.call("act", orders, order["id"], action)

    assert done.entity_set == invoices
    assert done.row["orderId"] == order["id"]
    with pytest.raises(NotFound):
        driver.call("get", orders, order["id"])


def test_a_credit_memo_leads_back_to_its_invoice(driver: Driver) -> None:
    invoice = driver.call("act", "salesInvoices", document(driver, "salesInvoices")["id"], "post")
    memo = driver.call("act", "salesInvoices", invoice.row["id"], "makeCorrectiveCreditMemo")

    assert memo.entity_set == "salesCreditMemos"
    assert memo.row["invoiceId"] == invoice.row["id"]


def test_an_order_is_found_by_the_reference_of_its_quote(driver: Driver) -> None:
    document(driver, "salesOrders", externalDocumentNumber="RUN-1")
    quote = document(driver, "salesQuotes", externalDocumentNumber="RUN-1")
    order = driver.call("act", "salesQuotes", quote["id"], "makeOrder")

    assert order.entity_set == "salesOrders"
    assert order.row["externalDocumentNumber"] == "RUN-1"


def test_without_a_reference_the_order_of_a_quote_is_not_guessed(driver: Driver) -> None:
    quote = document(driver, "salesQuotes")
    assert driver.call("act", "salesQuotes", quote["id"], "makeOrder") == Acted("salesOrders", None)


def test_a_posted_journal_stays(driver: Driver) -> None:
    journal = next(iter(driver.call("read", "journals", top=1)))
    with pytest.raises(ApplicationRejected):
        driver.call("act", "journals", journal["id"], "post")


@pytest.mark.parametrize(
    ("entity_set", "action", "message"),
    [
        ("salesInvoices", "pots", r"has no bound action 'pots'. Did you mean post\?"),
        ("customers", "post", "There are none"),
    ],
)
def test_an_unknown_action_is_not_sent(
    driver: Driver, entity_set: str, action: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        driver.call("act", entity_set, COMPANY, action)


def test_an_action_whose_answer_is_lost_is_not_repeated(
    driver: Driver, business_central: Server
) -> None:
    draft = document(driver, "salesInvoices")
    business_central.emulator.faults.add("dropped", where="NAV.post")
    with pytest.raises(OutcomeUnknown, match="may have been carried out"):
        driver.call("act", "salesInvoices", draft["id"], "post")
    sent = [e for e in business_central.emulator.log.entries if "NAV.post" in e.path]
    assert len(sent) == 1


def acting(*script: Any) -> tuple[Actions, Peer]:
    talk = exchange()
    actions = Actions(Entities(talk, Operations(talk)))
    return actions, Peer(token(), Response(200, {}, CSDL), *script)


def test_arguments_go_as_json_and_the_record_may_be_gone() -> None:
    actions, peer = acting(companies(), Response(204), Response(404))
    found = peer.converse(
        actions.act("customers", COMPANY, "block", arguments={"Reason": "late"}, company="CRONUS")
    )
    assert found == Acted("customers", None)
    assert peer.requests[-2].body == b'{"Reason":"late"}'
    assert peer.requests[-2].headers["Content-Type"] == "application/json"


def test_an_argument_that_the_action_does_not_have_is_not_sent() -> None:
    actions, peer = acting()
    acted = actions.act("customers", COMPANY, "block", arguments={"resaon": "late"})
    with pytest.raises(ConfigurationError, match=r"no parameter 'resaon'. Did you mean reason\?"):
        peer.converse(acted)


def test_web_services_have_a_shorter_name_space() -> None:
    actions, peer = acting(companies(), Response(200), answer({"a": 1}))
    peer.converse(actions.act("customers", "10000", "block", api="ODataV4"))
    assert peer.urls[-2].endswith("/ODataV4/Company('CRONUS')/customers('10000')/NAV.block")


def test_the_row_that_was_read_guards_the_action() -> None:
    actions, peer = acting(companies(), Response(204), answer({"a": 1}))
    row = {"@odata.etag": "W/1", "id": COMPANY}
    peer.converse(actions.act("customers", row, "block"))
    assert peer.requests[-2].headers["If-Match"] == "W/1"
