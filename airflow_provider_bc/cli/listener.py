"""Wait on the loopback for the browser that comes back from a sign-in.

https://www.rfc-editor.org/rfc/rfc8252#section-7.3
"""

from __future__ import annotations

import html
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Self
from urllib.parse import urlsplit

from airflow_provider_bc.errors import AuthenticationError, BusinessCentralError, ConfigurationError

HOST = "127.0.0.1"
_LARGEST = 65_536
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 1.1em system-ui, sans-serif; margin: 4em auto; max-width: 36em }}
:root {{ color-scheme: light dark }}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""


class Listener:
    """A server for one sign-in: the first browser that comes to its path ends it.

    :param port: where to listen, 0 for any free port.
    :param path: where the browser comes back to.
    :raises ConfigurationError: when the port is in use.
    """

    def __init__(self, port: int, path: str) -> None:
        try:
            self._server = _Server((HOST, port), _Visit)
        except (OSError, OverflowError) as error:
            said = getattr(error, "strerror", None) or "it is no port"
            raise ConfigurationError(
                f"Nobody can be waited for at port {port}: {said}.",
                remedy="Name a free port with --port, or none for any.",
            ) from None
        self._server.path = path
        self.redirect_uri = f"http://localhost:{self._server.server_port}{path}"
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.05,), name="sign-in", daemon=True
        )

    def start(self, finish: Callable[[str], str | None]) -> None:
        """Begin to listen: a browser in the terminal holds up this thread until it is left.

        :param finish: makes an account of what the browser brings, a query or the body of a form.
        """
        self._server.finish = finish
        self._thread.start()

    def wait(self, seconds: float) -> str | None:
        """Wait for the browser.

        :param seconds: how long.
        :return: the account.
        :raises AuthenticationError: nobody came in time, or what was brought is no good.
        :raises BusinessCentralError: what else `finish` raised.
        """
        server = self._server
        came = server.over.wait(seconds)
        if not came:
            raise AuthenticationError(
                f"No browser came back to {self.redirect_uri} within {seconds:.0f} seconds.",
                remedy="See what the browser shows: AADSTS50011 means that the redirect URI is not "
                "registered at the app (under Web; the port does not matter). Where the browser "
                "is on another machine, use --device-code.",
            )
        if server.error:
            raise server.error
        return server.account

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """What the visits of one sign-in share."""

    daemon_threads = True
    path = "/"
    finish: Callable[[str], str | None]
    account: str | None = None
    error: Exception | None = None

    def __init__(self, address: tuple[str, int], visit: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, visit)
        self.over = Event()
        self._first = Lock()

    def is_first(self) -> bool:
        """Let one visit in, and no other."""
        return self._first.acquire(blocking=False)

    def take(self, came_back: str) -> tuple[HTTPStatus, str, str]:
        """Finish the sign-in with what the browser brought, and say what to show."""
        try:
            self.account = self.finish(came_back)
        except BusinessCentralError as error:
            self.error = error
            code = f" ({error.code})" if error.code else ""
            text = f"{error.message} {error.remedy}{code}"
            return HTTPStatus.BAD_REQUEST, "Not signed in", text
        except Exception as error:  # noqa: BLE001 - raised where the command waits
            self.error = error
            return HTTPStatus.INTERNAL_SERVER_ERROR, "Not signed in", "See the command's output."
        who = f" as {self.account}" if self.account else ""
        return HTTPStatus.OK, "Signed in", f"Signed in{who}. You may close this window."

    def handle_error(self, *_: object) -> None:
        """Say nothing of a browser that hung up before it saw its page."""


class _Visit(BaseHTTPRequestHandler):
    """One request of a browser; a silent one, as browsers open ahead, is left after a while."""

    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """Take the query."""
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """Take the form."""
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isascii() and length.isdigit() else 0
        self._answer(self.rfile.read(min(size, _LARGEST)).decode("utf-8", "replace"))

    def log_message(self, *_: object) -> None:
        """Say nothing: the path holds the code."""

    def _answer(self, came_back: str) -> None:
        if urlsplit(self.path).path != self.server.path:
            self._show(HTTPStatus.NOT_FOUND, "Nothing here", "A sign-in comes back elsewhere.")
            return
        if not self.server.is_first():
            self._show(HTTPStatus.GONE, "Too late", "This sign-in was used already.")
            return
        try:
            self._show(*self.server.take(came_back))
        finally:
            self.server.over.set()

    def _show(self, status: HTTPStatus, title: str, text: str) -> None:
        page = _PAGE.format(title=title, text=html.escape(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)
