"""A person signs in by the command: in a browser of this machine, or on another one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from airflow_provider_bc.cli.login import callback_of, sign_in
from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import PUBLIC_CLIENT_ID, USER
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from tests.cli.screens import Screens, arguments
from tests.hooks.patient import patient, secrets_in

PERSON = {"grant_type": "authorization_code"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Emulator(limits=False)) as server:
        server.emulator.auto_approve(USER)
        yield server


PATIENCE = 60.0


class Browser:
    """Follows the way of a sign-in and back, as a browser would, and remembers the last page.

    :param back: what becomes of the URL that it comes back to.
    """

    def __init__(self, back: Callable[[str], str] = lambda url: url) -> None:
        self.back = back
        self._pages: list[httpx.Response] = []
        self._ways: list[Thread] = []

    @property
    def pages(self) -> list[httpx.Response]:
        """The pages that it came back to, when it has come back from everywhere."""
        for way in self._ways:
            way.join(PATIENCE)
            assert not way.is_alive()
        return self._pages

    def open(self, url: str) -> bool:
        self._ways.append(Thread(target=self._go, args=(url,), daemon=True))
        self._ways[-1].start()
        return True

    def _go(self, url: str) -> None:
        there = httpx.get(url, trust_env=False)
        if there.is_redirect:
            self._pages.append(httpx.get(self.back(there.headers["location"]), trust_env=False))


def run(
    server: Server, browse: Callable[[str], bool], seconds: float = 20, **options: Any
) -> tuple[int, Screens]:
    """Run the command; nothing that it says holds a token."""
    extra = {**PERSON, **options.pop("extra", {})}
    screens = Screens()
    with patient(server, **extra) as conn_id:
        code = sign_in(
            arguments(conn_id, **options), screens.out, screens.complaints, browse, seconds
        )
        if code == 0:
            with BusinessCentralHook(conn_id) as hook:
                assert hook.companies()
    assert secrets_in(server, screens.said + screens.complained) == []
    return code, screens


def test_a_browser_comes_back_and_tasks_can_read(server: Server) -> None:
    browser = Browser()
    code, screens = run(server, browser.open)
    assert code == 0, screens.complained
    assert f"Signed in as {USER}. Tasks of this machine use it from now on." in screens.said
    (page,) = browser.pages
    assert page.status_code == 200
    assert "You may close this window." in page.text
    assert secrets_in(server, page.text) == []
    kinds = {one.kind for one in server.emulator.authority.grants.issued}
    assert {"code", "access_token", "refresh_token", "id_token"} <= kinds
    assert page.headers["cache-control"] == "no-store"


def test_where_there_is_no_browser_the_page_is_named(server: Server) -> None:
    browser = Browser()

    def none(url: str) -> bool:
        browser.open(url)
        return False

    _, screens = run(server, none)
    assert screens.said.startswith("Sign in within 0 minutes, in a browser of this machine:\nhttp")
    assert "There is no browser to open" in screens.said
    asked = parse_qs(urlsplit(screens.said.splitlines()[1]).query)
    assert asked["redirect_uri"][0].startswith("http://localhost:")
    assert asked["redirect_uri"][0].endswith("/callback")
    assert asked["code_challenge_method"] == ["S256"]


def test_the_port_can_be_chosen(server: Server) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    _, screens = run(server, Browser().open, port=port)
    assert f"localhost%3A{port}%2Fcallback" in screens.said


def test_the_redirect_uri_of_the_connection_is_listened_at(server: Server) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        uri = f"http://localhost:{one.getsockname()[1]}/callback"
    code, _ = run(server, Browser().open, extra={"redirect_uri": uri})
    assert code == 0


def test_a_declined_consent_is_said_on_both_sides(server: Server) -> None:
    server.emulator.auto_approve(USER, consent=False)
    browser = Browser()
    code, screens = run(server, browser.open)
    assert code == 1
    assert "declined" in screens.complained
    assert browser.pages[0].status_code == 400
    assert "Not signed in" in browser.pages[0].text


def test_a_state_that_was_tampered_with_is_refused(server: Server) -> None:
    browser = Browser(lambda url: url.replace("state=", "state=x"))
    code, screens = run(server, browser.open)
    assert code == 1
    assert "does not belong to this sign-in" in screens.complained
    assert server.emulator.log.count(kind="token") == 0


def test_a_port_that_is_in_use(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, screens = run(server, Browser().open, port=port)
    assert code == 1
    assert f"port {port}: Address already in use" in screens.complained
    assert "--port" in screens.complained


def test_a_browser_that_never_comes_back(server: Server) -> None:
    code, screens = run(server, lambda _: True, seconds=0.2)
    assert code == 1
    assert "No browser came back" in screens.complained
    assert "AADSTS50011" in screens.complained


def test_an_app_signs_in_by_itself(server: Server) -> None:
    code, screens = run(server, Browser().open, extra={"grant_type": "client_credentials"})
    assert code == 1
    assert "Nobody signs in for the grant type client_credentials" in screens.complained


def test_a_device_code_is_shown_and_waited_for(server: Server) -> None:
    extra = {"login": PUBLIC_CLIENT_ID, "password": None}
    code, screens = run(server, Browser().open, device_code=True, extra=extra)
    assert code == 0
    assert "in any browser and enter the code" in screens.said
    assert f"Signed in as {USER}." in screens.said


@pytest.mark.parametrize(
    ("uri", "port", "expected"),
    [
        (None, None, (0, "/callback")),
        (None, 8400, (8400, "/callback")),
        ("http://localhost:8400/callback", None, (8400, "/callback")),
        ("http://127.0.0.1:8400", 8400, (8400, "/")),
    ],
)
def test_where_the_browser_comes_back_to(
    uri: str | None, port: int | None, expected: tuple[int, str]
) -> None:
    assert callback_of(uri, port) == expected


@pytest.mark.parametrize(
    ("uri", "port", "said"),
    [
        ("https://airflow.example/business_central/callback", None, "not to this command"),
        ("http://localhost/callback", None, "without a port"),
        ("http://localhost:8400/callback", 8401, "--port is 8401"),
    ],
)
def test_a_redirect_uri_that_leads_elsewhere(uri: str, port: int | None, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        callback_of(uri, port)
    assert caught.value.remedy
