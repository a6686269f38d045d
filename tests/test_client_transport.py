"""What the drivers make of a real wire, well-behaved or not."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.drivers import DRIVERS, Driver
from tests.peer import SECRET, settings
from tests.raw_server import RESET, SILENCE, http, raw_server

Drive = Callable[..., Driver]


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def drive(request: pytest.FixtureRequest) -> Iterator[Drive]:
    """Make drivers of one kind; they are closed at the end."""
    made: list[Driver] = []

    def make(**extra: Any) -> Driver:
        driver: Driver = request.param(settings(**extra))
        made.append(driver.__enter__())
        return driver

    yield make
    for driver in made:
        driver.__exit__(None, None, None)


def one(step: Request | Pause) -> Conversation[Response | Lost | None]:
    """Take one step, and give its answer as it is."""
    return (yield step)


def answered(driver: Driver, *script: bytes) -> Response | Lost | None:
    """Ask a server with a script once."""
    with raw_server(*script) as server:
        return driver.perform(one(Request("GET", f"http://{server.host}/")))


def test_a_request_arrives_as_it_was_written(drive: Drive) -> None:
    target = "/v2.0/Company('Bob''s%20%26%20S%C3%B6hne')?$filter=a%20eq%20'%25'&$top=1&x=a%2Bb"
    with raw_server(http()) as server:
        request = Request("PATCH", f"http://{server.host}{target}", {"If-Match": "*"}, b'{"a":1}')
        drive().perform(one(request))

    head, _, body = server.received[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    assert line == f"PATCH {target} HTTP/1.1"
    assert headers["If-Match"] == "*"
    assert headers["User-Agent"] == "airflow-provider-bc"
    assert headers["Content-Length"] == "7"
    assert body == b'{"a":1}'


def test_a_request_without_a_body_says_so(drive: Drive) -> None:
    with raw_server(http()) as server:
        drive().perform(one(Request("POST", f"http://{server.host}/", {"A": "1"})))

    assert b"\r\nContent-Length: 0\r\n" in server.received[0]


def test_an_answer_arrives_with_its_headers_in_lower_case(drive: Drive) -> None:
    answer = answered(drive(), http(b"x", "404 Not Found", Request_Id="a", ETag='W/"1"'))

    assert answer == Response(
        404, {"content-length": "1", "request-id": "a", "etag": 'W/"1"'}, b"x"
    )


def test_a_compressed_answer_arrives_decoded(drive: Drive) -> None:
    answer = answered(drive(), http(gzip.compress(b"rows"), Content_Encoding="gzip"))

    assert isinstance(answer, Response)
    assert answer.body == b"rows"


def test_an_answer_in_chunks_arrives_whole(drive: Drive) -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nro\r\n2\r\nws\r\n0\r\n\r\n"
    )
    answer = answered(drive(), chunked)

    assert isinstance(answer, Response)
    assert answer.body == b"rows"


def test_a_cookie_is_never_sent_back(drive: Drive) -> None:
    driver = drive()
    with raw_server(http(Set_Cookie="a=b; Path=/"), http()) as server:
        for _ in range(2):
            driver.perform(one(Request("GET", f"http://{server.host}/")))

    assert not any(b"cookie" in request.lower() for request in server.received)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Moved"])
def test_a_redirect_is_not_followed(drive: Drive, status: str) -> None:
    with raw_server(http(status=status, Location="/elsewhere"), http()) as server:
        answer = drive().perform(one(Request("GET", f"http://{server.host}/")))

    assert isinstance(answer, Response)
    assert answer.headers["location"] == "/elsewhere"
    assert len(server.received) == 1


def test_a_refused_connection_was_certainly_not_sent(drive: Drive) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # nobody else can listen there meanwhile
        port = deaf.getsockname()[1]
        answer = drive().perform(one(Request("GET", f"http://127.0.0.1:{port}/")))

    assert isinstance(answer, Lost)
    assert not answer.sent
    assert answer.reason.startswith("ConnectError")


@pytest.mark.parametrize(
    "script",
    [
        RESET,
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
        b"HTTP/1.1 200 OK\r\nCont",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        http(b"not gzip", Content_Encoding="gzip"),
    ],
)
def test_an_answer_that_does_not_arrive_whole_is_lost_after_sending(
    drive: Drive, script: bytes
) -> None:
    answer = answered(drive(), script)

    assert isinstance(answer, Lost)
    assert answer.sent
    assert not answer.reason.endswith(": ")


def test_silence_ends_with_the_timeout_of_the_connection(drive: Drive) -> None:
    answer = answered(drive(timeout=1), SILENCE)

    assert isinstance(answer, Lost)
    assert answer.sent
    assert answer.reason.startswith("ReadTimeout")


def test_a_request_may_have_less_patience_than_the_connection(drive: Drive) -> None:
    with raw_server(SILENCE) as server:
        request = Request("GET", f"http://{server.host}/", timeout=0.2)
        answer = drive(timeout=600).perform(one(request))

    assert isinstance(answer, Lost)
    assert answer.sent
    assert answer.reason.startswith("ReadTimeout")


def test_a_url_that_httpx_does_not_take_is_named(drive: Drive) -> None:
    with pytest.raises(ConfigurationError, match="is no URL") as caught:
        drive().perform(one(Request("GET", "https://host/a\x00b?secret")))

    assert "secret" not in str(caught.value)


def certified(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_an_untrusted_certificate_is_a_matter_of_the_connection(
    drive: Drive, authority: trustme.CA
) -> None:
    with raw_server(http(), tls=certified(authority, "127.0.0.1")) as server:
        request = one(Request("GET", f"https://{server.host}/"))
        driver = drive()
        with pytest.raises(ConfigurationError, match="certificate is not trusted") as caught:
            driver.perform(request)

    assert "CA bundle" in caught.value.remedy
    assert server.received == []


def test_a_ca_bundle_makes_a_certificate_trusted(
    drive: Drive, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with raw_server(http(b"x"), tls=certified(authority, "127.0.0.1")) as server:
        answer = drive(ca_bundle=str(bundle)).perform(
            one(Request("GET", f"https://{server.host}/"))
        )

    assert isinstance(answer, Response)
    assert answer.body == b"x"


def test_a_certificate_of_another_host_is_not_trusted(
    drive: Drive, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with raw_server(http(), tls=certified(authority, "evil.com")) as server:
        driver = drive(ca_bundle=str(bundle))
        with pytest.raises(ConfigurationError, match="not trusted: IP address mismatch"):
            driver.perform(one(Request("GET", f"https://{server.host}/")))


def test_a_server_that_speaks_no_tls_was_sent_nothing(drive: Drive) -> None:
    with raw_server(greeting=b"220 ready\r\n") as server:
        answer = drive().perform(one(Request("GET", f"https://{server.host}/")))

    assert isinstance(answer, Lost)
    assert not answer.sent


@pytest.mark.parametrize("content", [None, b"", b"no PEM"])
def test_a_ca_bundle_that_cannot_be_read_is_named(
    drive: Drive, tmp_path: Path, content: bytes | None
) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"CA bundle '.*ca\.pem' cannot be read"):
        drive(ca_bundle=str(bundle))


def test_a_ca_bundle_is_read_once_for_all_clients(
    drive: Drive, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        drive(ca_bundle=str(bundle))
    authority.cert_pem.write_to_path(str(bundle))
    drive(ca_bundle=str(bundle))
    bundle.unlink()

    with raw_server(http(b"x"), tls=certified(authority, "127.0.0.1")) as server:
        request = Request("GET", f"https://{server.host}/")
        answer = drive(ca_bundle=str(bundle)).perform(one(request))
        with pytest.raises(ConfigurationError, match="not trusted"):
            drive().perform(one(request))

    assert isinstance(answer, Response)


def test_a_pause_is_waited_out_and_answers_nothing(drive: Drive) -> None:
    driver = drive()

    assert driver.perform(one(Pause(7.5, "throttled"))) is None
    assert driver.waits == [7.5]


def test_a_pause_worth_mentioning_is_mentioned(
    drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "airflow_provider_bc")
    driver = drive()

    driver.perform(one(Pause(0.9, "short")))
    driver.perform(one(Pause(61.2, "GET https://host/rows: HTTP 429, attempt 1 of 8")))

    assert caplog.messages == ["Waiting 61 s: GET https://host/rows: HTTP 429, attempt 1 of 8"]


def test_a_conversation_gives_its_result_or_its_error(drive: Drive) -> None:
    def silent(error: Exception | None) -> Conversation[str]:
        yield Pause(0, "")
        if error:
            raise error
        return "result"

    driver = drive()

    assert driver.perform(silent(None)) == "result"
    with pytest.raises(ConfigurationError):
        driver.perform(silent(ConfigurationError("wrong")))


def test_a_conversation_that_a_driver_cannot_go_on_with_is_closed(drive: Drive) -> None:
    closed: list[bool] = []

    def holding_a_claim() -> Conversation[None]:
        try:
            yield Request("GET", "https://host/\x00")
        finally:
            closed.append(True)

    driver = drive()
    with pytest.raises(ConfigurationError):
        driver.perform(holding_a_claim())

    assert closed == [True]


def test_a_client_names_where_it_leads_without_a_secret(drive: Drive) -> None:
    client = drive(environment="Sandbox").client

    assert repr(client).endswith("Client(https://api.businesscentral.dynamics.com, Sandbox)")
    assert SECRET not in f"{client!r} {vars(client)}"
