"""Each row of the filter table (facts: bc-data-api.md section 3.2)."""

from __future__ import annotations

import pytest

from .conftest import Client

OTHER = {"schemaversion": "2.1"}


@pytest.mark.parametrize(
    ("entity_set", "text", "count"),
    [
        ("customers", "number eq '10000'", 1),
        ("customers", "number ne '10000'", 119),
        ("customers", "displayName eq 'Relecloud O''Neil'", 20),
        ("customers", "country eq 'US' and taxLiable eq true", 40),
        ("customers", "country eq 'US' or country eq 'JP'", 80),
        ("customers", "(country eq 'US' or country eq 'JP') and city eq '東京'", 20),
        ("customers", "startswith(displayName,'Café')", 20),
        ("customers", "endswith(displayName,'Corporation')", 20),
        ("customers", "contains(displayName,'&')", 20),
        ("customers", "contains(displayName,'ART')", 0),
        ("customers", "tolower(displayName) eq 'trey research'", 20),
        ("customers", "toupper(displayName) ne 'trey research'", 100),
        ("customers", "substring(city,2) eq 'tlan'", 20),
        ("customers", "number eq '2000*'", 20),
        ("customers", "number ne '2000*'", 100),
        ("customers", "addressLine2 eq null", 120),
        ("customers", "displayName ne null", 120),
        ("customers", "paymentMethodId eq null", 60),
        ("customers", "paymentMethodId eq 00000000-0000-0000-0000-000000000000", 60),
        ("customers", "blocked eq ' '", 40),
        ("customers", "blocked eq '_x0020_'", 40),
        ("customers", "blocked gt 'Ship'", 40),
        ("customers", "blocked eq null", 40),
        ("customers", "creditLimit eq 0.1", 120),
        ("customers", "creditLimit lt 1", 120),
        ("customers", "lastModifiedDateTime eq 0001-01-01T00:00:00Z", None),
        ("customers", "lastModifiedDateTime lt 2025-01-01T00:00:00+02:00", None),
        ("customers", "contactsInformation/any(c: c/contactType eq 'x')", 120),
        ("customers", "number eq '10000' and not_there/all(c: c/x eq 1)", 120),
        ("items", "unitPrice eq 12345678901234.56789", 20),
        ("itemLedgerEntries", "entryType eq 'Positive Adjmt.'", 100),
        ("itemLedgerEntries", "entryType eq 'Positive_x0020_Adjmt_x002E_'", 100),
        ("itemLedgerEntries", "entryNumber le 10", 10),
        ("itemLedgerEntries", "postingDate ge 2025-01-01 and postingDate lt 2025-02-01", None),
        ("itemLedgerEntries", "quantity lt -20.5", None),
        ("employees", "employmentDate eq 0001-01-01", 1),
        ("employees", "employmentDate eq null", 1),
        ("accounts", "consolidationTranslationMethod eq 'Average Rate (Manual)'", 6),
    ],
)
def test_accepted(shared: Client, entity_set: str, text: str, count: int | None) -> None:
    found = shared.values(entity_set, filter=text)
    if count is None:
        assert 0 < len(found) < len(shared.company.rows(entity_set))
    else:
        assert len(found) == count


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("number eq 'a' or city eq 'b'", 501, "BadRequest_MethodNotImplemented"),
        ("number in ('10000')", 501, "BadRequest_MethodNotImplemented"),
        ("contains(tolower(city),'x')", 501, "BadRequest_MethodNotImplemented"),
        ("not (number eq 'a')", 501, "BadRequest_MethodNotImplemented"),
        ("trim(city) eq 'a'", 501, "BadRequest_MethodNotImplemented"),
        ("indexof(city,'a') eq 1", 501, "BadRequest_MethodNotImplemented"),
        ("concat(city,'a') eq 'b'", 501, "BadRequest_MethodNotImplemented"),
        ("creditLimit add 1 eq 2", 501, "BadRequest_MethodNotImplemented"),
        ("round(creditLimit) eq 2", 501, "BadRequest_MethodNotImplemented"),
        ("year(lastModifiedDateTime) eq 2025", 501, "BadRequest_MethodNotImplemented"),
        ("lastModifiedDateTime gt now()", 501, "BadRequest_MethodNotImplemented"),
        ("made_up(city) eq 'a'", 501, "BadRequest_MethodNotImplemented"),
        ("city eq number", 501, "BadRequest_MethodNotImplemented"),
        ("currency/code eq 'EUR'", 501, "BadRequest_MethodNotImplemented"),
        ("'a' eq city", 501, "BadRequest_MethodNotImplemented"),
        ("city gt null", 501, "BadRequest_MethodNotImplemented"),
        ("substring(city,1) ne 'a'", 501, "BadRequest_MethodNotImplemented"),
        ("true", 501, "BadRequest_MethodNotImplemented"),
        ("true and city eq 'a'", 501, "BadRequest_MethodNotImplemented"),
        ("nope eq 1", 400, "BadRequest"),
        ("Number eq '1'", 400, "BadRequest"),
        ("city eq", 400, "BadRequest"),
        (" ", 400, "BadRequest"),
        ("city = 'a'", 400, "BadRequest"),
        ("city eq 5", 400, "BadRequest"),
        ("taxLiable eq 'true'", 400, "BadRequest"),
        ("creditLimit eq '5'", 400, "BadRequest"),
        ("id eq '5b2f3b37-2b52-460e-8863-3561295b1e08'", 400, "BadRequest"),
        ("lastModifiedDateTime gt '2025-01-01T00:00:00Z'", 400, "BadRequest"),
        ("lastModifiedDateTime gt 2025-01-01", 400, "BadRequest"),
        ("lastModifiedDateTime gt 2025-01-01T00:00:00", 400, "BadRequest"),
        ("lastModifiedDateTime gt 2025-02-31T00:00:00Z", 400, "BadRequest"),
        ("blocked eq 'nonsense'", 400, "BadRequest"),
        ("blocked eq 1", 400, "BadRequest"),
        ("contains(creditLimit,'1')", 400, "BadRequest"),
        ("number eq '123456789012345678901'", 400, "Application_FilterErrorException"),
    ],
)
def test_refused(shared: Client, text: str, status: int, code: str) -> None:
    assert shared.error(shared.get("customers", filter=text)) == (status, code)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("number in ('10000','20000','nope')", 2),
        ("number in ( '10000' )", 1),
        ("blocked in ('Ship')", 40),
        ("contains(tolower(displayName),'ADATUM')", 20),
    ],
)
def test_accepted_with_schema_version_2_1(shared: Client, text: str, count: int) -> None:
    assert len(shared.values("customers", filter=text, **OTHER)) == count


