"""The way there: dead ports, foreign authorities, proxies, names, clocks."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.diagnosis import reach
from tests.auth.certificates import pem, rsa_key
from tests.hooks.patient import data_can_be_read, examine, states
from tests.raw_server import RESET, http, raw_server


@pytest.fixture
def dead() -> Iterator[int]:
    """A port at which nobody listens, nor can anybody."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


@pytest.fixture(scope="module")
def encrypted() -> Iterator[Server]:
    with serve(Emulator(), tls=True) as server:
        yield server


def test_a_dead_port_of_the_api(business_central: Server, dead: int) -> None:
    results = examine(business_central, port=dead)
    told = results["api_host"]
    assert states(results) == "gggr-gg------"
    assert told.cause == f"Nothing listens at port {dead} of 127.0.0.1 (connection refused)."
    assert "443 is Microsoft's" in told.remedy
    assert results["data_api"].because == "api_host"


def test_a_dead_port_of_the_authority(business_central: Server, dead: int) -> None:
    results = examine(business_central, authority_host=f"http://127.0.0.1:{dead}")
    assert states(results) == "ggrgg--------"
    assert "connection refused" in results["authority"].cause


def test_a_name_without_an_address(business_central: Server) -> None:
    told = examine(business_central, authority_host="https://no-such-host.invalid")["authority"]
    assert told.cause == "The name no-such-host.invalid has no address (DNS)."
    assert "DNS of this machine" in told.remedy


def test_an_unknown_certificate_authority(encrypted: Server) -> None:
    told = examine(encrypted)["authority"]
    assert "certificate is not trusted" in told.cause
    assert "CA bundle" in told.remedy


def test_a_known_certificate_authority(encrypted: Server) -> None:
    results = examine(encrypted, ca_bundle=encrypted.ca_file)
    assert results["authority"].found.endswith("answers, TLS certificate trusted.")
    assert states(results) == "g" * 13


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("certificate has expired", "Renew the certificate"),
        ("certificate is not yet valid", "Set the clock"),
        ("Hostname mismatch, certificate is not valid for 'x'", "Correct the host name"),
        ("unable to get local issuer certificate", "CA bundle"),
    ],
)
def test_each_fault_of_a_certificate_has_its_remedy(said: str, remedy: str) -> None:
    message = f"The server's certificate is not trusted: {said}."
    error = ConfigurationError(message, remedy="Fill in CA bundle.")
    assert remedy in reach.certificate_remedy(error)


def test_https_where_http_is_spoken(business_central: Server) -> None:
    told = examine(business_central, host="https://127.0.0.1")["api_host"]
    assert told.cause.startswith("Connected, but no answer came:")
    assert "scheme (https)" in told.remedy


def test_a_connection_that_is_reset(business_central: Server) -> None:
    with raw_server(*[RESET] * 9) as server:
        told = examine(business_central, authority_host=f"http://{server.host}")["authority"]
    assert told.cause.startswith("Connected, but no answer came:")


def test_a_proxy_that_does_not_let_through(
    business_central: Server, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:proxy-password@localhost:{dead}")
    monkeypatch.setenv("no_proxy", "")
    told = examine(business_central)["authority"]
    assert told.cause == f"The proxy localhost:{dead} did not let it through."
    assert "NO_PROXY" in told.remedy


def test_a_proxy_that_wants_a_password(business_central: Server) -> None:
    with raw_server(http(b"", "407 Proxy Authentication Required")) as server:
        told = examine(business_central, authority_host=f"http://{server.host}")["authority"]
    assert told.cause == "The proxy wants a password."


@pytest.mark.parametrize(
    ("seconds", "said"), [(3600, "60 minutes behind"), (-1800, "30 minutes ahead")]
)
def test_a_clock_that_is_wrong_is_noted(business_central: Server, seconds: int, said: str) -> None:
    business_central.emulator.clock.step(seconds)
    results = examine(business_central)
    assert results["clock"].state == "note"
    assert results["clock"].found == f"This machine's clock is {said}."
    assert data_can_be_read(results)


def test_a_wrong_clock_is_red_where_assertions_are_signed(business_central: Server) -> None:
    business_central.emulator.clock.step(3600)
    key = pem(rsa_key()).decode()
    results = examine(business_central, password=None, private_key=key)
    assert results["clock"].state == "red"
    assert "5 minutes" in results["clock"].cause


def test_an_answer_without_a_date_tells_no_time(business_central: Server) -> None:
    silent = http(b"", "200 OK")
    with raw_server(silent) as one, raw_server(silent) as other:
        port = int(other.host.rpartition(":")[2])
        results = examine(business_central, authority_host=f"http://{one.host}", port=port)
    assert results["clock"].state == "note"
    assert "tell no time" in results["clock"].found


def test_a_host_that_cannot_be_connected_to_is_a_matter_of_firewalls() -> None:
    cause, remedy = reach.why_lost("http://255.255.255.255:9", "lost")
    assert cause.startswith("No connection to port 9 of 255.255.255.255:")
    assert "Let the firewall pass" in remedy
