"""One entity set has one asset, however a DAG writes its URI."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import pytest
from airflow.sdk import Asset
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.assets.business_central import entity_set_asset, sanitize_uri


def canonical(uri: str) -> str:
    return urlunsplit(sanitize_uri(urlsplit(uri)))


def asset(company: str = "CRONUS", entity_set: str = "customers") -> Asset:
    return entity_set_asset(environment="Production", company=company, entity_set=entity_set)


def test_the_name_of_an_asset_is_its_uri() -> None:
    found = asset("CRONUS USA, Inc.")

    assert found.uri == found.name == "bc://production/CRONUS%20USA%2C%20Inc./customers"
    assert found.extra == {}


def test_an_asset_may_carry_more() -> None:
    found = entity_set_asset(
        environment="Sandbox", company="CRONUS", entity_set="items", extra={"team": "sales"}
    )

    assert (found.uri, found.extra) == ("bc://sandbox/CRONUS/items", {"team": "sales"})


def test_lines_have_an_asset_below_their_documents() -> None:
    found = asset(entity_set="salesInvoices/salesInvoiceLines")

    assert found.uri == "bc://production/CRONUS/salesInvoices/salesInvoiceLines"


LONGEST = 30  # of a company's name; an asset of Airflow takes 1,500 characters, escaped
NAMES = st.text(min_size=1, max_size=LONGEST).filter(
    lambda name: name.strip() and "{{" not in name and name not in {".", ".."}
)


@given(NAMES, NAMES.filter(lambda name: "/" not in name))
def test_any_company_has_an_asset_that_is_canonical_already(company: str, entity_set: str) -> None:
    found = asset(company, entity_set)

    assert canonical(found.uri) == found.uri
    assert Asset(found.uri).uri == found.uri


@pytest.mark.parametrize(
    "uri",
    [
        "bc://Production/CRONUS%20USA/customers",
        "bc://PRODUCTION/CRONUS%20USA/customers/",
        "BC://production/CRONUS USA/customers",
        "bc://production/%43RONUS%20USA/customers",
    ],
)
def test_every_way_to_write_a_uri_leads_to_one(uri: str) -> None:
    assert canonical(uri) == asset("CRONUS USA").uri
    assert Asset(uri).uri == asset("CRONUS USA").uri


@pytest.mark.parametrize(
    "uri",
    [
        "bc://",
        "bc://production",
        "bc://production/CRONUS",
        "bc://production/CRONUS/a/b/c",
        "bc:///CRONUS/customers",
        "bc://production//customers",
        "bc://production/%20/customers",
    ],
)
def test_what_names_no_entity_set_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="is no Business Central asset"):
        canonical(uri)


@pytest.mark.parametrize("company", ["", "  ", "{{ var.value.company }}", ".", ".."])
def test_a_company_that_is_none_is_refused(company: str) -> None:
    with pytest.raises(ValueError, match="is no part of a Business Central asset"):
        asset(company)


def test_an_entity_set_that_is_none_is_refused() -> None:
    for entity_set in ("", "salesInvoices/", "{{ params.set }}"):
        with pytest.raises(ValueError, match="without templates"):
            asset(entity_set=entity_set)
