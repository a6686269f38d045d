"""POST, PATCH and DELETE of entities.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.bc.fields import read_body, split_body
from airflow_provider_bc.emulator.bc.reads import JSON
from airflow_provider_bc.emulator.odata.errors import ODataError, method_not_allowed, not_found
from airflow_provider_bc.emulator.odata.query import plan
from airflow_provider_bc.emulator.store.rules import ApplicationError
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.resource import Resource
    from airflow_provider_bc.emulator.odata.options import Options
    from airflow_provider_bc.emulator.odata.payload import Payload
    from airflow_provider_bc.emulator.schema.model import EntitySet, Route, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_ETAG = re.compile(r'(W/)?"[^"]*"')
_VERBS = {"POST": "insert", "PATCH": "modify", "DELETE": "delete"}


def check_token(if_match: str | None, row: Row, *, required: bool) -> None:
    """Check the concurrency token.

    :param if_match: the If-Match header, None if it was not sent.
    :param row: the row as it is now.
    :param required: whether it must be sent.
    :raises ODataError: 400 `BadRequest_InvalidToken`, or 409 `Request_EntityChanged`.
    """
    if if_match == "*" or (if_match is None and not required):
        return
    if if_match is None or not _ETAG.fullmatch(if_match):
        raise ODataError(
            400,
            "BadRequest_InvalidToken",
            "Could not validate the client concurrency token required by the service. Please "
            "provide a valid token in the client request.",
        )
    if if_match != row.etag:
        text = "Another user has already changed the record."
        raise ODataError(409, "Request_EntityChanged", text)


def write(
    found: Resource,
    place: tuple[Route, Company],
    method: str,
    body: bytes,
    if_match: str | None,
    options: Options,
    payload: Payload,
) -> Response:
    """Perform a write.

    :param found: what the path leads to.
    :param place: the route's schema and the company.
    :param method: POST, PATCH or DELETE.
    :param body: the content.
    :param if_match: the If-Match header.
    :param options: the query options.
    :param payload: what writes the answer.
    :returns: 201, 200 or 204.
    :raises ODataError: for anything Business Central refuses.
    """
    schema = found.schema
    collection = found.row is None
    if _VERBS.get(method) not in schema.writes or (method == "POST") != collection:
        raise method_not_allowed(method, schema.name)
    route, company = place
    try:
        if found.row is None:
            if found.counted or found.empty:
                raise not_found(schema.name)
            row = _create(schema, found.links, read_body(body), place)
            response = _entity(201, found, place, str(row[schema.key[0]]), options, payload)
        elif method == "PATCH":
            check_token(if_match, found.row, required=True)
            values, _ = split_body(read_body(body), schema, create=False)
            company.update(schema.name, found.row.key, values, route.path)
            response = _entity(200, found, place, found.row.key, options, payload)
        else:
            check_token(if_match, found.row, required=False)
            company.delete(schema.name, found.row.key, route.path)
            response = Response(204)
    except ApplicationError as error:
        raise ODataError(400, error.code, str(error)) from None
    return response


def _create(
    schema: EntitySet,
    links: dict[str, Value],
    content: dict[str, Any],
    place: tuple[Route, Company],
) -> dict[str, Value]:
    """Create an entity and, in a deep insert, its children: all of them or none."""
    route, company = place
    values, children = split_body(content, schema, create=True)
    row = company.create(schema.name, values | links, route.path)
    key = str(row[schema.key[0]])
    try:
        for name, bodies in children.items():
            navigation = schema.navigation[name]
            target = route.sets[navigation.target]
            inherited = {ours: row[theirs] for ours, theirs in navigation.link}
            for body in bodies:
                _create(target, inherited, body, place)
    except (ODataError, ApplicationError):
        company.delete(schema.name, key, route.path)
        raise
    return row


def _entity(
    status: int,
    found: Resource,
    place: tuple[Route, Company],
    key: str,
    options: Options,
    payload: Payload,
) -> Response:
    """Answer with the entity as it is now."""
    route, company = place
    row = company.table(found.schema.name, route.path).get(key)
    if row is None:
        raise not_found(found.schema.name)
    reading = plan(found.schema, route, options)
    headers = dict(JSON)
    if status == 201:  # noqa: PLR2004  # Created
        headers["location"] = payload.url_of(found.schema, key)
    return Response(status, headers, payload.entity(reading, row))
