"""Calls of the Admin Center API: their URLs, and what their answers hold.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import GarbledAnswer, UnexpectedAnswer
from airflow_provider_bc.wire import Request

Json = dict[str, Any]

VERSION = "v2.29"
FAMILY = "BusinessCentral"


class AdminCalls:
    """Sends the calls; the tenant is that of the token.

    :param exchange: how requests are exchanged.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def environment(self) -> str:
        """The environment of the connection, or what replaces it."""
        return self.exchange.settings.environment

    def rows(self, path: str, query: str = "", method: str = "GET") -> Conversation[list[Json]]:
        """Ask for a list, which comes in ``value``, or bare.

        :param path: below the version, from `within`.
        :param query: percent-encoded, "" for none.
        :param method: where it is a ``POST`` that asks.
        """
        request = self._request(method, path, query=query)
        return (yield from self.exchange.fetch(request, _rows))

    def texts(self, path: str) -> Conversation[list[str]]:
        """Ask for a list of texts.

        :param path: below the version, from `within`.
        """
        found = yield from self.exchange.fetch(self._request("GET", path), _values)
        return [str(text) for text in found]

    def get(self, path: str, query: str = "") -> Conversation[Json]:
        """Ask for one thing, which comes bare, or as the only one in ``value``.

        :param path: below the version, from `within`.
        :param query: percent-encoded, "" for none.
        """
        request = self._request("GET", path, query=query)
        return (yield from self.exchange.fetch(request, _object))

    def find(self, path: str) -> Conversation[Json]:
        """Ask for one thing that need not be: no content, or null, says that there is none.

        :param path: below the version, from `within`.
        :return: the thing, empty where there is none.
        """
        return (yield from self.exchange.fetch(self._request("GET", path), _object_if_any))

    def send(
        self, method: str, path: str, values: Mapping[str, Any] | None = None
    ) -> Conversation[Json]:
        """Send what changes something; it is repeated only when it certainly was not carried out.

        :param method: ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
        :param path: below the version, from `within`.
        :param values: to be sent as JSON; those that are None are left out.
        :return: the answer, empty where there is none.
        """
        body, headers = b"", {}
        if values is not None:
            said = {name: value for name, value in values.items() if value is not None}
            body, headers = json.dumps(said).encode(), {"Content-Type": "application/json"}
        return (yield from self.send_content(method, path, body, headers))

    def send_content(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Conversation[Json]:
        """Send content of any kind; see `send`.

        :param method: ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
        :param path: below the version, from `within`.
        :param body: the content.
        :param headers: which say of which kind it is.
        """
        request = self._request(method, path, headers=headers, body=body)
        return (yield from self.exchange.write(request, _object_if_any))

    def _request(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Request:
        routes = self.exchange.routes
        url = routes.with_query(f"{routes.root}/admin/{VERSION}{path}", query)
        return self.exchange.request(method, url, headers, body)


def within(environment: str, *tail: str, before: str = "") -> str:
    """Give the path of an environment, or of what is below it.

    :param environment: its name.
    :param tail: the segments behind it.
    :param before: what stands before it, with its slash: ``/exports``.
    """
    segments = (quote(segment, safe="") for segment in (environment, *tail))
    return f"{before}/applications/{FAMILY}/environments/{'/'.join(segments)}"


def text_of(row: Mapping[str, Any], *names: str) -> str:
    """Find a value under the names that Microsoft's pages and the service give it.

    :param row: an answer, or a part of it.
    :param names: the names, in any casing.
    :return: its text, "" where it has none.
    """
    folded = {str(name).lower(): value for name, value in row.items()}
    found = next((folded[name.lower()] for name in names if folded.get(name.lower())), "")
    return str(found)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise GarbledAnswer(
            "The Admin Center API answered with something that is not JSON.",
            remedy="Run the task again; if it stays, check the API URL of the connection.",
        ) from error


def _values(body: bytes) -> list[Any]:
    found = _decoded(body)
    values = found.get("value") if isinstance(found, dict) else found
    if not isinstance(values, list):
        raise _unexpected("list")
    if isinstance(found, dict) and found.get("@odata.nextLink"):
        raise UnexpectedAnswer(
            "The Admin Center API answered with a part of a list, as it is not known to do.",
            remedy="Report this: what else there is cannot be seen.",
        )
    return values


def _rows(body: bytes) -> list[Json]:
    rows = _values(body)
    if not all(isinstance(row, dict) for row in rows):
        raise _unexpected("list of objects")
    return rows


def _object(body: bytes) -> Json:
    found = _decoded(body)
    if isinstance(found, dict) and len(found) <= 2:  # noqa: PLR2004 - value, perhaps with its context
        inner = found.get("value")
        if isinstance(inner, list):
            found = inner[0] if len(inner) == 1 else None
        elif isinstance(inner, dict):
            found = inner
    if not isinstance(found, dict):
        raise _unexpected("object")
    return found


def _object_if_any(body: bytes) -> Json:
    return {} if body.strip() in (b"", b"null") else _object(body)


def _unexpected(wanted: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"The Admin Center API answered with something that is no {wanted}.",
        remedy="Check the API URL of the connection; otherwise report this answer.",
    )
