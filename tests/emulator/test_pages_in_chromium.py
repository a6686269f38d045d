"""The sign-in pages in a real browser, up to the app's own page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode

import pytest

from airflow_provider_bc.emulator import Emulator, serve
from airflow_provider_bc.emulator.entra.directory import RedirectUri
from tests.live.browser import browser

from .witnesses import asking, authorize_at

pytestmark = pytest.mark.live


class _Callback(BaseHTTPRequestHandler):
    """The app: it notes what it is told."""

    def do_GET(self) -> None:
        self._take(self.path.partition("?")[2])

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers["content-length"])).decode())

    def _take(self, text: str) -> None:
        assert isinstance(self.server, _App)
        if self.path.startswith("/callback"):
            self.server.told.append(text)
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Welcome</h1>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing."""


class _App(ThreadingHTTPServer):
    """A browser opens connections that it may not use, so each has its thread."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Callback)
        self.told: list[str] = []


@contextmanager
def _app() -> Iterator[_App]:
    with _App() as app:
        thread = Thread(target=app.serve_forever)
        thread.start()
        try:
            yield app
        finally:
            app.shutdown()
            thread.join()


def test_a_person_signs_in_once_for_every_response_mode() -> None:
    emulator = Emulator()
    with serve(emulator) as server, _app() as app, browser() as chromium:
        page = chromium.new_page()
        # The test's browser resolves no name, not even this machine's.
        uri = f"http://127.0.0.1:{app.server_port}/callback"
        emulator.application.redirect_uris.append(RedirectUri("http://127.0.0.1/callback"))
        for mode in ("form_post", "query", "fragment"):
            query = urlencode(asking(emulator, redirect_uri=uri, response_mode=mode))
            page.goto(f"{server.url}{authorize_at(emulator)}?{query}")
            if mode == "form_post":
                page.get_by_role("button", name="Adele Vance").click()
                page.get_by_role("button", name="Accept").click()
            page.get_by_text("Welcome").wait_for()
        landing = page.url
    posted, asked, _ = app.told
    assert parse_qs(posted)["state"] == parse_qs(asked)["state"] == ["a/b c&d"]
    assert "code=" in landing.partition("#")[2]


def test_a_person_types_the_code_of_a_device() -> None:
    emulator = Emulator()
    public = emulator.directory.applications[1].client_id
    with serve(emulator) as server, browser() as chromium:
        page = chromium.new_page()
        form: dict[str, str | float | bool] = {"client_id": public, "scope": "openid"}
        url = f"{server.url}/{emulator.tenant_id}/oauth2/v2.0/devicecode"
        told = page.request.post(url, form=form).json()
        page.goto(told["verification_uri"])
        page.get_by_label("Code").fill(told["user_code"])
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Megan Bowen").click()
        page.get_by_role("button", name="Accept").click()
        page.get_by_text("You have signed in").wait_for()
    (code,) = emulator.authority.grants.device_codes.values()
    assert code.user is not None
    assert code.user.upn == "megan@cronus.example"
