"""The bound actions (facts: bc-data-api.md section 10)."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.emulator.bc import job_queue
from airflow_provider_bc.emulator.bc.actions import ACTIONS
from airflow_provider_bc.emulator.schema.catalog import route

from .conftest import API, Client

DIALOG = (400, "Application_DialogException")
LINE = {"lineObjectNumber": "1896-S", "quantity": 2}
AUTOMATION = "microsoft/automation/v2.0"
JOB = "00000000-0000-4000-8000-000000000001"
PARTNER = {"sales": "customerNumber", "purchase": "vendorNumber"}


def draft(client: Client, kind: str, /, *lines: dict[str, Any], **more: Any) -> str:
    """Create a draft with lines and return its path."""
    head = {PARTNER["sales" if kind.startswith("sales") else "purchase"]: "10000"}
    body = head | {f"{kind[:-1]}Lines": list(lines)} | more
    answer = client.http.post(client.path(kind), json=body)
    assert answer.status_code == 201, answer.text
    return f"{kind}({answer.json()['id']})"


def act(client: Client, tail: str, action: str, **parameters: Any) -> Any:
    body = parameters or None
    return client.http.post(client.path(f"{tail}/Microsoft.NAV.{action}"), json=body)


def posted(client: Client, kind: str) -> str:
    tail = draft(client, kind, LINE)
    assert act(client, tail, "post").status_code == 204
    return tail


def corrective(client: Client) -> dict[str, Any]:
    """Cancel an invoice and return the credit memo that did it."""
    invoice = posted(client, "salesInvoices")
    assert act(client, invoice, "cancel").status_code == 204
    key = client.get(invoice).json()["id"]
    found = client.values("salesCreditMemos")
    memo: dict[str, Any] = next(one for one in found if one["invoiceId"] == key)
    return memo


def test_every_action_of_the_facts_is_performed() -> None:
    paths = ("v2.0", AUTOMATION, "microsoft/powerbi/v2.0")
    sets = [one for path in paths if (found := route(path)) for one in found.sets.values()]
    assert set(ACTIONS) == {(one.name, action) for one in sets for action in one.actions}
    assert len(ACTIONS) == 32


@pytest.mark.parametrize(
    "kind", ["salesInvoices", "salesCreditMemos", "purchaseInvoices", "purchaseCreditMemos"]
)
def test_a_document_is_posted_and_becomes_read_only(client: Client, kind: str) -> None:
    empty = draft(client, kind)
    assert client.error(act(client, empty, "post")) == DIALOG
    unmeasured = draft(client, kind, {"lineObjectNumber": "1896-S"})
    assert client.error(act(client, unmeasured, "post")) == DIALOG
    tail = draft(client, kind, LINE)
    before = client.get(tail).json()
    done = act(client, tail, "post")
    assert (done.status_code, done.content) == (204, b"")
    after = client.get(tail).json()
    assert after["id"] == before["id"]
    assert after["number"] != before["number"]
    assert after["status"] == "Open"
    entries = client.values("generalLedgerEntries", filter=f"documentNumber eq '{after['number']}'")
    assert sorted(one["debitAmount"] - one["creditAmount"] for one in entries) == [
        -after["totalAmountIncludingTax"],
        after["totalAmountIncludingTax"],
    ]
    assert client.error(act(client, tail, "post")) == DIALOG
    any_version = {"If-Match": "*"}
    path = client.path(tail)
    changed = client.http.patch(path, json={"currencyCode": "EUR"}, headers=any_version)
    assert client.error(changed) == DIALOG
    assert "posted and can no longer be modified" in changed.text
    assert client.error(client.http.delete(path)) == DIALOG
    lines = f"{kind[:-1]}Lines"
    line = client.values(f"{tail}/{lines}")[0]["id"]
    assert client.error(client.http.post(f"{path}/{lines}", json=LINE)) == DIALOG
    flat = client.http.post(client.path(lines), json=LINE | {"documentId": after["id"]})
    assert client.error(flat) == DIALOG
    one = client.path(f"{lines}({line})")
    assert client.error(client.http.patch(one, json=LINE, headers=any_version)) == DIALOG
    assert client.error(client.http.delete(one)) == DIALOG


def test_an_invoice_is_cancelled_by_a_credit_memo(client: Client) -> None:
    draft_invoice = draft(client, "salesInvoices", LINE)
    assert client.error(act(client, draft_invoice, "cancel")) == DIALOG
    tail = posted(client, "salesInvoices")
    invoice = client.get(tail).json()
    assert act(client, tail, "cancel").status_code == 204
    after = client.get(tail).json()
    assert (after["status"], after["remainingAmount"]) == ("Canceled", 0)
    assert client.error(act(client, tail, "cancel")) == DIALOG
    memos = client.values("salesCreditMemos")
    memo = next(one for one in memos if one["invoiceId"] == invoice["id"])
    assert (memo["status"], memo["invoiceNumber"]) == ("Corrective", invoice["number"])
    assert memo["totalAmountIncludingTax"] == invoice["totalAmountIncludingTax"]


def test_a_corrective_credit_memo_is_cancelled_by_an_invoice(client: Client) -> None:
    memo = corrective(client)
    tail = f"salesCreditMemos({memo['id']})"
    before = {one["id"] for one in client.values("salesInvoices")}
    assert act(client, tail, "cancelAndSend").status_code == 204
    assert client.get(tail).json()["status"] == "Canceled"
    assert client.error(act(client, tail, "cancel")) == DIALOG
    made = [one for one in client.values("salesInvoices") if one["id"] not in before]
    assert [one["status"] for one in made] == ["Corrective"]
    refused = act(client, f"salesInvoices({made[0]['id']})", "cancel")
    assert client.error(refused) == DIALOG
    ordinary = posted(client, "salesCreditMemos")
    assert client.error(act(client, ordinary, "cancel")) == DIALOG
    purchased = posted(client, "purchaseCreditMemos")
    assert client.error(act(client, purchased, "cancel")) == DIALOG
    client.company.update("purchaseCreditMemos", purchased[20:-1], {"status": "Corrective"})
    assert act(client, purchased, "cancel").status_code == 204


def test_a_paid_invoice_is_not_cancelled(client: Client) -> None:
    tail = posted(client, "salesInvoices")
    key = client.get(tail).json()["id"]
    client.company.update("salesInvoices", key, {"remainingAmount": 1})
    assert "partially paid" in act(client, tail, "makeCorrectiveCreditMemo").text
    client.company.update("salesInvoices", key, {"status": "Paid"})
    assert client.error(act(client, tail, "cancel")) == DIALOG
    assert "is closed" in act(client, tail, "makeCorrectiveCreditMemo").text


def test_a_corrective_credit_memo_is_made_as_a_draft(client: Client) -> None:
    tail = posted(client, "salesInvoices")
    key = client.get(tail).json()["id"]
    assert act(client, tail, "makeCorrectiveCreditMemo").status_code == 204
    memo = next(one for one in client.values("salesCreditMemos") if one["invoiceId"] == key)
    assert memo["status"] == "Draft"
    assert client.get(tail).json()["status"] == "Open"


def test_documents_are_sent_to_an_address(client: Client) -> None:
    homeless = client.http.post(client.path("customers"), json={"displayName": "No mail"}).json()
    nobody = {"customerNumber": homeless["number"]}
    for kind in ("salesInvoices", "salesCreditMemos"):
        tail = draft(client, kind, LINE, **nobody)
        answer = act(client, tail, "postAndSend")
        assert client.error(answer) == DIALOG
        assert "send-to email is empty" in answer.text
        assert client.get(tail).json()["status"] == "Open", "what was posted stays posted"
        assert act(client, draft(client, kind, LINE), "postAndSend").status_code == 204
    invoice = draft(client, "salesInvoices", LINE, email="a@contoso.com", **nobody)
    assert act(client, invoice, "send").status_code == 204
    assert client.get(invoice).json()["status"] == "Draft"
    assert client.error(act(client, draft(client, "salesInvoices"), "send")) == DIALOG
    memo = draft(client, "salesCreditMemos", LINE)
    assert client.error(act(client, memo, "send")) == DIALOG
    assert act(client, posted(client, "salesCreditMemos"), "send").status_code == 204
    cancelled = posted(client, "salesInvoices")
    assert act(client, cancelled, "cancelAndSend").status_code == 204
    assert act(client, cancelled, "send").status_code == 204
    quote = draft(client, "salesQuotes", LINE)
    assert act(client, quote, "send").status_code == 204
    assert client.get(quote).json()["status"] == "Sent"
    assert client.get(quote).json()["sentDate"] == "2026-03-02T08:00:00Z"


@pytest.mark.parametrize(
    ("action", "target"), [("makeOrder", "salesOrders"), ("makeInvoice", "salesInvoices")]
)
def test_quotes_become_other_documents(client: Client, action: str, target: str) -> None:
    quote = draft(client, "salesQuotes", LINE, externalDocumentNumber="REF-1")
    total = client.get(quote).json()["totalAmountIncludingTax"]
    assert act(client, quote, action).status_code == 204
    assert client.get(quote).status_code == 404
    made = client.values(target, filter="externalDocumentNumber eq 'REF-1'")
    assert [one["status"] for one in made] == ["Draft"]
    assert made[0]["totalAmountIncludingTax"] == total


@pytest.mark.parametrize(
    ("orders", "action", "invoices", "verb"),
    [
        ("salesOrders", "shipAndInvoice", "salesInvoices", "ship"),
        ("purchaseOrders", "receiveAndInvoice", "purchaseInvoices", "receive"),
    ],
)
def test_orders_are_delivered_in_parts(
    client: Client, orders: str, action: str, invoices: str, verb: str
) -> None:
    planned = f"{verb}Quantity"
    done = {"ship": "shippedQuantity", "receive": "receivedQuantity"}[verb]
    assert client.error(act(client, draft(client, orders), action)) == DIALOG
    tail = draft(client, orders, LINE | {planned: 1})
    key = client.get(tail).json()["id"]
    assert act(client, tail, action).status_code == 200
    line = client.values(f"{tail}/{orders[:-1]}Lines")[0]
    assert (line[done], line["invoicedQuantity"], line[planned]) == (1, 1, 0)
    too_much = {planned: 5}
    path = client.path(f"{orders[:-1]}Lines({line['id']})")
    client.http.patch(path, json=too_much, headers={"If-Match": "*"})
    assert client.error(act(client, tail, action)) == DIALOG
    client.http.patch(path, json={planned: 0}, headers={"If-Match": "*"})
    assert act(client, tail, action).status_code == 204
    assert client.get(tail).status_code == 404
    found = client.values(invoices, filter=f"orderId eq {key}")
    assert [one["status"] for one in found] == ["Open", "Open"]


def test_journals_are_posted(client: Client) -> None:
    journal = client.http.post(client.path("journals"), json={"code": "J1"}).json()
    tail = f"journals({journal['id']})"
    lines = client.path(f"{tail}/journalLines")
    assert client.error(act(client, tail, "post")) == DIALOG
    line = {"accountNumber": "10100", "documentNumber": "D1", "amount": 5}
    key = client.http.post(lines, json=line).json()["id"]
    assert "out of balance by 5" in act(client, tail, "post").text
    other = line | {"accountNumber": "", "amount": -5}
    unnamed = client.http.post(lines, json=other).json()["id"]
    refused = act(client, tail, "post")
    assert client.error(refused) == (400, "Application_FieldValidationException")
    one = client.path(f"journalLines({unnamed})")
    match = {"If-Match": "*"}
    income = client.values("accounts", filter="number eq '40100'")[0]["id"]
    client.http.patch(one, json={"accountId": income}, headers=match)
    balanced = line | {"balancingAccountNumber": "60000", "documentNumber": "D2"}
    client.http.post(lines, json=balanced)
    assert act(client, tail, "post").status_code == 204
    assert client.values(f"{tail}/journalLines") == []
    assert client.get(f"journalLines({key})").status_code == 404
    booked = client.values("generalLedgerEntries", filter="documentNumber eq 'D1'")
    assert sorted((b["debitAmount"], b["creditAmount"]) for b in booked) == [(0, 5), (5, 0)]


def test_what_was_posted_in_a_batch_stays(client: Client) -> None:
    """AL commits when it posts; a failure behind it only takes back what came after."""
    tail = draft(client, "salesInvoices", LINE)
    url = f"companies({client.company.id})"
    kind = {"Content-Type": "application/json"}
    new = {"method": "POST", "url": f"{url}/customers", "headers": kind}
    requests = [
        new | {"body": {"displayName": "before"}},
        {"method": "POST", "url": f"{url}/{tail}/Microsoft.NAV.post"},
        new | {"body": {"displayName": "after"}},
        new | {"body": {"nope": 1}},
    ]
    isolation = {"Isolation": "snapshot"}
    answer = client.http.post(f"{API}/$batch", json={"requests": requests}, headers=isolation)
    assert [one["status"] for one in answer.json()["responses"]] == [201, 204, 201, 400]
    assert client.get(tail).json()["status"] == "Open"
    names = {row["displayName"] for row in client.company.rows("customers")}
    assert names & {"before", "after"} == {"before"}


def test_a_token_is_honoured_if_it_is_sent(client: Client) -> None:
    tail = draft(client, "salesInvoices", LINE)
    path = client.path(f"{tail}/Microsoft.NAV.post")
    old = client.get(tail).json()["@odata.etag"]
    client.http.patch(client.path(tail), json={"email": "x"}, headers={"If-Match": "*"})
    stale = client.http.post(path, headers={"If-Match": old})
    assert client.error(stale) == (409, "Request_EntityChanged")
    assert client.http.post(path, headers={"If-Match": "x"}).status_code == 400
    now = client.get(tail).json()["@odata.etag"]
    assert client.http.post(path, headers={"If-Match": now}).status_code == 204


def test_an_order_of_comments_has_nothing_to_post(client: Client) -> None:
    tail = draft(client, "salesOrders", {"lineType": "Comment", "description": "note"})
    assert "nothing to post" in act(client, tail, "shipAndInvoice").text


def test_jobs_are_restarted(client: Client) -> None:
    job = client.company.create("jobQueueEntries", {"status": "Error", "errorMessage": "x"})
    tail = f"jobQueueEntries({job['id']})"
    before = client.company.now()
    assert act(client, tail, "restart").status_code == 204
    restarted = client.get(tail).json()
    assert (restarted["status"], restarted["errorMessage"]) == ("Ready", "")
    assert restarted["lastReadyState"] >= before


def test_a_job_that_runs_leaves_a_log_entry(client: Client) -> None:
    job = client.company.create("jobQueueEntries", {"recurringJob": True, "jobQueueEntryId": JOB})
    tail, key = f"jobQueueEntries({job['id']})", str(job["id"])
    job_queue.run(client.company, key)
    assert client.get(tail).json()["lastReadyState"] == job["lastReadyState"]
    client.company.background.failures["job"] = "The period is closed."
    job_queue.run(client.company, key)
    assert client.get(tail).json()["status"] == "Error"
    logged = client.values(f"{tail}/jobQueueLogEntries", orderby="startDateTime")
    assert sorted((one["status"], one["errorMessage"]) for one in logged) == [
        ("Error", "The period is closed."),
        ("Success", ""),
    ]
    assert all(one["startDateTime"] <= one["endDateTime"] for one in logged)


def test_a_job_that_runs_once_is_gone_then(client: Client) -> None:
    client.company.background.seconds = 1000
    job = client.company.create("jobQueueEntries", {"jobQueueEntryId": JOB})
    tail = f"jobQueueEntries({job['id']})"
    job_queue.run(client.company, str(job["id"]))
    assert client.get(tail).json()["status"] == client.values("jobQueueLogEntries")[0]["status"]
    client.emulator.clock.advance(1000)
    assert client.get(tail).status_code == 404
    assert client.values("jobQueueLogEntries")[0]["status"] == "Success"
