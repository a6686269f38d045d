"""What stands in a JSON batch: the requests, checked before the first of them is performed.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-batch
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from airflow_provider_bc.emulator.bc.address import read_address
from airflow_provider_bc.emulator.odata.errors import ODataError, bad_request, not_implemented
from airflow_provider_bc.emulator.odata.options import parse_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_bc.emulator.bc.call import Call

MOST = 100
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
_MEMBERS = {"id", "method", "url", "headers", "body", "dependsOn", "atomicityGroup"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request of a batch.

    :param identity: its `id`, None where none was sent.
    :param method: the HTTP method.
    :param url: the URL, relative to the route.
    :param headers: its own headers, names in lower case; it inherits none.
    :param body: the `body` as it was decoded, None where none was sent.
    :param depends_on: the ids of requests before it that must have succeeded.
    """

    identity: str | None
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    depends_on: tuple[str, ...]

    def call(self, batch: Call) -> Call:
        """Make the call this request stands for.

        :param batch: the call that brought the batch.
        :returns: the call, on the same route.
        :raises ODataError: 400 if the URL is not relative or the body is not what it says it is.
        """
        whole = urlsplit(self.url)
        if whole.scheme or whole.netloc or self.url.startswith("/"):
            raise bad_request(f"The URL '{self.url}' of an inner request must be relative.")
        if self.url.startswith("$"):
            # `$1` of OData names the answer of another request: nothing says it works here.
            raise not_implemented(f"'{self.url}' is not supported in a batch.")
        url = f"{batch.address.base}/{whole.path}"
        address = read_address(url)
        if address is None or not address.segments:
            raise bad_request(f"The URL '{self.url}' of an inner request leads nowhere.")
        return replace(
            batch,
            address=address,
            url=url,
            options=parse_options(whole.query),
            method=self.method,
            headers=self.headers,
            body=self._content(),
        )

    def _content(self) -> bytes:
        """Write the body as bytes: JSON, or base64 for any other content type."""
        if self.body is None:
            return b""
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/json"):
            return _ENCODER.encode(self.body)
        if not kind or not isinstance(self.body, str):
            raise bad_request("The content type of an inner request with a body is missing.")
        try:
            # https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html
            return urlsafe_b64decode(self.body + "=" * (-len(self.body) % 4))
        except NotBase64:
            raise bad_request("The body of an inner request is not base64url.") from None


def read_batch(content_type: str, body: bytes) -> list[BatchRequest]:
    """Read a batch.

    :param content_type: of the batch.
    :param body: its content.
    :returns: the requests in order.
    :raises ODataError: 400 if it is malformed, 415 or 501 for another content type, 500 for more
        than 100 requests, as seen live.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/mixed":
        raise not_implemented("The emulator reads batches in JSON only.")
    if kind != "application/json":
        raise ODataError(415, "BadRequest", f"The content type '{kind}' is not supported.")
    try:
        content = json.loads(body, parse_float=Decimal)
    except ValueError:
        content = None
    requests = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(requests, list):
        raise bad_request("Invalid Request Body")
    if len(requests) > MOST:
        text = (
            "The current batch message contains too many parts. Only batch messages with a maximum "
            f"number of '{MOST}' query operations and change sets are allowed."
        )
        raise ODataError(500, "Internal_ServerError", text)
    found: list[BatchRequest] = []
    for one in requests:
        known = [before.identity for before in found if before.identity is not None]
        found.append(_request(one, known))
    return found


def _request(given: Any, known: Iterable[str]) -> BatchRequest:
    """Read one request.

    :param known: the ids of the requests before it.
    """
    if not isinstance(given, dict) or given.keys() - _MEMBERS:
        raise bad_request("Invalid Request Body")
    if "atomicityGroup" in given:
        raise not_implemented("An atomicityGroup is not supported; send 'Isolation: snapshot'.")
    identity, method, url = given.get("id"), given.get("method"), given.get("url")
    headers, before = given.get("headers", {}), given.get("dependsOn", [])
    if method not in _METHODS or not isinstance(url, str) or not url:
        raise bad_request("A request in a batch needs a 'method' and a 'url'.")
    if identity is not None and (not isinstance(identity, str) or identity in known):
        raise bad_request(f"The id '{identity}' of an inner request is not a text of its own.")
    if not _is_texts(headers):
        raise bad_request("The 'headers' of an inner request must be texts.")
    if not isinstance(before, list) or not set(map(str, before)) <= set(known):
        raise bad_request("The 'dependsOn' of an inner request must name requests before it.")
    lower = {name.lower(): value for name, value in headers.items()}
    return BatchRequest(identity, method, url, lower, given.get("body"), tuple(before))


def _is_texts(headers: Any) -> bool:
    return isinstance(headers, dict) and all(isinstance(text, str) for text in headers.values())
