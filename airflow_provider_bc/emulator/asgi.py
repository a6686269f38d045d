"""The emulator's door to HTTP: an ASGI application that knows no more than the wire.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.answer import Answer
from airflow_provider_bc.emulator.control import PREFIX
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.wire import Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from airflow_provider_bc.emulator.emulator import Emulator

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRANSPORT = "emulator.transport"
_ABORT = struct.pack("ii", 1, 0)


class Door:
    """The ASGI application.

    :param emulator: what answers.
    :param compressed: whether a client that accepts gzip gets it; off, since it costs speed.
    """

    def __init__(self, emulator: Emulator, *, compressed: bool = False) -> None:
        self._emulator = emulator
        self._compressed = compressed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        :param scope: the ASGI scope; only HTTP is served.
        :param receive: where the content comes from.
        :param send: where the response goes.
        """
        if scope["type"] != "http":
            return
        request = await _request(scope, receive)
        if request is None:
            return
        principal = self._emulator.principal(request.headers.get("authorization", ""))
        if principal is None or PREFIX in request.url:
            await self._respond(self._emulator.answer(request), request, scope, send)
            return
        refusal = await self._queue(principal)
        if refusal is not None:
            await self._respond(Answer(refusal), request, scope, send)
            return
        try:
            await self._respond(self._emulator.answer(request), request, scope, send)
        finally:
            self._emulator.limits.leave(principal)

    async def _queue(self, principal: str) -> Response | None:
        """Wait until a request may run; say no if the queue is full or takes too long."""
        limits = self._emulator.limits
        free = asyncio.Event()
        try:
            if not limits.arrive(principal, free.set):
                await asyncio.wait_for(free.wait(), limits.patience)
        except ODataError as error:
            return error.response("queue")
        except TimeoutError:
            limits.give_up(principal, free.set)
            text = "The request waited too long."
            return ODataError(503, "Internal_TenantUnavailable", text).response("queue")
        return None

    async def _respond(self, answer: Answer, request: Request, scope: Scope, send: Send) -> None:
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.cut == -1:
            await _reset(scope)
            return
        response, body = self._emulator.dated(answer.response), answer.response.body
        headers = dict(response.headers)
        if self._compressed and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            body = gzip.compress(body, 1)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        whole = answer.cut is None
        part = body if whole else body[: answer.cut]
        await send({"type": "http.response.body", "body": part, "more_body": not whole})
        if not whole:
            await asyncio.sleep(0.01)  # the part must leave before the reset overtakes it
            await _reset(scope)


async def _request(scope: Scope, receive: Receive) -> Request | None:
    """Read the whole request; None where the client went before it had sent all of it."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    url = f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}{path}"
    return Request(scope["method"], f"{url}?{query}" if query else url, headers, bytes(body))


async def _reset(scope: Scope) -> None:
    """Reset the connection: with a linger time of zero the close is an RST, not a FIN."""
    transport = scope["extensions"][TRANSPORT]["transport"]
    peer: socket.socket = transport.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    transport.abort()
    await asyncio.sleep(0.001)  # uvicorn must learn that the peer is gone
