"""Paths, options, expansion, headers, errors (facts: bc-data-api.md sections 1, 3, 4, 8)."""

from __future__ import annotations

from decimal import Decimal
from time import perf_counter
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from airflow_provider_bc.emulator.schema.catalog import route, routes

from .conftest import API, Client

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
V4 = "/v2.0/Production/ODataV4"
AWKWARD = quote("Bob''s Ümlaut & Co.", safe="")


def test_companies(shared: Client) -> None:
    answer = shared.http.get(f"{API}/companies").json()
    assert sorted(one["name"] for one in answer["value"]) == [
        "Bob's Ümlaut & Co.",
        "CRONUS USA, Inc.",
    ]
    assert all("@odata.etag" not in one for one in answer["value"])
    one = shared.http.get(f"{API}/companies({shared.company.id})").json()
    assert one["@odata.context"].endswith("$metadata#companies/$entity")
    assert one["displayName"] == "CRONUS USA, Inc."
    assert shared.http.get(f"{API}/companies/$count").text == "\ufeff2"
    named = {"$filter": "name eq 'Bob''s Ümlaut & Co.'", "$select": "id"}
    found = shared.http.get(f"{API}/companies", params=named).json()["value"]
    assert found == [{"id": shared.emulator.companies[1].id}]


@pytest.mark.parametrize("tenant", ["5b2f3b37-2b52-460e-8863-3561295b1e08", "cronus.example"])
def test_tenant_in_the_path(shared: Client, tenant: str) -> None:
    answer = shared.http.get(f"/v2.0/{tenant}/Production/api/v2.0/companies")
    assert answer.json()["@odata.context"].startswith(f"{shared.server.url}/v2.0/{tenant}/")


def test_another_tenant_in_the_path(shared: Client) -> None:
    answer = shared.http.get("/v2.0/elsewhere.example/Production/api/v2.0/companies")
    assert shared.error(answer) == (401, "Authentication_InvalidCredentials")


def test_company_by_query(shared: Client) -> None:
    for name in (shared.company.id, shared.company.name):
        answer = shared.http.get(f"{API}/customers", params={"company": name, "$top": "1"})
        assert len(answer.json()["value"]) == 1
    header = shared.http.get(f"{API}/customers", headers={"Company": shared.company.name})
    assert header.status_code == 200
    lost = shared.http.get(f"{API}/customers")
    assert shared.error(lost) == (404, "Internal_CompanyNotFound")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2.0/Sandbox/api/v2.0/companies", 404, "NoEnvironment"),
        (
            f"{API}/companies(11111111-2222-3333-4444-555555555555)/items",
            404,
            "Internal_CompanyNotFound",
        ),
        (f"{API}/nope", 404, "Internal_CompanyNotFound"),
        (f"{API}/companies/nope", 404, "BadRequest_ResourceNotFound"),
        (f"{API}/subscriptions", 501, "BadRequest_MethodNotImplemented"),
        ("/v2.0/Production/api/v1.0/companies", 404, "BadRequest_NotFound"),
        ("/v2.0/Production/api/nobody/nothing/v1.0/companies", 404, "BadRequest_NotFound"),
        ("/v2.0/Production/api", 501, "NotEmulated"),
        ("/v2.0/Production/odata", 501, "NotEmulated"),
        ("/admin/v2.29/nothing", 501, "NotEmulated"),
        ("/environments/v9", 501, "NotEmulated"),
    ],
)
def test_paths_that_lead_nowhere(shared: Client, path: str, status: int, code: str) -> None:
    answer = shared.http.get(path)
    assert shared.error(answer) == (status, code)
    if status == 501 and code == "NotEmulated":
        assert f"GET {path}" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("tail", "status", "code"),
    [
        ("nope", 404, "BadRequest_ResourceNotFound"),
        ("customers(11111111-2222-3333-4444-555555555555)", 404, "BadRequest_ResourceNotFound"),
        ("customers(nope)", 400, "BadRequest"),
        ("customers('x)", 400, "BadRequest"),
        ("customers/nope", 404, "BadRequest_ResourceNotFound"),
        ("customers/$count/nope", 404, "BadRequest_ResourceNotFound"),
        ("securityGroups(1)", 404, "BadRequest_ResourceNotFound"),
    ],
)
def test_segments_that_lead_nowhere(shared: Client, tail: str, status: int, code: str) -> None:
    assert shared.error(shared.get(tail)) == (status, code)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("$select=nope", 400, "BadRequest"),
        ("$orderby=nope", 400, "BadRequest"),
        ("$orderby=city sideways", 400, "BadRequest"),
        ("$orderby=city,", 400, "BadRequest"),
        ("$expand=nope", 400, "BadRequest"),
        ("$expand=currency($select=code", 400, "BadRequest"),
        ("$expand=currency)", 400, "BadRequest"),
        ("$expand=currency()x", 400, "BadRequest"),
        ("$expand=currency($select)", 400, "BadRequest"),
        ("$expand=currency(select=code)", 501, "BadRequest_MethodNotImplemented"),
        ("$expand=currency($levels=2)", 501, "BadRequest_MethodNotImplemented"),
        ("$search=x", 501, "BadRequest_MethodNotImplemented"),
        ("$apply=x", 501, "BadRequest_MethodNotImplemented"),
        ("$compute=x", 501, "BadRequest_MethodNotImplemented"),
        ("$top=-1", 400, "BadRequest"),
        ("$top=x", 400, "BadRequest"),
        ("$skip=x", 400, "BadRequest"),
        ("$count=yes", 400, "BadRequest"),
        ("$format=xml", 400, "BadRequest"),
        ("$top=1&$top=2", 400, "BadRequest"),
        ("filter=city eq 'x'", 400, "BadRequest"),
        ("$schemaversion=9.9", 404, "BadRequest_NotFound"),
    ],
)
def test_options_that_are_refused(shared: Client, query: str, status: int, code: str) -> None:
    answer = shared.http.get(f"{shared.path('customers')}?{query}")
    assert shared.error(answer) == (status, code)


