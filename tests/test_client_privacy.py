"""What the drivers keep to themselves: secrets on errors, and URLs in logs."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator

import pytest
import trustme

from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.drivers import DRIVERS, Driver
from tests.peer import settings
from tests.raw_server import http, raw_server

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


def test_a_request_is_logged_without_its_query(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="airflow_provider_bc.client")
    with raw_server(http()) as server:
        url = f"http://{server.host}/customers"
        driver.perform(one(Request("GET", f"{url}?$filter={SECRET}", SIGNED)))

    assert ("airflow_provider_bc.client", logging.DEBUG, f"GET {url}?…") in caplog.record_tuples
    assert not [
        text for name, _, text in caplog.record_tuples if name != "httpx" and SECRET in text
    ]
