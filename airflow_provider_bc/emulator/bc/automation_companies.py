"""Companies that come, go and are renamed: the entity set `automationCompanies`.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_automationcompany
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.bc.fields import read_body, split_body
from airflow_provider_bc.emulator.bc.reads import JSON
from airflow_provider_bc.emulator.bc.resource import Resource, find
from airflow_provider_bc.emulator.bc.tokens import check_token
from airflow_provider_bc.emulator.odata.errors import (
    ODataError,
    method_not_allowed,
    not_implemented,
)
from airflow_provider_bc.emulator.odata.payload import Payload
from airflow_provider_bc.emulator.odata.query import plan
from airflow_provider_bc.emulator.store.row import StoredRow
from airflow_provider_bc.emulator.store.table import Subset
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_bc.emulator.bc.address import Segment
    from airflow_provider_bc.emulator.bc.call import Call
    from airflow_provider_bc.emulator.schema.model import Route, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.table import Rows

NAME = "automationCompanies"
_CREATED = 201
_MOST = 300
_LONGEST = 30


class AutomationCompanies:
    """The companies of an environment, as one of them shows and changes them.

    :param companies: all of them; a list is added to and taken from.
    :param company: the one that the request went to.
    :param place: what stands before the entity set in context URLs.
    """

    def __init__(self, companies: Sequence[Company], company: Company, place: str) -> None:
        self._companies = companies
        self._company = company
        self._place = place

    def answer(self, call: Call, segments: Sequence[Segment], route: Route) -> Response:
        """Answer a request.

        :param call: the request.
        :param segments: the path behind the company.
        :param route: the route's schema.
        :returns: the response.
        :raises ODataError: for anything Business Central refuses.
        """
        found = find(segments, route, lambda _: self._rows())
        if call.method == "GET":
            return call.read(found, route, self._place, lambda _: self._rows())
        if not isinstance(self._companies, list):
            raise not_implemented(f"The emulator does not write {NAME} within a transaction.")
        if call.method == "POST" and found.row is None and not found.counted:
            return self._entity(
                _CREATED, call, route, self._create(self._companies, found, call.body)
            )
        if call.method not in ("PATCH", "DELETE") or found.row is None:
            raise method_not_allowed(call.method, NAME)
        key = found.row.key
        company = next(one for one in self._companies if one.id == key)
        check_token(call.headers.get("if-match"), found.row, required=call.method == "PATCH")
        if call.method == "DELETE":
            self._companies.remove(company)
            return Response(204)
        values, _ = split_body(read_body(call.body), found.schema, create=False)
        if "displayName" in values:
            company.display_name = _display_name(values)
        company.version += 1
        return self._entity(200, call, route, company)

    def _create(self, companies: list[Company], found: Resource, body: bytes) -> Company:
        """Found a company; it is empty, as nobody has set it up."""
        content = read_body(body)
        content.pop("name", None)  # it is taken, and ignored
        content.pop("evaluationCompany", None)
        values, _ = split_body(content, found.schema, create=True)
        display_name = _display_name(values)
        name = display_name[:_LONGEST].strip()
        if any(one.name.casefold() == name.casefold() for one in companies):
            text = f"The Company already exists. Identification fields and values: Name='{name}'"
            raise ODataError(400, "Internal_EntityWithSameKeyExists", text)
        if len(companies) >= _MOST:
            text = f"The environment cannot have more than {_MOST} companies."
            raise ODataError(400, "Application_DialogException", text)
        company = self._company.sibling(name, display_name)
        companies.append(company)
        return company

    def _rows(self) -> Rows:
        return Subset([_row(one) for one in sorted(self._companies, key=lambda one: one.id)])

    def _entity(self, status: int, call: Call, route: Route, company: Company) -> Response:
        payload = Payload(call.address.base, self._place, route, lambda _: self._rows())
        row = self._rows().get(company.id)
        if row is None:
            raise KeyError(company.id)
        reading = plan(route.sets[NAME], route, call.options)
        made = {"location": payload.url_of(reading.schema, row.key)} if status == _CREATED else {}
        return Response(status, JSON | made, payload.entity(reading, row))


def _row(company: Company) -> StoredRow:
    values: dict[str, Value] = {
        "id": company.id,
        "name": company.name,
        "evaluationCompany": False,
        "displayName": company.display_name,
        "businessProfileId": "",
    }
    return StoredRow(company.id, values, company.version)


def _display_name(values: dict[str, Value]) -> str:
    name = str(values.get("displayName", "")).strip()
    if not name:
        text = "Field 'displayName' must not be blank or empty."
        raise ODataError(400, "Application_DialogException", text)
    return name
