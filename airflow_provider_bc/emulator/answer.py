"""What the emulator decides to do with a request: a response, and how badly to deliver it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from airflow_provider_bc.wire import Lost, Response

_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response and the way it travels.

    :param response: what is said; ignored when the connection is dropped at once.
    :param delay: seconds to wait before anything is sent.
    :param cut: after how many bytes of the body the connection is reset; None for never, -1 for
        before the first byte of the response.
    """

    response: Response = field(default_factory=lambda: Response(200))
    delay: float = 0.0
    cut: int | None = None

    def wire(self) -> Response | Lost:
        """Say what a client sees of it.

        :returns: the response, or Lost where the connection is reset.
        """
        if self.cut is None:
            return self.response
        where = "before the response" if self.cut < 0 else f"after {self.cut} bytes of the body"
        return Lost(f"connection reset {where}")


def json_response(status: int, body: Any, **headers: str) -> Response:
    """Make a JSON response.

    :param status: the status code.
    :param body: what to encode; a `Decimal` becomes a number.
    :param headers: more headers, with `_` for `-`.
    :returns: the response.
    """
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        status, {"content-type": "application/json; charset=utf-8"} | names, _JSON.encode(body)
    )