def test_options_that_are_accepted(shared: Client) -> None:
    at = shared.path("customers")
    encoded = shared.http.get(f"{at}?%24filter=city+eq+'Atlanta'&$format=json&other=x&$top=1")
    assert len(encoded.json()["value"]) == 1
    assert shared.http.get(f"{at}?$select=*&$top=1").status_code == 200
    chosen = shared.http.get(f"{at}?$select=NUMBER,%20City,currency&$top=1").json()
    assert list(chosen["value"][0]) == ["@odata.etag", "number", "city"]
    assert chosen["@odata.context"].endswith("/customers(number,city)")
    assert shared.http.get(f"{API}/$metadata?$schemaversion=2.1").status_code == 200
    assert shared.http.get(f"{API}/$metadata?$schemaversion=7").status_code == 404


def test_query_string_ceiling(shared: Client) -> None:
    at = shared.path("customers")
    query = "$filter=city eq '" + "x" * 20 + "'&pad="
    full = query + "y" * (8099 - len(query.replace(" ", "%20").replace("'", "%27")))
    most = shared.http.get(f"{at}?{full}")
    assert 8000 < len(most.request.url.query) <= 8099
    assert most.status_code == 200
    assert shared.http.get(f"{at}?{full}{'y' * 99}").status_code == 414


def test_headers_of_an_answer(shared: Client) -> None:
    headers = shared.get("customers", top="1").headers
    assert headers["content-type"] == (
        "application/json; odata.metadata=minimal; odata.streaming=true"
    )
    assert headers["odata-version"] == "4.0"
    assert headers["transfer-encoding"] == "chunked"
    assert headers["date"] == "Mon, 02 Mar 2026 08:00:00 GMT"
    assert "retry-after" not in headers
    for name in ("request-id", "ms-correlation-x", "mise-correlation-id"):
        assert len(headers[name]) == 36


def test_error_texts_carry_the_correlation_id(shared: Client) -> None:
    answer = shared.get("customers", select="nope")
    correlation = answer.headers["ms-correlation-x"]
    assert answer.json()["error"]["message"].endswith(f"  CorrelationId:  {correlation}.")


