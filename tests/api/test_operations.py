from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.api.options import CountOptions, GetOptions, ReadOptions, RequestOptions
from airflow_provider_bc.auth.token import Claims
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    ConfigurationError,
    GarbledAnswer,
    NotFound,
    UnexpectedAnswer,
)
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.page import read_page
from airflow_provider_bc.odata.query import Expand, Query
from airflow_provider_bc.wire import Response
from tests.odata.test_metadata import CSDL
from tests.peer import (
    API,
    COMPANIES,
    COMPANY,
    HOME,
    ROOT,
    Peer,
    Script,
    answer,
    companies,
    complaint,
    exchange,
    page,
    token,
)

OTHER = {"id": "6d115c9c-44e3-ea11-bb43-000d3a2feca1", "name": "Bob's", "displayName": None}
NO_ENVIRONMENT = complaint(404, "NoEnvironment", "Environment does not exist.")


def operations(**extra: Any) -> Operations:
    return Operations(exchange(**extra))


def asked(
    begin: Callable[[Operations], Conversation[Any]], *script: Script, **extra: Any
) -> tuple[Any, Peer]:
    """Ask for something after token and companies were answered; give the rest of the talk."""
    peer = Peer(token(), companies(), *script)
    result = peer.converse(begin(operations(**extra)))
    assert peer.unused == []
    del peer.requests[:2]
    return result, peer


def test_identity_is_what_the_token_says() -> None:
    peer = Peer(token("opaque"))

    assert peer.converse(operations().identity()) == Claims(None, None, ())


def test_companies_are_read_with_the_largest_page_along_their_links() -> None:
    peer = Peer(token(), page(*COMPANIES, link=f"{API}/companies?2"), page(OTHER))

    found = peer.converse(operations().companies())

    assert [one.name for one in found] == ["CRONUS", "Bob's"]
    assert found[1].display_name == ""
    assert peer.urls[1:] == [f"{API}/companies", f"{API}/companies?2"]
    assert peer.requests[1].headers["Prefer"] == "odata.maxpagesize=20000"


def test_a_company_without_id_or_name_is_unexpected() -> None:
    with pytest.raises(UnexpectedAnswer, match="A company has no 'name'"):
        Peer(token(), page({"id": "x"})).converse(operations().companies())


def test_an_unknown_environment_comes_with_those_that_exist() -> None:
    peer = Peer(token(), NO_ENVIRONMENT, page({"name": "Sandbox"}, {"type": "Production"}))

    with pytest.raises(ConfigurationError) as caught:
        peer.converse(operations(environment="Sandbx").companies())

    assert caught.value.message == "There is no environment 'Sandbx'; there are 'Sandbox'."
    assert isinstance(caught.value.__cause__, NotFound)
    assert peer.urls[-1] == f"{ROOT}/environments/v1.2"


def test_an_unknown_environment_is_said_even_when_the_others_cannot_be_listed() -> None:
    peer = Peer(token(), NO_ENVIRONMENT, Response(403))

    with pytest.raises(ConfigurationError, match="There is no environment 'Production'"):
        peer.converse(operations().companies())


def test_another_404_is_not_taken_for_an_unknown_environment() -> None:
    with pytest.raises(NotFound):
        Peer(token(), Response(404)).converse(operations().companies())


def test_companies_are_listed_once_for_all_operations() -> None:
    vocabulary = operations()
    peer = Peer(token(), companies())

    first = peer.converse(vocabulary.company())
    second = peer.converse(vocabulary.company("cronus"))

    assert first is second
    assert first.id == COMPANY


def test_a_company_is_the_one_wanted_or_the_connections() -> None:
    vocabulary = operations(company="Bob's")
    peer = Peer(token(), page(*COMPANIES, OTHER))

    assert peer.converse(vocabulary.company()).name == "Bob's"
    assert peer.converse(vocabulary.company("")).name == "Bob's"
    assert peer.converse(vocabulary.company("CRONUS")).name == "CRONUS"


def test_a_read_begins_without_asking_for_a_page() -> None:
    walk, peer = asked(
        lambda it: it.walk("customers", read_page, where=Field("number") == "1", count=True, top=3)
    )

    assert peer.requests == []
    assert not walk.done
    assert walk.page_size == 5_000


def test_a_read_goes_to_its_company_with_its_query() -> None:
    vocabulary = operations(page_size=70)
    peer = Peer(token(), page(*COMPANIES, OTHER), page({"n": 1}))
    walk = peer.converse(
        vocabulary.walk("customers", read_page, company="Bob's", select=["n"], page_size=9)
    )

    assert peer.converse(walk.next_page()).rows == [{"n": 1}]
    assert peer.urls[-1] == f"{API}/companies({OTHER['id']})/customers?$select=n"
    assert peer.requests[-1].headers["Prefer"] == "odata.maxpagesize=9"


@pytest.mark.parametrize(("given_", "used"), [(None, 70), (1, 1), (20_000, 20_000)])
def test_the_page_size_is_the_reads_or_the_connections(given_: int | None, used: int) -> None:
    walk, _ = asked(lambda it: it.walk("customers", read_page, page_size=given_), page_size=70)

    assert walk.page_size == used


