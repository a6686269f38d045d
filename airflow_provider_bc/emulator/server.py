"""The emulator behind a real socket: uvicorn in a thread, on the loopback only."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_bc.emulator.asgi import TRANSPORT, Door
from airflow_provider_bc.emulator.connection import connection_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_bc.emulator.emulator import Emulator

_GLANCE = 0.002
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _Protocol(H11Protocol):
    """uvicorn's HTTP protocol, with the transport in the scope so that a fault can reset it."""

    def handle_events(self) -> None:
        super().handle_events()
        if self.scope:
            self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


class _Uvicorn(uvicorn.Server):
    """uvicorn, told to stop by an event; then it waits as long as it must, not in tenths."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    async def main_loop(self) -> None:
        stop = asyncio.Event()
        self._stop = asyncio.get_running_loop(), stop
        self.ready.set()
        await stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        del sockets  # closed by who opened them
        state = self.server_state
        for server in self.servers:
            server.close()
        for connection in list(state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(_GLANCE)
        except TimeoutError:
            for task in state.tasks:
                task.cancel()

    def stop(self) -> None:
        """Stop serving; may be called from any thread."""
        if self._stop is not None:
            loop, stop = self._stop
            loop.call_soon_threadsafe(stop.set)


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


class Server:
    """A running emulator.

    :param emulator: the emulator.
    :param url: where it listens.
    :param ca_file: the certificate authority to trust (PEM), None without TLS.
    """

    def __init__(self, emulator: Emulator, url: str, ca_file: str | None) -> None:
        self.emulator = emulator
        self.url = url
        self.ca_file = ca_file

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self.url.rpartition(":")[2])

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection, with `extra` as a dict."""
        return connection_of(self.emulator, self.url)

    @property
    def connection_json(self) -> str:
        """The Airflow connection as JSON, for an `AIRFLOW_CONN_…` variable."""
        return json.dumps(self.connection)


def _bind(host: str, port: int) -> socket.socket:
    """Bind a listening socket, on the loopback or not at all."""
    if host not in LOOPBACK:
        raise ValueError(f"the emulator listens on {', '.join(LOOPBACK)} only, not on {host!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; on, it costs 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(256)
    return listener


def _certificates(folder: Path) -> tuple[str, str]:
    """Issue a certificate for the loopback and say where its chain and key are."""
    issued = _authority().issue_cert(*LOOPBACK)
    chain, key = folder / "server.pem", folder / "server.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    _authority().cert_pem.write_to_path(str(folder / "ca.pem"))
    return str(chain), str(key)


def _config(door: Door, chain: str | None, key: str | None) -> uvicorn.Config:
    """Leave to uvicorn the protocol and nothing that the emulator says itself."""
    return uvicorn.Config(
        door,
        http=_Protocol,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
        ssl_certfile=chain,
        ssl_keyfile=key,
    )


@contextmanager
def serve(
    emulator: Emulator,
    port: int = 0,
    *,
    tls: bool = False,
    host: str = "127.0.0.1",
    compressed: bool = False,
) -> Iterator[Server]:
    """Serve an emulator until the block ends.

    :param emulator: the emulator.
    :param port: the port; 0 for any free one.
    :param tls: whether to speak TLS, with a certificate of a certificate authority made for it.
    :param host: the address; only the loopback's are taken.
    :param compressed: whether clients that accept gzip get it.
    :returns: the running server.
    :raises ValueError: for any other host.
    """
    listener = _bind(host, port)
    with tempfile.TemporaryDirectory() as folder, listener:
        pair = _certificates(Path(folder)) if tls else (None, None)
        server = _Uvicorn(_config(Door(emulator, compressed=compressed), *pair))
        thread = Thread(target=server.run, args=([listener],), name="emulator", daemon=True)
        thread.start()
        server.ready.wait()
        scheme, name = ("https" if tls else "http"), (f"[{host}]" if ":" in host else host)
        url = f"{scheme}://{name}:{listener.getsockname()[1]}"
        try:
            yield Server(emulator, url, f"{folder}/ca.pem" if tls else None)
        finally:
            server.stop()
            thread.join()
