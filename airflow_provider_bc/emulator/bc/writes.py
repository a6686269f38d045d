"""POST, PATCH and DELETE of entities.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.bc.attachments import check_attachment
from airflow_provider_bc.emulator.bc.extensions import refuse_second_upload
from airflow_provider_bc.emulator.bc.fields import REQUIRED, read_body, split_body
from airflow_provider_bc.emulator.bc.permissions import granted
from airflow_provider_bc.emulator.bc.reads import JSON
from airflow_provider_bc.emulator.bc.tokens import check_token
from airflow_provider_bc.emulator.odata.errors import ODataError, method_not_allowed, not_found
from airflow_provider_bc.emulator.odata.query import plan
from airflow_provider_bc.emulator.posting.kinds import refuse_if_posted
from airflow_provider_bc.emulator.store.company import STANDARD
from airflow_provider_bc.emulator.store.rules import HEADERS, ApplicationError
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.resource import Resource
    from airflow_provider_bc.emulator.odata.options import Options
    from airflow_provider_bc.emulator.odata.payload import Payload
    from airflow_provider_bc.emulator.odata.query import Plan
    from airflow_provider_bc.emulator.schema.model import EntitySet, Route, Value
    from airflow_provider_bc.emulator.store.company import Company

_CREATED = 201
_VERBS = {"POST": "insert", "PATCH": "modify", "DELETE": "delete"}


class Writer:
    """Writes to one company through one route.

    :param route: the route's schema.
    :param company: the company.
    :param options: the query options, for the answer.
    :param payload: what writes the answer.
    """

    def __init__(self, route: Route, company: Company, options: Options, payload: Payload) -> None:
        self._route = route
        self._company = company
        self._options = options
        self._payload = payload
        self._made: list[tuple[str, str]] = []

    def write(self, found: Resource, method: str, body: bytes, if_match: str | None) -> Response:
        """Perform a write.

        :param found: what the path leads to.
        :param method: the HTTP method.
        :param body: the content.
        :param if_match: the If-Match header, None if it was not sent.
        :returns: 201, 200 or 204.
        :raises ODataError: for anything Business Central refuses.
        """
        schema, row = found.schema, found.row
        whole = row is None and not (found.counted or found.empty or found.stream)
        if _VERBS.get(method) not in schema.writes or (method == "POST") != whole:
            raise method_not_allowed(method, schema.name)
        reading = plan(schema, self._route, self._options)
        try:
            self._refuse_posted(found)
            if row is None:
                new = self._create(schema, found.links, read_body(body))
                return self._entity(201, reading, str(new[schema.key[0]]))
            check_token(if_match, row, required=method == "PATCH")
            if method == "DELETE":
                self._company.delete(schema.name, row.key, self._route.path)
                return Response(204)
            values, _ = split_body(read_body(body), schema, create=False)
            check_attachment(schema, self._route, self._company, row.values() | values, row)
            self._company.update(schema.name, row.key, values, self._route.path)
            return self._entity(200, reading, row.key)
        except ApplicationError as error:
            raise ODataError(400, error.code, str(error)) from None

    def _refuse_posted(self, found: Resource) -> None:
        """Refuse to change a posted document or one of its lines."""
        if self._route.path != STANDARD:
            return
        schema, row = found.schema, found.row
        if row is not None:
            refuse_if_posted(schema.name, row)
        header = HEADERS.get(schema.name)
        document = row["documentId"] if row and header else found.links.get("documentId")
        owner = self._company.table(header).get(str(document)) if header else None
        if owner is not None and header:
            refuse_if_posted(header, owner)

    def _create(
        self, schema: EntitySet, links: dict[str, Value], content: dict[str, Any]
    ) -> dict[str, Value]:
        """Create an entity and, in a deep insert, its children: all of them or none."""
        values, children = split_body(content, schema, create=True)
        header = HEADERS.get(schema.name) if self._route.path == STANDARD else None
        if header and "documentId" in values:
            owner = self._company.table(header).get(str(values["documentId"]))
            if owner is not None:
                refuse_if_posted(header, owner)
        code = schema.properties.get("code")
        if code is not None and code.writable and not (values | links).get("code"):
            raise ODataError(400, REQUIRED, "Field 'code' must not be blank or empty.")
        check_attachment(schema, self._route, self._company, values | links)
        refuse_second_upload(schema, self._company)
        values |= granted(schema, self._company, values | links)
        mark = len(self._made)
        row = self._company.create(schema.name, values | links, self._route.path)
        self._made.append((schema.name, str(row[schema.key[0]])))
        try:
            for name, bodies in children.items():
                navigation = schema.navigation[name]
                target = self._route.sets[navigation.target]
                inherited = {ours: row[theirs] for ours, theirs in navigation.link}
                for body in bodies:
                    self._create(target, inherited, body)
        except (ODataError, ApplicationError):
            for name, key in reversed(self._made[mark:]):
                self._company.delete(name, key, self._route.path)
            del self._made[mark:]
            raise
        return row

    def _entity(self, status: int, reading: Plan, key: str) -> Response:
        """Answer with the entity as it is now."""
        schema = reading.schema
        row = self._company.table(schema.name, self._route.path).get(key)
        if row is None:
            raise not_found(schema.name)
        created = {"location": self._payload.url_of(schema, key)} if status == _CREATED else {}
        return Response(status, JSON | created, self._payload.entity(reading, row))
