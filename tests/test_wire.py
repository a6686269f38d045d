from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.wire import Lost, Pause, Request, Response

SECRETS = st.text("abcdefXYZ0123456789", min_size=12)


@given(SECRETS)
def test_a_request_names_itself_without_anything_that_may_be_secret(secret: str) -> None:
    request = Request(
        "POST",
        f"https://user:{secret}@host:8080/token?code={secret}",
        {"Authorization": secret},
        secret.encode(),
    )

    assert repr(request) == "Request('POST https://host:8080/token?…')"


def test_a_line_is_the_method_and_the_url_without_its_query() -> None:
    assert Request("GET", "https://host/a(1)/b").line == "GET https://host/a(1)/b"
    assert Request("GET", "https://host/a?x=1").line == "GET https://host/a?…"


def test_a_response_names_only_its_status_and_size() -> None:
    response = Response(200, {"set-cookie": "secret"}, b"secret")

    assert repr(response) == "Response(status=200, 6 bytes)"


def test_the_json_of_a_response_keeps_every_digit() -> None:
    value = Response(200, body='{"price": 0.10, "name": "Söhne"}'.encode()).json()

    assert value == {"price": Decimal("0.10"), "name": "Söhne"}
    assert str(value["price"]) == "0.10"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff"])
def test_a_response_that_is_not_json_says_so(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|decode"):
        Response(204, body=body).json()


@pytest.mark.parametrize(
    "value", [Request("GET", "https://h"), Response(200), Lost("reset"), Pause(1.0, "throttled")]
)
def test_values_of_the_wire_cannot_be_changed(value: object) -> None:
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


def test_what_was_lost_may_have_been_sent_unless_the_transport_knows_better() -> None:
    assert Lost("reset").sent
