"""`$batch` (facts: bc-data-api.md section 11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import API, Client

Inner = dict[str, Any]
JSON = {"Content-Type": "application/json"}


def batch(client: Client, *requests: Inner, **headers: str) -> Any:
    return client.http.post(f"{API}/$batch", json={"requests": list(requests)}, headers=headers)


def answers(client: Client, *requests: Inner, **headers: str) -> list[Inner]:
    answer = batch(client, *requests, **headers)
    assert answer.status_code == 200, answer.text
    found: list[Inner] = answer.json(parse_float=Decimal)["responses"]
    return found


def inner(client: Client, method: str, tail: str, body: object = None, /, **more: Any) -> Inner:
    made: Inner = {"method": method, "url": f"companies({client.company.id})/{tail}"}
    if body is not None:
        made |= {"headers": JSON, "body": body}
    return made | more


def statuses(found: list[Inner]) -> list[int]:
    return [one["status"] for one in found]


def count(client: Client) -> int:
    return len(client.company.rows("customers"))


def test_each_request_is_answered(client: Client) -> None:
    key = client.values("customers", top="1")[0]["id"]
    matched = JSON | {"If-Match": "*"}
    found = answers(
        client,
        inner(client, "POST", "customers", {"displayName": "Å", "creditLimit": 0.1}, id="a"),
        inner(client, "GET", f"customers({key})?$select=number", id="b"),
        inner(client, "PATCH", f"customers({key})", {"city": "x"}, headers=matched),
        inner(client, "DELETE", f"customers({key})"),
        inner(client, "GET", "customers/$count"),
    )
    assert statuses(found) == [201, 200, 200, 204, 200]
    assert [one["id"] for one in found] == ["a", "b", None, None, None]
    made = found[0]["body"]
    assert (made["displayName"], made["creditLimit"]) == ("Å", Decimal("0.1"))
    assert found[0]["headers"]["content-type"] == "application/json; odata.metadata=minimal"
    assert found[0]["headers"]["odata-version"] == "4.0"
    assert client.http.get(found[0]["headers"]["location"]).json()["id"] == made["id"]
    assert found[3] == {"id": None, "status": 204, "headers": {}}
    assert found[4]["body"] == "120"
    assert client.get(f"customers({key})").status_code == 404


def test_the_company_of_a_request_may_stand_in_its_header(client: Client) -> None:
    other = client.emulator.companies[1]
    request = {"method": "GET", "url": "items?$top=1", "headers": {"Company": other.name}}
    first = answers(client, request)[0]["body"]["value"][0]["id"]
    assert first == other.rows("items")[0]["id"]
    nowhere = answers(client, {"method": "GET", "url": "items"})
    assert nowhere[0]["body"]["error"]["code"] == "Internal_CompanyNotFound"


def test_it_stops_at_the_first_failure(client: Client) -> None:
    before = count(client)
    good = inner(client, "POST", "customers", {"displayName": "good"})
    bad = inner(client, "POST", "customers", {"nope": 1})
    found = answers(client, good, bad, good)
    assert statuses(found) == [201, 400]
    assert found[1]["body"]["error"]["code"] == "BadRequest"
    assert "CorrelationId" in found[1]["body"]["error"]["message"]
    assert found[1]["headers"]["odata-version"] == "4.0"
    assert count(client) == before + 1
    assert statuses(answers(client, bad, good)) == [400]
    on = answers(client, good, bad, good, Prefer="odata.continue-on-error")
    assert statuses(on) == [201, 400, 201]
    assert count(client) == before + 3


def test_a_snapshot_is_all_or_nothing(client: Client) -> None:
    row = client.values("customers", top="1")[0]
    tail = f"customers({row['id']})"
    good = inner(client, "POST", "customers", {"displayName": "good"})
    change = inner(client, "PATCH", tail, {"city": "x"}, headers=JSON | {"If-Match": "*"})
    bad = inner(client, "POST", "customers", {"nope": 1})
    before = count(client)
    found = answers(client, good, change, bad, good, Isolation="snapshot")
    assert statuses(found) == [201, 200, 400]
    assert count(client) == before
    assert client.get(tail).json()["@odata.etag"] == row["@odata.etag"]
    assert client.get(f"customers({found[0]['body']['id']})").status_code == 404
    wish = {"Isolation": "snapshot", "Prefer": "odata.continue-on-error"}
    assert statuses(answers(client, good, bad, good, **wish)) == [201, 400, 201]
    assert count(client) == before
    made = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    created = inner(client, "POST", "customers", {"id": made, "displayName": "new"})
    seen = inner(client, "GET", f"customers({made})")
    assert statuses(answers(client, created, seen, Isolation="snapshot")) == [201, 200]
    assert client.get(f"customers({made})").json()["displayName"] == "new"


def test_requests_that_depend_on_others(client: Client) -> None:
    good = inner(client, "POST", "customers", {"displayName": "good"}, id="1")
    bad = inner(client, "POST", "customers", {"nope": 1}, id="2")
    third = inner(client, "GET", "customers?$top=1", id="3", dependsOn=["1"])
    fourth = inner(client, "GET", "customers?$top=1", id="4", dependsOn=["2"])
    fifth = inner(client, "GET", "customers?$top=1", id="5", dependsOn=["4"])
    on = {"Prefer": "odata.continue-on-error"}
    assert statuses(answers(client, good, bad, third, fourth, fifth, **on)) == [
        201, 400, 200, 424, 424,
    ]  # fmt: skip
    assert batch(client, third, good).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": "HEAD"}, 400),
        ({"url": 5}, 400),
        ({"url": ""}, 400),
        ({"id": 5}, 400),
        ({"headers": {"a": 1}}, 400),
        ({"headers": []}, 400),
        ({"dependsOn": "1"}, 400),
        ({"other": 1}, 400),
        ({"atomicityGroup": "g"}, 501),
    ],
)
def test_batches_that_are_refused_whole(client: Client, change: Inner, status: int) -> None:
    good = inner(client, "POST", "customers", {"displayName": "good"})
    before = count(client)
    assert batch(client, good, good | change).status_code == status
    assert count(client) == before


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "https://elsewhere.example/customers"}, 400),
        ({"url": "/v2.0/customers"}, 400),
        ({"url": "$1/customers"}, 501),
        ({"url": "?$top=1"}, 400),
        ({"url": "nope"}, 404),
        ({"headers": {}}, 400),
        ({"headers": {"Content-Type": "application/octet-stream"}}, 400),
        ({"headers": {"Content-Type": "application/octet-stream"}, "body": "a"}, 400),
        ({"headers": {"Content-Type": "application/octet-stream"}, "body": "_-"}, 400),
    ],
)
def test_requests_that_are_refused(client: Client, change: Inner, status: int) -> None:
    company = {"Company": client.company.name}
    good = inner(client, "POST", "customers", {"displayName": "good"}) | change
    good["headers"] = company | good["headers"]
    assert statuses(answers(client, good)) == [status]


def test_limits_and_content_types(client: Client) -> None:
    one = inner(client, "GET", "customers?$top=1")
    assert len(answers(client, *[one] * 100)) == 100
    too_many = batch(client, *[one] * 101)
    assert client.error(too_many) == (500, "Internal_ServerError")
    assert "'100'" in too_many.json()["error"]["message"]
    url = f"{API}/$batch"
    assert client.http.get(url).status_code == 405
    assert client.http.post(f"{url}/more").status_code == 404
    assert client.http.post(url, content=b"x").status_code == 415
    mixed = {"Content-Type": "multipart/mixed; boundary=x"}
    assert client.http.post(url, content=b"x", headers=mixed).status_code == 501
    for content in (b"{", b"[]", b"{}", b'{"requests": [1]}'):
        assert client.http.post(url, content=content, headers=JSON).status_code == 400
    assert batch(client, one, Isolation="serializable").status_code == 400
    twice = inner(client, "GET", "customers?$top=1", id="1")
    assert batch(client, twice, twice).status_code == 400