def test_refused_with_schema_version_2_1(shared: Client) -> None:
    answer = shared.get("customers", filter="number in 'a'", **OTHER)
    assert answer.status_code in (400, 501)


def test_streams_cannot_be_filtered(shared: Client) -> None:
    answer = shared.get("companyInformation", filter="picture eq null")
    assert answer.status_code == 501


def test_null_of_a_time_needs_2_1(shared: Client) -> None:
    text = "startingTime eq null"
    company = shared.company
    assert "startingTime" not in (company.rows("customers")[0])
    assert shared.get("customers", filter=text).status_code == 400


@pytest.mark.parametrize(
    ("entity_set", "text"),
    [
        ("salesInvoiceLines", "You must specify an Id or a Document Id to get the lines."),
        ("salesCreditMemoLines", "You must specify an id or a Document Id to get the lines."),
        ("journalLines", "You must specify a journal batch ID or a journal ID"),
        ("dimensionSetLines", "You must get to the parent first"),
        ("pictures", "You must get to the parent first to get to the picture."),
        ("attachments", "You must specify a parentId in the request body."),
        ("timeRegistrationEntries", "You must specify an Employee ID or Employee number"),
    ],
)
def test_flat_reads_that_are_refused(shared: Client, entity_set: str, text: str) -> None:
    answer = shared.get(entity_set)
    assert shared.error(answer) == (400, "Application_DialogException")
    assert text in answer.json()["error"]["message"]


def test_lines_by_document(shared: Client) -> None:
    order = shared.values("salesOrders", top="1")[0]["id"]
    flat = shared.values("salesOrderLines", filter=f"documentId eq {order}")
    nested = shared.values(f"salesOrders({order})/salesOrderLines")
    assert len(flat) == 2
    assert flat == nested
    one = shared.values("salesOrderLines", filter=f"id eq {flat[0]['id']}")
    assert one == flat[:1]
    parent = f"parentId eq {order}"
    answer = shared.get("attachments", filter=parent)
    assert "parentType" in answer.json()["error"]["message"]
    both = f"{parent} and parentType eq 'Sales Order'"
    assert shared.values("attachments", filter=both) == []
