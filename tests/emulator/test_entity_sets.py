"""Every entity set of the facts: read, created, updated, deleted where allowed, else refused."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve
from airflow_provider_bc.emulator.coverage import entity_sets, missing, renewed
from airflow_provider_bc.emulator.store.derived import DERIVED
from airflow_provider_bc.emulator.store.rules import DOCUMENTS, HEADERS

from .conftest import Client
from .test_documentation import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_bc.emulator.schema.model import EntitySet

STALE = 'W/"JzQ0O3N0YWxlOzAwOyc="'
REFUSED = (405, "BadRequest_MethodNotAllowed")
SERIAL = count(1)
SETS = list(entity_sets())
# No row of a query or of a composite key is ever written: they are read-only, as a create shows.
KEYED = [(path, one) for path, one in SETS if len(one.key) == 1]


def named(sets: list[tuple[str, EntitySet]]) -> pytest.MarkDecorator:
    ids = [f"{path}/{one.name}" for path, one in sets]
    return pytest.mark.parametrize(("route", "schema"), sets, ids=ids)


@pytest.fixture(scope="module")
def server_for_all() -> Iterator[Client]:
    emulator = Emulator(clock=VirtualClock(), limits=False)
    emulator.roles = ("API.ReadWrite.All", "Automation.ReadWrite.All")
    with serve(emulator) as running:
        client = Client(running)
        with closing(client.http):
            yield client


class Place:
    """One entity set, seen by a client."""

    def __init__(self, client: Client, route: str, schema: EntitySet) -> None:
        self.client, self.route, self.schema = client, route, schema
        base = f"/v2.0/Production/api/{route}/companies({client.company.id})"
        self.url = f"{base}/{schema.name}"

    def body(self) -> dict[str, Any]:
        """Say what a create needs."""
        name, company = self.schema.name, self.client.company
        if name in DOCUMENTS:
            return {f"{DOCUMENTS[name].partner}Number": "10000"}
        if name in HEADERS:
            header = HEADERS[name]
            head = company.create(header, {f"{DOCUMENTS[header].partner}Number": "10000"})
            return {"documentId": head["id"]}
        if name == "automationCompanies":
            return {"displayName": f"Company of {next(SERIAL)}"}
        if name == "userPermissions":
            return {"roleId": "D365 AUTOMATION", "company": f"Company {next(SERIAL)}"}
        if name == "extensionUpload":  # a company has one slot
            for row in company.rows(name, self.route):
                company.delete(name, str(row["systemId"]), self.route)
        code = self.schema.properties.get("code")
        return {"code": f"NEW{next(SERIAL)}"} if code is not None and code.writable else {}

    def row(self) -> str:
        """Put a row there, whoever may, and return its URL."""
        if self.schema.name in DERIVED:
            key = self.client.values("items", top="1")[0]["id"]
            if self.schema.name == "pictures":
                return self.client.path(f"items({key})/picture")
            key = self.client.values("salesInvoices", top="1")[0]["id"]
            return self.client.path(f"salesInvoices({key})/pdfDocument")
        if self.schema.name == "automationCompanies":
            return str(self.client.http.post(self.url, json=self.body()).headers["location"])
        kind = self.schema.properties[self.schema.key[0]].type
        own = {} if kind == "Edm.Guid" else {self.schema.key[0]: f"own{next(SERIAL)}"}
        made = self.client.company.create(self.schema.name, self.body() | own, self.route)
        key = str(made[self.schema.key[0]])
        return f"{self.url}({key})" if kind == "Edm.Guid" else f"{self.url}('{key}')"

    def error(self, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, str]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.http.request(method, url, json=body, headers=sent)
        return self.client.error(answer)


@named(SETS)
def test_read(server_for_all: Client, route: str, schema: EntitySet) -> None:
    place = Place(server_for_all, route, schema)
    answer = server_for_all.http.get(place.url, params={"$top": "2"})
    if schema.refuses is None:
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.json()["value"], list)
        return
    assert server_for_all.error(answer) == (400, "Application_DialogException")
    assert answer.json()["error"]["message"].startswith(schema.refuses)


@named(SETS)
def test_create(server_for_all: Client, route: str, schema: EntitySet) -> None:
    place = Place(server_for_all, route, schema)
    if "insert" not in schema.writes:
        assert place.error("POST", place.url, {}) == REFUSED
        return
    body = place.body()
    assert place.error("POST", place.url, body | {"nope": 1}) == (400, "BadRequest")
    fixed = next((p.name for p in schema.properties.values() if not p.writable), None)
    if fixed is not None and not schema.properties[fixed].on_create:
        code = "BadRequest_InvalidOperation"
        assert place.error("POST", place.url, body | {fixed: "x"}) == (400, code)
    if body and "documentId" not in body:
        missing = place.error("POST", place.url, {})
        codes = ("Application_DialogException", "BadRequest_RequiredParamNotProvided")
        assert missing in [(400, code) for code in codes]
    made = server_for_all.http.post(place.url, json=body)
    assert made.status_code == 201, made.text
    again = server_for_all.http.get(made.headers["location"])
    assert again.json()["@odata.etag"] == made.json()["@odata.etag"]


@named(KEYED)
def test_update(server_for_all: Client, route: str, schema: EntitySet) -> None:
    place = Place(server_for_all, route, schema)
    url = place.row()
    if "modify" not in schema.writes:
        assert place.error("PATCH", url, {}, If_Match="*") == REFUSED
        return
    assert place.error("PATCH", url, {}) == (400, "BadRequest_InvalidToken")
    assert place.error("PATCH", url, {}, If_Match=STALE) == (409, "Request_EntityChanged")
    before = server_for_all.http.get(url).json()["@odata.etag"]
    done = server_for_all.http.patch(url, json={}, headers={"If-Match": before})
    assert done.status_code == 200, done.text
    assert done.json()["@odata.etag"] != before
    assert place.error("PATCH", url, {}, If_Match=before) == (409, "Request_EntityChanged")


@named(KEYED)
def test_delete(server_for_all: Client, route: str, schema: EntitySet) -> None:
    place = Place(server_for_all, route, schema)
    url = place.row()
    if "delete" not in schema.writes:
        assert place.error("DELETE", url) == REFUSED
        return
    assert place.error("DELETE", url, If_Match=STALE) == (409, "Request_EntityChanged")
    assert server_for_all.http.delete(url).status_code == 204
    if schema.name not in DERIVED:
        assert place.error("GET", url) == (404, "BadRequest_ResourceNotFound")


@pytest.mark.parametrize("header", DOCUMENTS)
def test_deep_insert(server_for_all: Client, header: str) -> None:
    document = DOCUMENTS[header]
    line = {"lineObjectNumber": "1896-S", "quantity": 1}
    body = {f"{document.partner}Number": "10000", document.lines: [line, line]}
    url = server_for_all.path(header)
    made = server_for_all.http.post(url, json=body, params={"$expand": document.lines})
    assert made.status_code == 201, made.text
    assert len(made.json()[document.lines]) == 2
    assert made.json()["totalAmountExcludingTax"] > 0


def test_a_deep_insert_that_fails_leaves_nothing(server_for_all: Client) -> None:
    company, url = server_for_all.company, server_for_all.path("journals")
    before = len(company.rows("journals")), len(company.rows("journalLines"))
    lines: list[dict[str, Any]] = [{"amount": 1}, {"amount": "x"}]
    refused = server_for_all.http.post(url, json={"code": "DEEP", "journalLines": lines})
    assert server_for_all.error(refused) == (400, "BadRequest")
    assert (len(company.rows("journals")), len(company.rows("journalLines"))) == before
    made = server_for_all.http.post(url, json={"code": "DEEP", "journalLines": lines[:1]})
    assert made.status_code == 201


def test_every_action_is_performed() -> None:
    assert missing() == []


def test_counts_of_the_facts() -> None:
    assert (len(SETS), len(KEYED)) == (163, 157)


def test_the_page_tells_the_truth() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renewed(page)
    with pytest.raises(ValueError, match="no place"):
        renewed("nothing")
