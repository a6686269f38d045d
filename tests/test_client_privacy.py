"""What the drivers keep to themselves: secrets on errors, and URLs in logs."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import trustme

from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.drivers import DRIVERS, Driver
from tests.peer import settings
from tests.raw_server import SILENCE, http, raw_server

SECRET = "s3cr3t"
SIGNED = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with request.param(settings()) as made:
        yield made


def one(step: Request | Pause) -> Conversation[Response | Lost | None]:
    """Take one step, and give its answer as it is."""
    return (yield step)


def refused(driver: Driver, request: Request) -> ConfigurationError:
    """Send what cannot be sent; what is raised stands alone and holds no secret."""
    with pytest.raises(ConfigurationError) as caught:
        driver.perform(one(request))

    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in f"{error!r} {error} {vars(error)} {error.args}"
    return error


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}\n"},
        {"Authorization": f"Bearer {SECRET}\r\nX: y"},
        {"Authorization": f"Bearer {SECRET}\x00"},
        {"Authorization": f"Bearer {SECRET}ü"},
        {"If-Match": "W/„1“", **SIGNED},
        {"a header": "x", **SIGNED},
    ],
)
def test_a_header_that_http_does_not_allow_is_refused_without_its_text(
    driver: Driver, headers: dict[str, str]
) -> None:
    with raw_server(http()) as server:
        error = refused(driver, Request("GET", f"http://{server.host}/", headers))

    assert "what HTTP does not allow" in error.message
    assert "ASCII" in error.remedy
    assert server.received == []


def test_a_url_that_is_none_is_refused_without_its_query_and_headers(driver: Driver) -> None:
    error = refused(driver, Request("GET", f"https://host/a\x00b?{SECRET}", SIGNED))

    assert "is no URL" in error.message


def test_an_untrusted_certificate_is_said_without_the_request(driver: Driver) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with raw_server(http(), tls=tls) as server:
        request = Request("POST", f"https://{server.host}/?{SECRET}", SIGNED, SECRET.encode())
        error = refused(driver, request)

    assert "certificate is not trusted" in error.message
    assert server.received == []


def test_a_request_is_logged_without_its_query_and_not_by_httpx(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with raw_server(http()) as server:
        url = f"http://{server.host}/customers"
        driver.perform(one(Request("GET", f"{url}?$filter={SECRET}", SIGNED)))

    assert ("airflow_provider_bc.client", logging.DEBUG, f"GET {url}?…") in caplog.record_tuples
    assert not [record for record in caplog.records if record.name == "httpx"]
    assert SECRET not in caplog.text


def httpx_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "httpx"]


def test_httpx_still_logs_for_others_before_and_after_a_request_of_ours(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with raw_server(http(), http(), http(b"", "404 Not Found"), http()) as server:
        url = f"http://{server.host}/"
        httpx.get(f"{url}before")
        for _ in range(2):
            driver.perform(one(Request("GET", f"{url}ours")))
        httpx.get(f"{url}after")

    lines = httpx_lines(caplog)
    assert [line.split()[3].removeprefix(url) for line in lines] == ["before", "after"]


def test_httpx_still_logs_for_others_during_a_request_of_ours(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with raw_server(SILENCE) as ours, raw_server(http()) as theirs:

        def meanwhile() -> None:
            while not ours.received:
                time.sleep(0.005)
            httpx.get(f"http://{theirs.host}/")
            ours.over.set()

        other = threading.Thread(target=meanwhile)
        other.start()
        answer = driver.perform(one(Request("GET", f"http://{ours.host}/")))
        other.join()

    assert isinstance(answer, Lost)
    assert [line for line in httpx_lines(caplog) if theirs.host in line] == httpx_lines(caplog)
    assert len(httpx_lines(caplog)) == 1


def test_httpx_logs_for_others_after_a_request_of_ours_failed(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    refused(driver, Request("GET", "https://host/\x00"))
    with raw_server(http()) as server:
        httpx.get(f"http://{server.host}/")

    assert len(httpx_lines(caplog)) == 1
