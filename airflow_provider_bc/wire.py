"""What goes over the wire: the four values that both sides of a conversation exchange.

The client is everything that turns intentions into a `Request` and a `Response` into data; the
emulator is a function from `Request` to `Response`. They share these values and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request (https://www.rfc-editor.org/rfc/rfc9110#section-9).

    :param method: the HTTP method, upper case.
    :param url: the absolute URL, already percent-encoded.
    :param headers: header names as they are sent; a bearer token is added at the signing point.
    :param body: the bytes of the content, empty for none.
    :param timeout: seconds of silence after which it counts as lost, None for the driver's own.
    :param source: opens the content in place of the body; each attempt reads it from its start.
    :param sink: opens where the content of a 200 goes, in place of the response's body; each
        attempt opens it anew, and writes it from its start.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float | None = None
    source: Callable[[], BinaryIO] | None = None
    sink: Callable[[], BinaryIO] | None = None

    def __repr__(self) -> str:
        """Name the request without its headers, body and query: they can hold secrets."""
        return f"Request({self.line!r})"

    @property
    def line(self) -> str:
        """Method and URL without query or user information, fit for a log or an error message."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        query = "?…" if parts.query else ""
        return f"{self.method} {parts.scheme}://{host}{parts.path}{query}"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response that arrived complete.

    :param status: the status code.
    :param headers: header names in lower case.
    :param body: the decoded bytes of the content.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Decode the content; a number with a fraction becomes a `Decimal`.

        :raises ValueError: when it is not JSON.
        """
        return json.loads(self.body, parse_float=Decimal)

    def __repr__(self) -> str:
        """Name the status and size only: a token response is a secret."""
        return f"Response(status={self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Lost:
    """What came instead of a complete response.

    :param reason: what the transport said, for a person.
    :param sent: False only when the request certainly never reached the server.
    """

    reason: str
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """A wish to wait before the conversation goes on.

    :param seconds: how long, at least 0.
    :param reason: why, for the log.
    """

    seconds: float
    reason: str