def test_expand(shared: Client) -> None:
    text = (
        "salesOrderLines($expand=item($expand=itemCategory;$select=number);$orderby=sequence desc"
    )
    text += ";$filter=sequence gt 0;$top=1),customer($select=number),currency"
    order = shared.values("salesOrders", top="1", expand=text, select="number")[0]
    line = order["salesOrderLines"][0]
    assert len(order["salesOrderLines"]) == 1
    assert line["sequence"] == 20000
    assert line["item"]["itemCategory"]["code"]
    assert set(line["item"]) == {"@odata.etag", "number", "itemCategory"}
    assert order["customer"]["number"]
    assert "currency" in order
    customers = shared.values("customers", expand="defaultDimensions", filter="number eq '10000'")
    assert customers[0]["defaultDimensions"][0]["dimensionCode"] == "AREA"
    none = shared.values("salesOrders", top="1", expand="shipmentMethod,attachments")[0]
    assert (none["shipmentMethod"], none["attachments"]) == (None, [])
    context = shared.get("items", expand="itemCategory", top="1").json()["@odata.context"]
    assert context.endswith("/items(itemCategory())")


def test_sub_resources(shared: Client) -> None:
    customer = next(r for r in shared.company.rows("customers") if r["number"] == "10000")
    at = f"customers({customer['id']})"
    dimension = shared.values(f"{at}/defaultDimensions")[0]
    one = shared.get(f"{at}/defaultDimensions({dimension['id']})").json()
    assert one["parentType"] == "Customer"
    assert shared.get(f"{at}/defaultDimensions/$count").text == "\ufeff1"
    terms = shared.get(f"{at}/paymentTerm").json()
    assert terms["code"] == "1M(8D)"
    assert shared.get(f"{at}/currency").status_code == 204
    assert shared.get(f"{at}/currency/nope").status_code == 404
    info = shared.values("companyInformation")[0]
    link = info["picture@odata.mediaReadLink"]
    assert link.endswith(f"/companyInformation({info['id']})/picture")
    assert shared.http.get(link).status_code == 204
    chosen = shared.values("companyInformation", select="displayName")[0]
    assert "picture@odata.mediaReadLink" not in chosen


def test_every_entity_set_answers(shared: Client) -> None:
    for path in routes():
        served = route(path)
        assert served is not None
        if path == "ODataV4":
            continue
        at = f"/v2.0/Production/api/{path}/companies({shared.company.id})"
        for name, schema in served.sets.items():
            answer = shared.http.get(f"{at}/{name}", params={"$top": "1"})
            assert answer.status_code == (400 if schema.refuses else 200), name


@pytest.mark.parametrize("path", routes())
def test_metadata_is_well_formed_csdl(shared: Client, path: str) -> None:
    prefix = V4 if path == "ODataV4" else f"/v2.0/Production/api/{path}"
    answer = shared.http.get(f"{prefix}/$metadata")
    assert answer.headers["content-type"] == "application/xml"
    root = ET.fromstring(answer.content)  # noqa: S314  # our own document
    served = route(path)
    assert served is not None
    sets = {one.get("Name") for one in root.iter(f"{EDM}EntitySet")}
    assert set(served.sets) <= sets
    types = {one.get("Name") for one in root.iter(f"{EDM}EntityType")}
    enums = {one.get("Name") for one in root.iter(f"{EDM}EnumType")}
    named = {one.get("Type", "") for one in root.iter(f"{EDM}Property")}
    used = {name.rpartition(".")[2] for name in named if name.startswith("Microsoft.NAV.")}
    assert used <= enums
    for navigation in root.iter(f"{EDM}NavigationProperty"):
        kind = (navigation.get("Type") or "").removeprefix("Collection(").rstrip(")")
        assert kind.rpartition(".")[2] in types


def test_metadata_says_what_a_client_needs(shared: Client) -> None:
    root = ET.fromstring(shared.http.get(f"{API}/$metadata").content)  # noqa: S314
    types = {one.get("Name"): one for one in root.iter(f"{EDM}EntityType")}
    assert len(types) == 144 + 1
    customer = {one.get("Name"): one for one in types["customer"].iter(f"{EDM}Property")}
    assert customer["number"].get("MaxLength") == "20"
    assert customer["blocked"].get("Type") == "Microsoft.NAV.customerBlocked"
    assert customer["id"].get("Nullable") == "false"
    assert {one.get("Name") for one in root.iter(f"{EDM}Action")} >= {"post", "shipAndInvoice"}
    document = shared.http.get(API).json()
    assert len(document["value"]) == 145


