from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.api.routes import (
    ODATA_V4,
    Company,
    Routes,
    absolute,
    is_absolute,
    segment,
)
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.settings import Settings
from tests.peer import API, CLIENT, COMPANY, HOME, ROOT, SECRET, TENANT, settings

ROUTES = Routes(settings())
CRONUS = Company(COMPANY, "CRONUS", "CRONUS International")


def test_the_environments_are_beside_the_environment() -> None:
    assert ROUTES.environments() == f"{ROOT}/environments/v1.2"


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("v2.0", "/v2.0/Production/api/v2.0"),
        ("beta", "/v2.0/Production/api/beta"),
        ("microsoft/automation/v2.0", "/v2.0/Production/api/microsoft/automation/v2.0"),
        ("contoso-ltd/app_1/beta", "/v2.0/Production/api/contoso-ltd/app_1/beta"),
        (ODATA_V4, "/v2.0/Production/ODataV4"),
    ],
)
def test_the_root_of_an_api(api: str, path: str) -> None:
    assert ROUTES.api(api) == f"{ROOT}{path}"


@pytest.mark.parametrize(
    "api",
    [
        "",
        "v2",
        "2.0",
        "odatav4",
        "contoso/v2.0",
        "a/b/c/v1.0",
        "a/b/v1.0/",
        "/a/b/v1.0",
        "../../v1.0",
        "a/../v1.0",
        "./b/v1.0",
        "ä/b/v1.0",
        "a/b/v²",
        "v2.0\n",
    ],
)
def test_anything_else_is_no_api(api: str) -> None:
    with pytest.raises(ConfigurationError, match="is no API"):
        ROUTES.api(api)


def test_the_tenant_stands_in_the_url_where_the_connection_says_so() -> None:
    routes = Routes(settings(tenant_in_url=True, tenant_id="contoso.com", environment="Sandbox-1"))

    assert routes.api("v2.0") == f"{ROOT}/v2.0/contoso.com/Sandbox-1/api/v2.0"


def test_a_company_is_named_by_its_id_in_an_api() -> None:
    assert ROUTES.company("v2.0", CRONUS) == HOME


@given(st.text(min_size=1, max_size=30))
def test_a_company_is_named_by_its_name_in_web_services_whatever_it_is(name: str) -> None:
    url = ROUTES.company(ODATA_V4, Company(COMPANY, name))
    head, _, rest = unquote(urlsplit(url).path).partition("Company('")

    assert url.isascii()
    assert head == "/v2.0/Production/ODataV4/"
    assert rest.removesuffix("')").replace("''", "'") == name
    assert "/" not in urlsplit(url).path.partition("Company(")[2]


def test_a_path_is_encoded_where_it_is_not_yet() -> None:
    assert ROUTES.within(HOME, "/customers") == f"{HOME}/customers"
    assert ROUTES.within(HOME, "a b/ü(x='1')") == f"{HOME}/a%20b/%C3%BC(x='1')"
    assert ROUTES.within(HOME, "a%20b") == f"{HOME}/a%20b"
    assert ROUTES.within(HOME, "a?$filter=x eq 1") == f"{HOME}/a?$filter=x%20eq%201"


@pytest.mark.parametrize("path", ["", "/", "../x", "a/../b", "a/..", "a#b", "..?x", "%2e%2e/x"])
def test_a_path_does_not_leave_its_root(path: str) -> None:
    with pytest.raises(ConfigurationError, match="is no path below"):
        ROUTES.within(HOME, path)


def test_dots_in_a_query_are_no_way_out() -> None:
    assert ROUTES.within(HOME, "a?b=/../c").startswith(f"{HOME}/a?")


def test_a_full_url_of_the_same_service_is_taken_as_it_is() -> None:
    assert ROUTES.within(HOME, f"{API}/companies?x=1") == f"{API}/companies?x=1"


def test_a_full_url_of_another_service_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"https://evil\.com/customers is not the API"):
        ROUTES.within(HOME, "https://evil.com/customers")


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is not the API of this connection"):
        ROUTES.within(HOME, "https://[evil")


def test_a_url_within_a_query_does_not_make_a_full_url() -> None:
    path = "customers?$filter=website eq 'https://contoso.com'"

    assert not is_absolute(path)
    assert ROUTES.within(HOME, path).startswith(f"{HOME}/customers?")


def test_a_query_is_added_to_what_is_there() -> None:
    assert ROUTES.with_query("https://h/a", "") == "https://h/a"
    assert ROUTES.with_query("https://h/a", "b=1") == "https://h/a?b=1"
    assert ROUTES.with_query("https://h/a?c=2", "b=1") == "https://h/a?c=2&b=1"


@given(st.text())
def test_a_segment_is_read_back_equal_and_stays_one_segment(text: str) -> None:
    url = urlsplit(f"https://h/{segment(text)}")

    assert unquote(url.path) == f"/{text}"
    assert url.path.count("/") == 1
    assert (url.query, url.fragment) == ("", "")


@pytest.mark.parametrize(
    "url",
    [
        f"{ROOT}/x",
        f"{ROOT}:443/x",
        ROOT.upper(),
        f"{ROOT}/x@y?z=https://evil.com",
    ],
)
def test_urls_of_the_service_get_the_token(url: str) -> None:
    assert ROUTES.owns(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.businesscentral.dynamics.com/x",
        f"{ROOT}:444/x",
        f"{ROOT}.evil.com/x",
        "https://evil.com/api.businesscentral.dynamics.com",
        "https://api.businesscentral.dynamics.com@evil.com/x",
        "https://evil.com\\@api.businesscentral.dynamics.com/x",
        "https://user:pw@api.businesscentral.dynamics.com/x",
        "https://:pw@api.businesscentral.dynamics.com/x",
        "//api.businesscentral.dynamics.com/x",
        "/x",
        "x",
        "",
        "https://[evil",
        f"{ROOT}:port/x",
        f"{ROOT}:99999/x",
    ],
)
def test_no_other_url_gets_the_token(url: str) -> None:
    assert not ROUTES.owns(url)


@given(st.text())
def test_any_text_is_owned_or_not(text: str) -> None:
    ROUTES.owns(text)
    ROUTES.owns(absolute(HOME, text))


def test_a_service_on_a_port_of_its_own() -> None:
    routes = Routes(
        Settings.from_connection(
            login=CLIENT,
            password=SECRET,
            host="http://localhost",
            port=8080,
            extra={"tenant_id": TENANT},
        )
    )

    assert routes.api("v2.0") == "http://localhost:8080/v2.0/Production/api/v2.0"
    assert routes.owns("http://localhost:8080/x")
    assert not routes.owns("http://localhost/x")


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("https://h/b?x=1", "https://h/b?x=1"),
        ("b?x=1", f"{API}/companies/b?x=1"),
        ("/b", f"{ROOT}/b"),
        ("?x=1", f"{API}/companies/a?x=1"),
        ("https://[evil", "https://[evil"),
    ],
)
def test_a_relative_link_is_resolved(link: str, whole: str) -> None:
    assert absolute(f"{API}/companies/a", link) == whole
