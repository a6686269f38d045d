"""One sign-in, one request: everything else that comes to the port is turned away."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from airflow_provider_bc.cli.listener import Listener
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError, Unavailable

PATIENCE = 10.0


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(0, "/callback") as one:
        yield one


def waiting(listener: Listener, brought: list[str], pool: ThreadPoolExecutor) -> Future[str | None]:
    def finish(came_back: str) -> str:
        brought.append(came_back)
        return "<b>adele</b>"

    listener.start(finish)
    return pool.submit(listener.wait, PATIENCE)


def visit(method: str, url: str, content: bytes = b"") -> httpx.Response:
    return httpx.request(method, url, content=content, trust_env=False)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_query_and_a_form_are_taken(listener: Listener, method: str) -> None:
    brought: list[str] = []
    with ThreadPoolExecutor() as pool:
        account = waiting(listener, brought, pool)
        query = "?code=c&state=s" if method == "GET" else ""
        page = visit(method, listener.redirect_uri + query, b"" if query else b"code=c&state=s")
        assert account.result() == "<b>adele</b>"
    assert brought == ["code=c&state=s"]
    assert "&lt;b&gt;adele&lt;/b&gt;" in page.text
    assert "code=c" not in page.text


def test_another_path_does_not_end_it(listener: Listener) -> None:
    brought: list[str] = []
    root = listener.redirect_uri.removesuffix("/callback")
    with ThreadPoolExecutor() as pool:
        account = waiting(listener, brought, pool)
        for path in ("/favicon.ico", "/", "/callback/", "/other?code=c"):
            assert visit("GET", f"{root}{path}").status_code == 404
        assert brought == []
        visit("GET", f"{listener.redirect_uri}?code=c")
        account.result()
    assert brought == ["code=c"]


def test_the_second_who_comes_is_too_late(listener: Listener) -> None:
    pages: list[httpx.Response] = []

    def finish(_: str) -> str:
        pages.append(visit("GET", listener.redirect_uri))
        return "first"

    with ThreadPoolExecutor() as pool:
        listener.start(finish)
        account = pool.submit(listener.wait, PATIENCE)
        assert visit("GET", listener.redirect_uri).status_code == 200
        assert account.result() == "first"
    assert pages[0].status_code == 410


def test_after_it_nobody_listens(listener: Listener) -> None:
    with ThreadPoolExecutor() as pool, listener:
        account = waiting(listener, [], pool)
        visit("GET", listener.redirect_uri)
        account.result()
    with pytest.raises(httpx.ConnectError):
        visit("GET", listener.redirect_uri)


def test_a_browser_that_connects_and_says_nothing_holds_nobody_up(listener: Listener) -> None:
    port = int(listener.redirect_uri.split(":")[2].split("/")[0])
    with ThreadPoolExecutor() as pool:
        account = waiting(listener, [], pool)
        with socket.create_connection(("127.0.0.1", port)):
            assert visit("GET", listener.redirect_uri).status_code == 200
        assert account.result()


def test_what_finishing_raises_is_shown_and_raised(listener: Listener) -> None:
    def finish(_: str) -> str:
        raise Unavailable("Entra <is> away.", remedy="Later.", code="X1")

    with ThreadPoolExecutor() as pool:
        listener.start(finish)
        account = pool.submit(listener.wait, PATIENCE)
        page = visit("GET", listener.redirect_uri)
        with pytest.raises(Unavailable):
            account.result()
    assert page.status_code == 400
    assert "Entra &lt;is&gt; away. Later. (X1)" in page.text


def test_a_form_without_a_length_is_an_empty_one(listener: Listener) -> None:
    brought: list[str] = []
    with ThreadPoolExecutor() as pool:
        account = waiting(listener, brought, pool)
        port = int(listener.redirect_uri.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(b"POST /callback HTTP/1.0\r\nContent-Length: many\r\n\r\n")
            assert one.recv(15) == b"HTTP/1.0 200 OK"
        assert account.result()
    assert brought == [""]


def test_a_browser_that_hangs_up_does_not_undo_it(listener: Listener) -> None:
    port = int(listener.redirect_uri.split(":")[2].split("/")[0])
    with ThreadPoolExecutor() as pool:
        account = waiting(listener, [], pool)
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.sendall(b"GET /callback?code=c HTTP/1.0\r\n\r\n")
        assert account.result() == "<b>adele</b>"


def test_what_nobody_foresaw_is_raised_and_not_taken_for_a_sign_in(listener: Listener) -> None:
    def finish(_: str) -> str:
        raise ZeroDivisionError("with a secret in it")

    listener.start(finish)
    page = visit("GET", listener.redirect_uri)
    assert page.status_code == 500
    assert "secret" not in page.text
    with pytest.raises(ZeroDivisionError):
        listener.wait(PATIENCE)


def test_nobody_comes(listener: Listener) -> None:
    listener.start(str)
    with pytest.raises(AuthenticationError, match="No browser came back"):
        listener.wait(0.05)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(ConfigurationError, match="Nobody can be waited for"):
        Listener(port, "/callback")
