from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import (
    AuthenticationError,
    ConfigurationError,
    GarbledAnswer,
    NotFound,
    Unavailable,
    UnexpectedAnswer,
)
from airflow_provider_bc.odata.page import decode, read_page
from airflow_provider_bc.wire import Lost, Request, Response
from tests.peer import HOME, PATIENT, ROOT, SECRET, HandClock, Peer, answer, exchange, token

URL = f"{HOME}/customers"
OK = answer({"value": []})
REFUSED = Response(401)


def sent(exchange_: Exchange, *script: Any, request: Request | None = None) -> Peer:
    peer = Peer(*script)
    peer.converse(exchange_.send(request or exchange_.request("GET", URL)))
    assert peer.unused == []
    return peer


def bearers(peer: Peer) -> list[str]:
    return [one.headers["Authorization"] for one in peer.requests if one.url.startswith(ROOT)]


def test_a_request_is_signed_with_a_token_that_is_asked_for_first() -> None:
    peer = sent(exchange(), token("one"), OK)

    assert peer.urls[0].startswith("https://login.microsoftonline.com/")
    assert bearers(peer) == ["Bearer one"]


def test_requests_share_their_token() -> None:
    shared = exchange()

    assert bearers(sent(shared, token("one"), OK)) == ["Bearer one"]
    assert bearers(sent(shared, OK)) == ["Bearer one"]


def test_each_request_has_an_id_of_its_own_that_its_repetitions_share() -> None:
    shared = exchange()
    first = sent(shared, token(), Response(503), OK).requests[1:]
    second = sent(shared, OK).requests

    ids = [one.headers["client-request-id"] for one in [*first, *second]]
    assert ids[0] == ids[1] != ids[2]


def test_a_request_says_what_this_connection_always_says() -> None:
    request = exchange(language="de-DE").request("GET", URL)

    assert request.headers == {
        "Accept": "application/json",
        "Accept-Language": "de-DE",
        "Data-Access-Intent": "ReadOnly",
    }


def test_the_read_replica_is_for_reading_and_can_be_left_out() -> None:
    assert "Data-Access-Intent" not in exchange().request("POST", URL).headers
    assert "Data-Access-Intent" not in exchange(read_replica=False).request("GET", URL).headers


def test_a_caller_may_say_something_else() -> None:
    request = exchange().request("PATCH", URL, {"accept": "text/plain", "If-Match": "*"}, b"{}")

    assert request.headers == {
        "Accept-Language": "en-US",
        "accept": "text/plain",
        "If-Match": "*",
    }
    assert request.body == b"{}"


def test_a_refused_token_is_renewed_once_and_the_same_request_replayed() -> None:
    shared = exchange()
    request = shared.request("POST", URL, {"If-Match": "*"}, b"body")

    peer = sent(shared, token("one"), REFUSED, token("two"), OK, request=request)

    assert bearers(peer) == ["Bearer one", "Bearer two"]
    first, second = peer.requests[1], peer.requests[3]
    assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
    assert second.headers["If-Match"] == "*"


def test_a_second_refusal_is_an_error_with_its_remedy() -> None:
    peer = Peer(token("one"), REFUSED, token("two"), REFUSED)
    asked = exchange()

    with pytest.raises(AuthenticationError) as caught:
        peer.converse(asked.send(asked.request("GET", URL)))

    assert "Microsoft Entra Applications" in caught.value.remedy
    assert len(peer.requests) == 4


def test_a_token_that_another_task_renewed_meanwhile_is_used_without_a_sign_in() -> None:
    cache = TokenCache(HandClock())
    first, second = exchange(cache), exchange(cache)

    def renewed_by_the_other(_: Request) -> Response:
        sent(second, REFUSED, token("two"), OK)
        return REFUSED

    peer = sent(first, token("one"), renewed_by_the_other, OK)

    assert bearers(peer) == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_returned(status: int) -> None:
    asked = exchange()
    peer = Peer(token(), Response(status))

    assert peer.converse(asked.send(asked.request("GET", URL))).status == status


@pytest.mark.parametrize("status", [301, 302, 304, 307])
def test_a_redirect_is_never_followed(status: int) -> None:
    asked = exchange()
    peer = Peer(token(), Response(status, {"location": "https://evil.com"}))

    with pytest.raises(UnexpectedAnswer, match=f"HTTP {status}") as caught:
        peer.converse(asked.send(asked.request("GET", URL)))

    assert "redirect is never followed" in caught.value.remedy
    assert len(peer.requests) == 2


def test_the_token_is_not_sent_to_another_host() -> None:
    asked = exchange()
    peer = Peer(token())

    with pytest.raises(ConfigurationError, match=r"token is not sent to GET https://evil\.com/x"):
        peer.converse(asked.send(Request("GET", "https://evil.com/x?a=b")))

    assert bearers(peer) == []


def test_a_callers_own_authorization_does_not_ride_along() -> None:
    asked = exchange()
    request = asked.request("GET", URL, {"authorization": "Basic x"})

    peer = sent(asked, token("one"), OK, request=request)

    names = [name for name in peer.requests[1].headers if name.lower() == "authorization"]
    assert names == ["Authorization"]
    assert bearers(peer) == ["Bearer one"]


def test_a_read_is_patient_and_a_write_is_not() -> None:
    asked = exchange()
    sent(asked, token(), Response(500), Lost("reset"), OK)

    with pytest.raises(Unavailable):
        sent(asked, Response(500), request=asked.request("POST", URL))


def test_no_secret_is_in_a_text_of_the_exchange_or_its_errors() -> None:
    asked = exchange()
    peer = Peer(token("secret-token"), Response(404))

    with pytest.raises(NotFound) as caught:
        peer.converse(asked.send(asked.request("GET", URL)))

    told = f"{asked!r} {caught.value} {vars(caught.value)} {peer.requests!r}"
    assert SECRET not in told
    assert "secret-token" not in told


def test_a_garbled_answer_is_asked_for_again() -> None:
    asked = exchange()
    peer = Peer(token(), Response(200, body=b'{"value":['), Response(200), answer({"a": 1}))

    value = peer.converse(asked.fetch(asked.request("GET", URL), decode))

    assert value == {"a": 1}
    assert [pause.reason for pause in peer.pauses] == [f"GET {URL}: not whole"] * 2


def test_an_answer_that_stays_garbled_is_an_error_that_names_its_request() -> None:
    asked = exchange()
    peer = Peer(token(), *[Response(200, body=b"<html>")] * 3)

    with pytest.raises(GarbledAnswer, match="not whole JSON") as caught:
        peer.converse(asked.fetch(asked.request("GET", URL), read_page))

    assert caught.value.request_line == f"GET {URL}"


def test_an_answer_that_is_no_page_is_not_asked_for_again() -> None:
    asked = exchange()
    peer = Peer(token(), answer({"error": "x"}))

    with pytest.raises(UnexpectedAnswer, match=r"it holds \['error'\]; it says: x") as caught:
        peer.converse(asked.fetch(asked.request("GET", URL), read_page))

    assert caught.value.request_line == f"GET {URL}"


def test_without_patience_nothing_is_repeated() -> None:
    asked = replace(exchange(), retries=Retries(attempts=0))
    peer = Peer(token(), Response(503))

    with pytest.raises(Unavailable):
        peer.converse(asked.send(asked.request("GET", URL)))

    assert peer.pauses == []
    assert PATIENT.attempts == 8
