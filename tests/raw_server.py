"""A server that answers with bytes as they are, for what no well-behaved server would say."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

RESET = b"<reset>"
SILENCE = b"<silence>"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class RawServer(socketserver.ThreadingTCPServer):
    """Answers each connection's request with the next bytes of its script, then hangs up.

    :param script: bytes, `RESET` to reset the connection, or `SILENCE` to say nothing.
    :param greeting: what is said in place of that, before anything was asked.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, *script: bytes, greeting: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = deque(script)
        self.greeting = greeting
        self.received: list[bytes] = []
        self.over = threading.Event()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Say nothing of a client that hung up or refused our certificate."""


class _Handler(socketserver.StreamRequestHandler):
    server: RawServer

    def handle(self) -> None:
        if self.server.greeting:
            self.wfile.write(self.server.greeting)
            return
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        lengths = [
            int(line.partition(b":")[2])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length:")
        ]
        self.server.received.append(head + self.rfile.read(sum(lengths)))
        self._answer(self.server.script.popleft())

    def _answer(self, answer: bytes) -> None:
        if answer is RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        elif answer is SILENCE:
            self.server.over.wait(30)
        else:
            self.wfile.write(answer)


@contextmanager
def raw_server(
    *script: bytes, tls: ssl.SSLContext | None = None, greeting: bytes = b""
) -> Iterator[RawServer]:
    """Serve a script until the block ends."""
    with RawServer(*script, greeting=greeting) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Write an answer; a header's name is written with underscores."""
    fields = {name.replace("_", "-"): text for name, text in headers.items()}
    lines = [
        f"{name}: {text}" for name, text in {"Content-Length": str(len(body)), **fields}.items()
    ]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body
