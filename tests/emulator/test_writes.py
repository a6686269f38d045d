"""Creates, updates, deletes, actions (facts: bc-data-api.md sections 7, 8, 10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_bc.emulator.bc.fields import split_body
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.emulator.schema.model import EntitySet, Property

from .conftest import API, Client

STALE = 'W/"JzQ0O3N0YWxlOzAwOyc="'


def _post(client: Client, tail: str, **body: Any) -> Any:
    return client.http.post(client.path(tail), json=body)


def _patch(client: Client, tail: str, if_match: str | None, **body: Any) -> Any:
    headers = {"If-Match": if_match} if if_match is not None else {}
    return client.http.patch(client.path(tail), json=body, headers=headers)


def test_create_fills_defaults_number_and_stamp(client: Client) -> None:
    answer = _post(client, "customers", displayName="Ångström")
    row = answer.json()
    assert answer.status_code == 201
    assert row["number"].startswith("C")
    assert row["lastModifiedDateTime"] == "2026-03-02T08:00:00Z"
    assert row["blocked"] == "_x0020_"
    assert client.http.get(answer.headers["location"]).json()["displayName"] == "Ångström"


def test_own_id_makes_a_create_idempotent(client: Client) -> None:
    identity = "AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee"
    assert _post(client, "customers", id=identity).json()["id"] == identity.lower()
    again = _post(client, "customers", id=identity)
    assert client.error(again) == (400, "Internal_EntityWithSameKeyExists")
    number = _post(client, "customers", number="10000")
    assert client.error(number) == (400, "Internal_EntityWithSameKeyExists")


def test_codes_are_kept_in_capitals_without_outer_spaces(client: Client) -> None:
    row = _post(client, "customers", number=" w 1" + " " * 20, displayName=" w ").json()
    assert (row["number"], row["displayName"]) == ("W 1", " w ")
    again = _post(client, "customers", number="w 1")
    assert client.error(again) == (400, "Internal_EntityWithSameKeyExists")
    for text in ("W 1", "w 1 "):
        found = client.values("customers", filter=f"number eq '{text}'")
        assert [one["id"] for one in found] == [row["id"]]


def test_etags(client: Client) -> None:
    row = client.values("customers", top="1")[0]
    tail, etag = f"customers({row['id']})", row["@odata.etag"]
    assert client.error(_patch(client, tail, None, city="x")) == (400, "BadRequest_InvalidToken")
    assert client.error(_patch(client, tail, "x", city="x")) == (400, "BadRequest_InvalidToken")
    assert client.error(_patch(client, tail, STALE, city="x")) == (409, "Request_EntityChanged")
    changed = _patch(client, tail, etag, city="Köln")
    assert changed.status_code == 200
    assert changed.json()["city"] == "Köln"
    assert changed.json()["@odata.etag"] != etag
    assert client.error(_patch(client, tail, etag, city="x")) == (409, "Request_EntityChanged")
    assert _patch(client, tail, "*", city="y").status_code == 200
    stale = client.http.delete(client.path(tail), headers={"If-Match": etag})
    assert client.error(stale) == (409, "Request_EntityChanged")
    assert client.http.delete(client.path(tail)).status_code == 204
    assert client.error(client.get(tail)) == (404, "BadRequest_ResourceNotFound")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"balanceDue": 1}, "BadRequest_InvalidOperation"),
        ({"nope": 1}, "BadRequest"),
        ({"displayName": 5}, "BadRequest"),
        ({"displayName": "x" * 101}, "Application_StringExceededLength"),
        ({"displayName": None}, "BadRequest_RequiredParamNotProvided"),
        ({"creditLimit": "1"}, "BadRequest"),
        ({"creditLimit": True}, "BadRequest"),
        ({"taxLiable": "true"}, "BadRequest"),
        ({"currencyId": "nope"}, "Application_InvalidGUID"),
        ({"blocked": "nope"}, "Unknown"),
        ({"defaultDimensions": {}}, "BadRequest"),
    ],
)
def test_bodies_that_are_refused(client: Client, body: dict[str, Any], code: str) -> None:
    assert client.error(_post(client, "customers", **body)) == (400, code)
    assert len(client.company.rows("customers")) == 120


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"orderDate": "2026-02-31"}, True),
        ({"orderDate": "2026-02-28"}, False),
        ({"partialShipping": True, "shortcutDimension1Code": "A"}, False),
        ({"@odata.etag": "ignored"}, False),
    ],
)
def test_bodies_of_orders(client: Client, body: dict[str, Any], refused: bool) -> None:  # noqa: FBT001
    answer = _post(client, "salesOrders", customerNumber="10000", **body)
    assert (answer.status_code == 400) == refused


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"5"])
def test_contents_that_are_no_object(client: Client, content: bytes) -> None:
    answer = client.http.post(client.path("customers"), content=content)
    assert client.error(answer) == (400, "BadRequest")


def test_whole_numbers_and_other_types(client: Client) -> None:
    order = client.values("salesOrders", top="1")[0]["id"]
    lines = f"salesOrders({order})/salesOrderLines"
    assert client.error(_post(client, lines, sequence=1.5)) == (400, "BadRequest")
    assert client.error(_post(client, lines, sequence="1")) == (400, "BadRequest")
    made = _post(client, lines, sequence=7, lineType="Comment", description="note")
    assert made.json()["documentId"] == order
    assert made.json()["sequence"] == 7


def test_methods_that_are_not_allowed(client: Client) -> None:
    forbidden = (405, "BadRequest_MethodNotAllowed")
    assert client.error(_post(client, "accounts", number="1")) == forbidden
    assert client.error(client.http.post(f"{API}/companies", json={})) == forbidden
    assert client.error(client.http.put(client.path("customers"), json={})) == forbidden
    assert client.error(client.http.patch(client.path("customers"), json={})) == forbidden
    key = client.values("customers", top="1")[0]["id"]
    assert client.error(_post(client, f"customers({key})")) == forbidden
    assert client.error(client.http.post(f"{API}/$metadata")) == forbidden
    assert client.error(client.http.post(client.path("customers/$count"))) == forbidden
    intent = {"Data-Access-Intent": "ReadOnly"}
    answer = client.http.post(client.path("customers"), json={}, headers=intent)
    assert client.error(answer) == (400, "BadRequest")
    assert client.get("customers", intent).status_code == 200


def test_deep_insert_is_all_or_nothing(client: Client) -> None:
    item = client.values("items", filter="number eq '1896-S'")[0]
    line = {"itemId": item["id"], "quantity": 2, "discountAmount": 0.6}
    made = client.http.post(
        client.path("salesOrders"),
        params={"$expand": "salesOrderLines"},
        json={"customerNumber": "20000", "salesOrderLines": [line, line]},
    ).json()
    assert [one["sequence"] for one in made["salesOrderLines"]] in ([10000, 20000], [20000, 10000])
    assert made["salesOrderLines"][0]["description"] == "ATHENS Desk"
    assert made["totalAmountIncludingTax"] == 4002
    assert made["customerName"] == "Trey Research"
    before = len(client.company.rows("salesOrders"))
    broken = {"customerNumber": "20000", "salesOrderLines": [line, {"nope": 1}]}
    assert _post(client, "salesOrders", **broken).status_code == 400
    assert len(client.company.rows("salesOrders")) == before


def test_partners_of_a_document(client: Client) -> None:
    rows = {row["number"]: row for row in client.company.rows("customers")}
    dialog = (400, "Application_DialogException")
    assert client.error(_post(client, "salesOrders")) == dialog
    assert client.error(_post(client, "salesOrders", customerNumber="nope")) == dialog
    pair = {"customerNumber": "10000", "customerId": rows["20000"]["id"]}
    assert client.error(_post(client, "salesOrders", **pair)) == dialog
    order = _post(client, "salesOrders", customerNumber="10000").json()
    changed = _patch(client, f"salesOrders({order['id']})", "*", customerNumber="20000").json()
    assert changed["customerId"] == rows["20000"]["id"]
    invoice = _post(client, "purchaseInvoices", vendorNumber="10000").json()
    line = {"lineObjectNumber": "1900-S", "quantity": 1}
    made = _post(client, f"purchaseInvoices({invoice['id']})/purchaseInvoiceLines", **line).json()
    assert made["unitCost"] == 150.4
    orphan = _post(client, "salesOrderLines", documentId=rows["10000"]["id"])
    assert client.error(orphan) == dialog


def test_lines_move_the_header(client: Client) -> None:
    order = client.values("salesOrders", top="1", expand="salesOrderLines")[0]
    line = order["salesOrderLines"][0]["id"]
    client.emulator.clock.advance(5)
    assert client.http.delete(client.path(f"salesOrderLines({line})")).status_code == 204
    after = client.get(f"salesOrders({order['id']})").json()
    assert after["lastModifiedDateTime"] == "2026-03-02T08:00:05Z"
    assert after["totalAmountIncludingTax"] != order["totalAmountIncludingTax"]
    assert client.http.delete(client.path(f"salesOrders({order['id']})")).status_code == 204
    gone = client.values("salesOrderLines", filter=f"documentId eq {order['id']}")
    assert gone == []


def test_post_an_invoice(client: Client) -> None:
    invoice = _post(client, "salesInvoices", customerNumber="10000").json()
    tail = f"salesInvoices({invoice['id']})"
    nothing = _post(client, f"{tail}/Microsoft.NAV.post")
    assert client.error(nothing) == (400, "Application_DialogException")
    _post(client, f"{tail}/salesInvoiceLines", lineObjectNumber="1896-S", quantity=1)
    done = client.http.post(client.path(f"{tail}/Microsoft.NAV.Post"))
    assert (done.status_code, done.content) == (204, b"")
    posted = client.get(tail).json()
    assert posted["status"] == "Open"
    assert posted["number"] != invoice["number"]
    entries = client.values(
        "generalLedgerEntries",
        filter=f"documentNumber eq '{posted['number']}'",
    )
    assert [entry["debitAmount"] for entry in entries] == [1000.8, 0]
    assert client.http.post(client.path(f"{tail}/Microsoft.NAV.post")).status_code == 400


def test_ship_and_invoice(client: Client) -> None:
    order = _post(client, "salesOrders", customerNumber="10000").json()
    tail = f"salesOrders({order['id']})"
    assert client.http.post(client.path(f"{tail}/Microsoft.NAV.shipAndInvoice")).status_code == 400
    _post(client, f"{tail}/salesOrderLines", lineObjectNumber="1896-S", quantity=3)
    done = client.http.post(client.path(f"{tail}/Microsoft.NAV.shipAndInvoice"))
    assert done.status_code == 204
    assert client.get(tail).status_code == 404
    invoice = client.values("salesInvoices", filter=f"orderId eq {order['id']}")[0]
    assert (invoice["status"], invoice["totalAmountIncludingTax"]) == ("Open", 3002.4)


def test_other_actions(client: Client) -> None:
    key = client.values("salesInvoices", top="1")[0]["id"]
    tail = f"salesInvoices({key})/Microsoft.NAV"
    assert client.http.post(client.path(f"{tail}.nope")).status_code == 404
    assert client.get(f"salesInvoices({key})/Microsoft.NAV.post").status_code == 404


def test_custom_api(client: Client) -> None:
    route = f"/v2.0/Production/api/contoso/warehouse/v1.0/companies({client.company.id})"
    made = client.http.post(f"{route}/warehouseItems", json={"number": "N1", "status": "On Hold"})
    row = made.json()
    assert row["status"] == "On_x0020_Hold"
    assert row["systemCreatedAt"] == row["systemModifiedAt"] == "2026-03-02T08:00:00Z"
    assert row["systemRowVersion"] > 1000
    move = {"quantity": 1.25, "movedOn": "2026-01-01"}
    nested = f"{route}/warehouseItems({row['id']})/warehouseMovements"
    assert client.http.post(nested, json=move).json()["warehouseItemId"] == row["id"]
    found = client.http.get(f"{route}/warehouseItems", params={"$filter": "status eq 'On Hold'"})
    assert row["id"] in [one["id"] for one in found.json()["value"]]


def test_moments_in_bodies() -> None:
    prop = Property("startsAt", "Edm.DateTimeOffset")
    schema = EntitySet("events", "event", ("id",), {"startsAt": prop})
    right = {"startsAt": "2026-01-01T00:00:00Z"}
    assert split_body(right, schema, create=True) == (right, {})
    for wrong in ("2026-01-01T00:00:00", "tomorrow"):
        with pytest.raises(ODataError, match="Unable to convert value to DateTimeOffset"):
            split_body({"startsAt": wrong}, schema, create=True)


def test_composite_keys(client: Client) -> None:
    route = "microsoft/automation/v2.0"
    row = {"securityGroupCode": "G", "userSecurityId": "11111111-2222-3333-4444-555555555555"}
    client.company.table("securityGroupMembers", route).put(",".join(row.values()), dict(row))
    at = f"/v2.0/Production/api/{route}/companies({client.company.id})/securityGroupMembers"
    key = f"securityGroupCode='G',userSecurityId={row['userSecurityId']}"
    assert (
        client.http.get(f"{at}({key})", params={"$select": "securityGroupCode"}).json()[
            "securityGroupCode"
        ]
        == "G"
    )
    assert client.http.get(f"{at}({key}x)").status_code == 404


def test_migrated_rows_have_no_stamps(client: Client) -> None:
    company, unset = client.company, "0001-01-01T00:00:00Z"
    customer = company.migrate("customers", {"displayName": "Migrated"})
    assert customer["lastModifiedDateTime"] == unset
    assert customer["number"]
    stored = company.migrate("warehouseItems", {"number": "M"}, "contoso/warehouse/v1.0")
    assert (stored["systemCreatedAt"], stored["systemModifiedAt"]) == (unset, unset)
    assert company.migrate("generalLedgerEntries", {})["lastModifiedDateTime"] == unset
    order = company.migrate("salesOrders", {"customerId": customer["id"]})
    line = {"documentId": order["id"], "unitPrice": Decimal(2), "quantity": Decimal(3)}
    company.migrate("salesOrderLines", line)
    shown = client.get(f"salesOrders({order['id']})").json()
    assert (shown["lastModifiedDateTime"], shown["totalAmountExcludingTax"]) == (unset, 6)
    touched = company.update("customers", str(customer["id"]), {"city": "Köln"})
    assert touched["lastModifiedDateTime"] == "2026-03-02T08:00:00Z"
