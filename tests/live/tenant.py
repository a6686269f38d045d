"""Business Central as the live tests need it: one that remembers its tokens, one that is mute."""

from __future__ import annotations

import json
import socketserver
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_bc.emulator import Emulator
from airflow_provider_bc.emulator.answer import Answer
from airflow_provider_bc.emulator.emulator import kind_of
from airflow_provider_bc.wire import Request

WRONG_SECRET = "nobody~knows+this&wrong=secret"
ISSUED = 200
LASTING = ("refresh_token", "id_token")
CARRIED = ("code", "state", "code_verifier", "nonce", "refresh_token")


class RememberingEmulator(Emulator):
    """An emulator that remembers each token, so that one can look where it must not be."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []
        self.of_sign_ins: set[str] = set()

    def answer(self, request: Request) -> Answer:
        self._remember(urlsplit(request.url).query)
        answer = super().answer(request)
        self._remember(urlsplit(answer.response.headers.get("location", "")).query)
        if kind_of(urlsplit(request.url).path) == "token":
            self._remember(request.body.decode())
            if answer.response.status == ISSUED:
                issued = json.loads(answer.response.body)
                self.tokens.append(issued["access_token"])
                self.of_sign_ins |= {issued[name] for name in LASTING if name in issued}
        return answer

    def _remember(self, query: str) -> None:
        """Remember what a person's sign-in carries about."""
        self.of_sign_ins |= {text for name, text in parse_qsl(query) if name in CARRIED}


class BlackHole(socketserver.ThreadingTCPServer):
    """A server that takes every connection and never answers; it notes when each one came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mute)
        self.arrivals: list[float] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Mute(socketserver.BaseRequestHandler):
    server: BlackHole

    def handle(self) -> None:
        self.server.arrivals.append(time.monotonic())
        while self.request.recv(65_536):
            pass


@contextmanager
def black_hole() -> Iterator[BlackHole]:
    """Swallow connections while the block runs."""
    with BlackHole() as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