@pytest.mark.parametrize("size", [0, -1, 20_001])
def test_a_page_size_beyond_the_limits_is_refused_before_anything_is_sent(size: int) -> None:
    with pytest.raises(ConfigurationError, match=f"page_size is {size}"):
        Peer().converse(operations().walk("customers", read_page, page_size=size))


def test_a_wrong_query_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="across fields"):
        Peer().converse(operations().walk("customers", read_page, where="a eq 1 or b eq 2"))


def test_a_read_of_a_custom_api_or_a_web_service() -> None:
    _, peer = asked(lambda it: it.get("things", 1, api="me/app/v1.0"), answer({"a": 1}))
    assert peer.urls == [f"{ROOT}/v2.0/Production/api/me/app/v1.0/companies({COMPANY})/things(1)"]

    _, peer = asked(lambda it: it.get("Chart", "1", api="ODataV4"), answer({"a": 1}))
    assert peer.urls == [f"{ROOT}/v2.0/Production/ODataV4/Company('CRONUS')/Chart('1')"]


def test_get_reads_one_entity_without_losing_a_digit() -> None:
    row, peer = asked(
        lambda it: it.get("customers", COMPANY, select=["id"], expand=[Expand("currency")]),
        Response(200, body=b'{"id":"x","balance":1.10}'),
    )

    assert str(row["balance"]) == str(Decimal("1.10"))
    assert peer.urls == [f"{HOME}/customers({COMPANY})?$select=id&$expand=currency"]


@given(st.text(min_size=1, max_size=40))
def test_any_key_arrives_as_it_is(key: str) -> None:
    _, peer = asked(lambda it: it.get("Customer", key, api="ODataV4"), answer({"a": 1}))
    url = urlsplit(peer.urls[0])
    before, _, rest = url.path.rpartition("/")

    assert (url.query, url.fragment) == ("", "")
    assert before.endswith("/Company('CRONUS')")
    assert unquote(rest).removeprefix("Customer('").removesuffix("')").replace("''", "'") == key


@pytest.mark.parametrize("body", [b"[]", b"1", b'{"error":{"code":"C"}}'])
def test_get_takes_nothing_else_for_an_entity(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        asked(lambda it: it.get("customers", "1"), Response(200, body=body))

    assert caught.value.request_line == f"GET {HOME}/customers('1')"


@pytest.mark.parametrize("body", [b"42", b"\xef\xbb\xbf42", b" 42\r\n"])
def test_count_reads_a_number(body: bytes) -> None:
    number, peer = asked(
        lambda it: it.count("customers", where="a in (1)", schema_version="2.1"),
        Response(200, body=body),
    )

    assert number == 42
    assert peer.urls == [f"{HOME}/customers/$count?$filter=a%20in%20(1)&$schemaversion=2.1"]
    assert peer.requests[0].headers["Accept"] == "text/plain"


@pytest.mark.parametrize("body", [b"", b"-1", b"<html>", b"1.5", b"\xff", "²".encode()])
def test_count_takes_nothing_else_for_a_number(body: bytes) -> None:
    with pytest.raises(GarbledAnswer, match="The count is no number") as caught:
        asked(lambda it: it.count("customers"), *[Response(200, body=body)] * 3)

    assert caught.value.request_line == f"GET {HOME}/customers/$count"


def test_a_garbled_count_is_asked_for_again() -> None:
    number, peer = asked(
        lambda it: it.count("customers"),
        Response(200, body=b"<html>"),
        Response(200),
        Response(200, body=b"42"),
    )

    assert number == 42
    assert peer.urls == [f"{HOME}/customers/$count"] * 3


def test_garbled_metadata_is_asked_for_again_and_kept_when_it_is_whole() -> None:
    vocabulary = operations()
    peer = Peer(token(), Response(200, body=CSDL[:-10]), Response(200, body=CSDL))

    first = peer.converse(vocabulary.metadata())

    assert first is peer.converse(vocabulary.metadata())
    assert peer.urls[1:] == [f"{API}/$metadata"] * 2


def test_metadata_that_stays_garbled_names_its_request() -> None:
    peer = Peer(token(), *[Response(200, body=b"<html>")] * 3)

    with pytest.raises(GarbledAnswer, match="not XML") as caught:
        peer.converse(operations().metadata())

    assert caught.value.request_line == f"GET {API}/$metadata"
    assert peer.unused == []


def test_metadata_of_an_unknown_environment_comes_with_those_that_exist() -> None:
    peer = Peer(token(), NO_ENVIRONMENT, page({"name": "Sandbox"}))

    with pytest.raises(ConfigurationError, match="there are 'Sandbox'"):
        peer.converse(operations(environment="Sandbx").metadata())


def test_a_navigation_property_that_leads_nowhere_is_not_found() -> None:
    with pytest.raises(NotFound, match="nothing at that place"):
        asked(lambda it: it.get("customers", COMPANY), Response(204))


OPERATIONS: list[Callable[[Operations, dict[str, Any]], Conversation[Any]]] = [
    lambda it, options: it.walk("customers", read_page, **options),
    lambda it, options: it.get("customers", 1, **options),
    lambda it, options: it.count("customers", **options),
    lambda it, options: it.request("GET", "customers", **options),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=["read", "get", "count", "request"])
@pytest.mark.parametrize(
    ("name", "hint"),
    [("compny", "did you mean company?"), ("Api", "did you mean api?"), ("zzz", "there are api, ")],
)
def test_an_unknown_option_is_refused_before_anything_is_sent(
    operation: Callable[[Operations, dict[str, Any]], Conversation[Any]], name: str, hint: str
) -> None:
    with pytest.raises(TypeError) as caught:
        Peer().converse(operation(operations(), {name: None}))

    assert str(caught.value).startswith(f"There is no option {name!r}; {hint}")


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (OPERATIONS[1], "where"),
        (OPERATIONS[2], "top"),
        (OPERATIONS[3], "params"),
        (OPERATIONS[3], "filter"),
    ],
)
def test_an_option_of_another_operation_is_refused(operation: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"There is no option '{name}'"):
        Peer().converse(operation(operations(), {name: None}))


