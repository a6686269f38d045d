"""What was received: enough to count on, nothing that must be kept secret."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHOWN_HEADERS = (
    "accept",
    "accept-encoding",
    "accept-language",
    "client-request-id",
    "content-type",
    "data-access-intent",
    "if-match",
    "isolation",
    "prefer",
    "user-agent",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and how it ended.

    :param method: the HTTP method.
    :param path: the path as it was sent.
    :param query: the query string as it was sent.
    :param kind: `data`, `metadata`, `token`, `discovery`, `sign-in`, `admin` or `unknown`.
    :param status: the status code, None if the connection was reset before one.
    :param fault: the fault that was played, None for the service's own answer.
    :param principal: the client id in a verified bearer of an app, the object id in that of a user,
        None without one.
    :param bearer: whether a bearer was sent; never the bearer itself.
    :param headers: the headers of `SHOWN_HEADERS` that were sent.
    :param grant: the `grant_type` of a token request, or `managed_identity`.
    """

    method: str
    path: str
    query: str
    kind: str
    status: int | None
    fault: str | None = None
    principal: str | None = None
    bearer: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    grant: str | None = None


class Log:
    """The requests in the order they were answered."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    @property
    def entries(self) -> list[Entry]:
        """A copy of all entries."""
        return list(self._entries)

    def add(self, entry: Entry) -> None:
        """Note a request.

        :param entry: what is known about it.
        """
        self._entries.append(entry)

    def count(
        self,
        kind: str | None = None,
        *,
        path: str = "",
        method: str | None = None,
        status: int | None = None,
        grant: str | None = None,
    ) -> int:
        """Count the requests that were received.

        :param kind: only those of a kind.
        :param path: only those whose path contains this.
        :param method: only those with this method.
        :param status: only those that ended with this status.
        :param grant: only those for this grant.
        :returns: how many.
        """
        return sum(
            kind in (None, entry.kind)
            and path in entry.path
            and method in (None, entry.method)
            and status in (None, entry.status)
            and grant in (None, entry.grant)
            for entry in self.entries
        )

    def grants(self) -> dict[str, int]:
        """Count the token requests by grant.

        :returns: how many there were of each `grant_type`, and of `managed_identity`.
        """
        return dict(Counter(entry.grant for entry in self.entries if entry.grant is not None))

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