def test_odata_v4_web_services(shared: Client) -> None:
    companies = shared.http.get(f"{V4}/Company").json()["value"]
    assert {one["Id"] for one in companies} == {one.id for one in shared.emulator.companies}
    one = shared.http.get(f"{V4}/Company('{AWKWARD}')").json()
    assert one["Name"] == "Bob's Ümlaut & Co."
    at = f"{V4}/Company('CRONUS%20USA%2C%20Inc.')"
    customer = shared.http.get(f"{at}/Customer('10000')").json()
    assert customer["Name"] == "Adatum Corporation"
    order = shared.http.get(f"{at}/SalesOrder(Document_Type='Order',No='S-ORD100003')").json()
    assert order["No"] == "S-ORD100003"
    entries = shared.http.get(f"{at}/Item_Ledger_Entries", params={"$top": "2"}).json()["value"]
    assert len(entries) == 2
    entry = shared.http.get(f"{at}/Item_Ledger_Entries(7)").json()
    assert entry["Entry_No"] == 7
    assert shared.http.get(f"{at}/Item/$count").text == "\ufeff100"
    assert len(shared.http.get(f"{V4}/Company('{AWKWARD}')/Item").json()["value"]) == 5
    by_query = {"company": shared.company.name, "$top": "1"}
    assert shared.http.get(f"{V4}/Item", params=by_query).status_code == 200
    assert shared.error(shared.http.get(f"{V4}/Item")) == (404, "Internal_CompanyNotFound")
    assert shared.http.get(f"{at}/Company").status_code == 404
    assert shared.http.get(f"{V4}/Company('nope')/Item").status_code == 404
    assert shared.http.post(f"{at}/Item", json={}).status_code == 501
    assert len(shared.http.get(V4).json()["value"]) == 5


def test_environments(shared: Client) -> None:
    one = shared.http.get("/environments/v1.2").json()["value"][0]
    assert (one["name"], one["aadTenantId"]) == ("Production", shared.emulator.tenant_id)


def test_default_company_is_the_only_one(client: Client) -> None:
    del client.emulator.companies[1]
    assert client.http.get(f"{API}/customers").status_code == 200


def test_real_world_values(shared: Client) -> None:
    for name in ("customers", "items", "salesOrders", "itemLedgerEntries", "employees"):
        rows = shared.company.rows(name)
        assert rows
        assert all(value is not None for row in rows for value in row.values())
    stamps = {str(r["lastModifiedDateTime"]) for r in shared.company.rows("customers")}
    assert "0001-01-01T00:00:00Z" in stamps
    assert {len(stamp) for stamp in stamps} >= {22, 23, 24}
    ours, theirs = ({r["id"] for r in one.rows("items")} for one in shared.emulator.companies)
    assert not ours & theirs


def test_expansions_follow_what_was_written(client: Client) -> None:
    company = client.company
    order, other = (str(row["id"]) for row in company.rows("salesOrders")[:2])

    def quantities(key: str) -> list[float]:
        found = client.get(f"salesOrders({key})", expand="salesOrderLines($orderby=sequence)")
        return [line["quantity"] for line in found.json()["salesOrderLines"]]

    assert quantities(order) == quantities(other) == [1, 2]
    line = company.create("salesOrderLines", {"documentId": order, "quantity": Decimal(9)})
    assert quantities(order) == [1, 2, 9]
    company.update("salesOrderLines", str(line["id"]), {"documentId": other})
    assert (quantities(order), quantities(other)) == ([1, 2], [1, 2, 9])
    company.delete("salesOrderLines", str(line["id"]))
    assert quantities(other) == [1, 2]
    company.delete("salesOrders", order)
    assert company.lines("salesOrders", order) == []


def test_thousands_of_documents_are_expanded_at_once(client: Client) -> None:
    company = client.company
    headers, lines = company.table("salesInvoices"), company.table("salesInvoiceLines")
    header, line = company.rows("salesInvoices")[0], company.rows("salesInvoiceLines")[0]
    for number in range(2_000):
        key = f"{number:08x}-0000-0000-0000-000000000000"
        headers.put(key, header | {"id": key, "number": f"N{number}"})
        for place in range(5):
            own = f"{number * 5 + place:08x}-0000-0000-0000-000000000001"
            lines.put(own, line | {"id": own, "documentId": key})
    start = perf_counter()
    rows = client.values("salesInvoices", expand="salesInvoiceLines", filter="number ge 'N'")
    assert perf_counter() - start < 2
    assert [len(row["salesInvoiceLines"]) for row in rows[:2000]] == [5] * 2000