def test_metadata_is_read_once_for_each_api() -> None:
    vocabulary = operations()
    peer = Peer(token(), Response(200, body=CSDL), Response(200, body=CSDL))

    first = peer.converse(vocabulary.metadata())
    again = peer.converse(vocabulary.metadata())
    other = peer.converse(vocabulary.metadata("ODataV4"))

    assert first is again
    assert first is not other
    assert peer.urls[1:] == [f"{API}/$metadata", f"{ROOT}/v2.0/Production/ODataV4/$metadata"]
    assert peer.requests[1].headers["Accept"] == "application/xml"


@pytest.mark.parametrize(
    ("path", "options", "url"),
    [
        ("customers", {}, f"{HOME}/customers"),
        ("customers", {"within": "api"}, f"{API}/customers"),
        (
            "$batch",
            {"within": "api", "api": "me/app/v1.0"},
            f"{ROOT}/v2.0/Production/api/me/app/v1.0/$batch",
        ),
        ("environments/v1.2", {"within": "host"}, f"{ROOT}/environments/v1.2"),
        (f"{API}/companies", {}, f"{API}/companies"),
        (f"{API}/companies?a=1", {"query": {"b": "x&y"}}, f"{API}/companies?a=1&b=x%26y"),
        (
            "environments/v1.2",
            {"within": "host", "query": {"$top": 3, "all": True}},
            f"{ROOT}/environments/v1.2?$top=3&all=true",
        ),
    ],
)
def test_a_free_request_goes_below_company_api_or_host(path: str, options: Any, url: str) -> None:
    peer = Peer(token(), *[companies()] * (path == "customers" and not options), Response(204))

    peer.converse(operations().request("get", path, **options))

    assert peer.urls[-1] == url
    assert peer.requests[-1].method == "GET"


def test_a_free_request_with_a_url_in_its_query_stays_in_its_company() -> None:
    path = "customers?$filter=website eq 'https://contoso.com'"
    _, peer = asked(lambda it: it.request("GET", path), page())

    assert peer.urls[0].startswith(f"{HOME}/customers?")


def test_json_is_sent_with_exact_decimals_and_its_type() -> None:
    value = {"price": Decimal("0.10"), "name": "Söhne"}
    _, peer = asked(lambda it: it.request("POST", "items", json=value), Response(201))
    request = peer.requests[0]

    assert b'"price":0.10' in request.body
    assert json.loads(request.body)["name"] == "Söhne"
    assert request.headers["Content-Type"] == "application/json"


def test_a_caller_may_call_json_something_else_in_any_case() -> None:
    headers = {"content-type": "application/merge-patch+json"}
    _, peer = asked(lambda it: it.request("PATCH", "items(1)", json={}, headers=headers), page())

    types = {n: v for n, v in peer.requests[0].headers.items() if n.lower() == "content-type"}
    assert types == headers


def test_the_caller_decides_on_content_and_headers() -> None:
    headers = {"Content-Type": "image/png", "If-Match": "*"}
    _, peer = asked(
        lambda it: it.request("PATCH", "items(1)/picture", content=b"\x89", headers=headers),
        Response(204),
    )

    assert peer.requests[0].body == b"\x89"
    assert peer.requests[0].headers["Content-Type"] == "image/png"
    assert headers == {"Content-Type": "image/png", "If-Match": "*"}


def test_the_options_of_each_operation_are_those_of_a_query_and_a_place() -> None:
    place = {"company", "api"}
    query = set(Query.__slots__)

    assert ReadOptions.__annotations__.keys() == query | place | {"page_size"}
    assert CountOptions.__annotations__.keys() <= query | place
    assert GetOptions.__annotations__.keys() <= query | place
    assert RequestOptions.__annotations__.keys() >= place
