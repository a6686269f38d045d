"""Stream properties: contents up and down.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_picture_update
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.bc.pdf import pdf
from airflow_provider_bc.emulator.bc.tokens import check_token
from airflow_provider_bc.emulator.odata.errors import ODataError, method_not_allowed
from airflow_provider_bc.emulator.store.derived import DERIVED, parents_of
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.bc.resource import Resource
    from airflow_provider_bc.emulator.schema.model import Route, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_BINARY = {"content-type": "application/octet-stream", "odata-version": "4.0"}
_SIGNATURES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
_PNG_SIZE = 24  # bytes up to the end of width and height
# What is stored keeps text in text: one character a byte, so that rows stay JSON values.
_BYTES = "latin-1"


def place_of(found: Resource) -> str:
    """Say where a stream's content is kept.

    :param found: the entity and the stream.
    :returns: a key of `Company.media`.
    """
    key = found.row.key if found.row else ""
    return f"{found.schema.name}/{key}/{found.stream}"


def read_stream(found: Resource, company: Company, route: Route) -> Response:
    """Download a content.

    :param found: the entity and the stream.
    :param company: the company.
    :param route: the route's schema.
    :returns: 200 with the bytes, 204 for none.
    """
    if found.schema.name == "pdfDocument" and found.row is not None:
        return Response(200, _BINARY, pdf(_title(found.row, company, route)))
    stored = company.media(route.path).get(place_of(found))
    if stored is None:
        return Response(204)
    return Response(200, _BINARY, str(stored["content"]).encode(_BYTES))


def write_stream(
    found: Resource,
    company: Company,
    route: Route,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Response:
    """Upload a content.

    :param found: the entity and the stream.
    :param company: the company.
    :param route: the route's schema.
    :param method: the HTTP method, of which only PATCH is documented.
    :param headers: the headers, names in lower case; If-Match is required.
    :param body: the content; nothing removes what was there.
    :returns: 204.
    :raises ODataError: 405 for a stream that is read-only, 415 for JSON or no content type, 400 or
        409 for the concurrency token.
    """
    name, row = found.stream or "", found.row
    if method != "PATCH" or row is None or not found.schema.properties[name].writable:
        raise method_not_allowed(method, name)
    check_token(headers.get("if-match"), row, required=True)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind or kind == "application/json":
        raise ODataError(415, "BadRequest", f"The content type '{kind}' is not supported.")
    media = company.media(route.path)
    if body:
        media.put(place_of(found), {"place": place_of(found), "content": body.decode(_BYTES)})
    else:
        media.remove(place_of(found))
    if found.schema.name != "file":
        told = row.values() | _told(found, body)
        company.table(found.schema.name, route.path).put(row.key, told)
    return Response(204)


def forget(found: Resource, company: Company, route: Route) -> None:
    """Remove the contents of an entity that was deleted.

    :param found: the entity.
    :param company: the company.
    :param route: the route's schema.
    """
    for name in found.schema.streams:
        key = found.row.key if found.row else ""
        company.media(route.path).remove(f"{found.schema.name}/{key}/{name}")


def materialise(found: Resource, company: Company) -> None:
    """Store a row that is made up, before it is written to.

    :param found: what a write leads to.
    :param company: the company.
    """
    if found.schema.name in DERIVED and found.row is not None:
        table = company.table(found.schema.name)
        if table.get(found.row.key) is None:
            table.put(found.row.key, found.row.values())


def _title(row: Row, company: Company, route: Route) -> str:
    """Say what a document is and which."""
    for parent in parents_of(route, "pdfDocument"):
        if parent.type == row["parentType"]:
            words = company.row(parent.entity_set, row.key).values()
            return f"{parent.entity_set} {words.get('number', '')}".strip()
    raise KeyError(row["parentType"])


def _told(found: Resource, body: bytes) -> dict[str, Value]:
    """Say what the entity tells about its content."""
    if found.schema.name in ("attachments", "documentAttachments"):
        return {"byteSize": len(body)}
    if found.schema.name != "pictures":
        return {}
    kind = next((kind for start, kind in _SIGNATURES.items() if body.startswith(start)), "")
    width = height = 0
    if kind == "image/png" and len(body) >= _PNG_SIZE:
        width, height = struct.unpack(">II", body[16:_PNG_SIZE])
    return {"contentType": kind, "width": width, "height": height}
