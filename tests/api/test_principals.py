from __future__ import annotations

import pytest

from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.api.principals import Principal, Principals
from airflow_provider_bc.api.routes import Routes
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.errors import AuthenticationError, AuthorizationError
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Request, Response
from tests.peer import API, CLIENT, PATIENT, TENANT, Peer, companies, refusal, settings, token

IDS = ("bc_first", "bc_second", "bc_third")
GET = Request("GET", f"{API}/companies")
REFUSED = Response(401, body=b"{}")


def connection(number: int) -> Settings:
    client = f"{number:08}{CLIENT[8:]}"
    return Settings.from_connection(
        login=client, password=f"secret-{number}", extra={"tenant_id": TENANT}
    )


def exchange(several: int = 2) -> tuple[Exchange, Principals]:
    principals = Principals(
        [Principal.of(connection(number), IDS[number]) for number in range(several)]
    )
    own = settings()
    return Exchange(own, Routes(own), TokenCache(), PATIENT, principals), principals


def bearer_of(request: Request) -> str:
    return request.headers.get("Authorization", "sign-in").removeprefix("Bearer ")


def test_requests_alternate_each_with_its_own_token() -> None:
    one, principals = exchange()
    peer = Peer(token("a"), companies(), token("b"), *[companies()] * 3)

    for _ in range(4):
        peer.converse(one.send(GET))

    assert [bearer_of(r) for r in peer.requests] == ["sign-in", "a", "sign-in", "b", "a", "b"]
    assert len(principals) == 2


def test_each_has_limits_of_its_own() -> None:
    _, principals = exchange(3)

    assert len({id(principals.next().pace) for _ in range(3)}) == 3


@pytest.mark.parametrize("second", [[refusal(7000215)], [token("b"), Response(403)]])
def test_one_that_is_refused_is_set_aside_and_the_request_made_as_another(
    second: list[Response], caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = exchange()
    peer = Peer(token("a"), companies(), *second, *[companies()] * 3)

    for _ in range(4):
        assert peer.converse(one.send(GET)).status == 200

    assert [bearer_of(r) for r in peer.requests][-3:] == ["a", "a", "a"]
    (warning,) = caplog.messages
    assert "'bc_second' is set aside" in warning
    assert "secret-1" not in warning


def test_a_token_that_is_refused_twice_sets_its_principal_aside() -> None:
    one, _ = exchange()
    peer = Peer(token("a"), REFUSED, token("a2"), REFUSED, token("b"), companies())

    assert peer.converse(one.send(GET)).status == 200
    assert [bearer_of(r) for r in peer.requests][-1] == "b"


def test_when_none_is_left_the_error_is_raised_and_all_may_try_again() -> None:
    one, _ = exchange()
    peer = Peer(refusal(7000215), token("b"), Response(403), token("a"), companies())

    with pytest.raises(AuthorizationError):
        peer.converse(one.send(GET))

    peer.converse(one.send(GET))


def test_one_alone_is_never_set_aside(caplog: pytest.LogCaptureFixture) -> None:
    one, _ = exchange(1)
    peer = Peer(refusal(7000215), refusal(7000222))

    for code in ("AADSTS7000215", "AADSTS7000222"):
        with pytest.raises(AuthenticationError, match=code):
            peer.converse(one.send(GET))

    assert caplog.messages == []


def test_one_that_two_requests_find_refused_is_spoken_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, principals = exchange(3)
    second = (principals.next(), principals.next())[1]
    error = AuthenticationError("No.")

    assert principals.set_aside(second, error)
    assert principals.set_aside(second, error)

    assert len(caplog.messages) == 1
    assert second not in [principals.next() for _ in range(6)]


def test_the_identity_is_that_of_the_connection_itself() -> None:
    one, principals = exchange()
    principals.next()

    assert Peer(token("first")).converse(one.token()).bearer() == "Bearer first"
    assert principals.first.conn_id == "bc_first"
