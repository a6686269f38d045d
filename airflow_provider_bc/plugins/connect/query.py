"""The query of a request, out of sight of every log before anything else sees it.

Microsoft sends the browser back with a code in the query. Airflow's access log writes down the
query of each request when it is over, also of one that is refused before any route of ours.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

_STATE = "bc_query"


class HiddenQuery:
    """Takes the query out of each request; what needs it asks `hidden_query`.

    :param app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer (https://asgi.readthedocs.io/en/latest/specs/main.html#applications)."""
        scope.setdefault("state", {})[_STATE] = scope.get("query_string", b"")
        scope["query_string"] = b""
        await self._app(scope, receive, send)


def hidden_query(request: Request) -> str:
    """Give the query that the browser sent."""
    query: bytes = getattr(request.state, _STATE)
    return query.decode("latin-1")
