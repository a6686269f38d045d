"""Addresses for a browser, as Microsoft's page on them writes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_bc.api.web_client import WebClient
from airflow_provider_bc.settings import Settings

TENANT = "01380994-1eef-41a4-997c-f37d2a3bbe15"
HERE = f"https://businesscentral.dynamics.com/{TENANT}/Sandbox"


def web_client(**given: Any) -> WebClient:
    fields = {
        "tenant_id": TENANT,
        "environment": "Sandbox",
        "client_id": "3f1e8f3c-3a3b-4b64-8d7a-0a8f8f3f0b11",
        "client_secret": "s",
    }
    return WebClient(Settings(**(fields | given)))


def asked(address: str | None) -> dict[str, list[str]]:
    assert address is not None
    return parse_qs(urlsplit(address).query, strict_parsing=True)


def test_a_company_is_named_with_every_character_encoded() -> None:
    address = web_client().company("CRONUS USA, Inc. & Söhne")
    assert address == f"{HERE}/?company=CRONUS%20USA%2C%20Inc.%20%26%20S%C3%B6hne"


def test_a_customer_is_found_by_its_number_on_the_customer_card() -> None:
    address = web_client().record("CRONUS", "customers", {"number": "O'NEIL & Co"})
    assert asked(address) == {
        "company": ["CRONUS"],
        "page": ["21"],
        "filter": ["'No.' IS 'O''NEIL & Co'"],
    }


@pytest.mark.parametrize(
    ("status", "page"),
    [("Draft", "43"), ("In_x0020_Review", "43"), ("Open", "132"), ("Paid", "132"), (None, "132")],
)
def test_an_invoice_is_on_another_page_before_it_is_posted(status: str | None, page: str) -> None:
    row = {"number": "S-1", "status": status}
    assert asked(web_client().record("CRONUS", "salesInvoices", row))["page"] == [page]


def test_an_entry_is_found_by_its_own_field() -> None:
    address = web_client().record("CRONUS", "generalLedgerEntries", {"entryNumber": 7})
    assert asked(address)["filter"] == ["'Entry No.' IS '7'"]


@pytest.mark.parametrize(
    ("entity_set", "row"),
    [
        ("paymentTerms", {"code": "14 DAYS"}),
        ("customers", {"id": "5d115c9c-0000-0000-0000-000000000000"}),
        ("customers", {"number": ""}),
        ("salesOrders(5d115c9c)/salesOrderLines", {"number": "1"}),
    ],
)
def test_what_has_no_page_leads_to_its_company(entity_set: str, row: dict[str, Any]) -> None:
    address = web_client().record("CRONUS", entity_set, row)
    assert address == web_client().company("CRONUS") == f"{HERE}/?company=CRONUS"


def test_environment_and_admin_center() -> None:
    assert web_client().environment() == HERE
    assert web_client().admin_center() == f"https://businesscentral.dynamics.com/{TENANT}/admin"


def test_an_api_at_another_host_has_no_addresses() -> None:
    elsewhere = web_client(api_url="http://127.0.0.1:8080")
    assert elsewhere.environment() is None
    assert elsewhere.admin_center() is None
    assert elsewhere.company("CRONUS") is None
    assert elsewhere.record("CRONUS", "customers", {"number": "10000"}) is None


def test_unless_the_connection_says_where() -> None:
    elsewhere = web_client(api_url="http://127.0.0.1:8080", web_client_url="bc.example.com")
    assert elsewhere.environment() == f"https://bc.example.com/{TENANT}/Sandbox"


def test_nothing_of_the_credential_is_in_an_address() -> None:
    one = web_client(client_secret="very-secret")
    for address in (one.environment(), one.admin_center(), one.company("C")):
        assert address is not None
        assert "very-secret" not in address
        assert "3f1e8f3c" not in address
