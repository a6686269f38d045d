"""One environment: its routes, its companies, and what a request to them answers.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.bc.automation_companies import NAME, AutomationCompanies
from airflow_provider_bc.emulator.bc.batch import Batch, isolated
from airflow_provider_bc.emulator.bc.companies import company_rows, default, named, service_rows
from airflow_provider_bc.emulator.bc.reads import JSON
from airflow_provider_bc.emulator.bc.resource import Resource, find
from airflow_provider_bc.emulator.bc.web_services import published
from airflow_provider_bc.emulator.odata.errors import (
    ODataError,
    bad_request,
    method_not_allowed,
    not_found,
    not_implemented,
)
from airflow_provider_bc.emulator.schema.catalog import COMPANIES
from airflow_provider_bc.emulator.schema.catalog import route as route_of
from airflow_provider_bc.emulator.schema.csdl import metadata
from airflow_provider_bc.emulator.store.shared import AUTOMATION
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_bc.emulator.bc.address import Segment
    from airflow_provider_bc.emulator.bc.call import Call
    from airflow_provider_bc.emulator.schema.model import Route
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.table import Rows

_INTENTS = ("", "readonly", "readwrite")
_UNSERVED = ("entityDefinitions", "subscriptions")
_WEB_SERVICES = "ODataV4"


class Environment:
    """The data plane of one environment.

    :param name: its name.
    :param companies: its companies.
    """

    def __init__(self, name: str, companies: Sequence[Company]) -> None:
        self.name = name
        self.companies = companies

    def answer(self, call: Call) -> Response:
        """Answer a request that was let in.

        :param call: the request.
        :returns: the response.
        :raises ODataError: for anything Business Central refuses.
        """
        path, segments = call.address.route, call.address.segments
        route = route_of(path)
        if route is None:
            text = f"No HTTP resource was found that matches the request URI '{call.url}'."
            raise ODataError(404, "BadRequest_NotFound", text, correlated=False)
        intent = call.headers.get("data-access-intent", "").lower()
        if intent not in _INTENTS or (intent == "readonly" and call.method != "GET"):
            raise bad_request(f"The Data-Access-Intent '{intent}' is not valid for {call.method}.")
        if not segments or segments[0].name == "$metadata":
            return _describe(call, route)
        if path == _WEB_SERVICES:
            return self._web_service(call, route)
        return self._api(call, route)

    def _api(self, call: Call, route: Route) -> Response:
        """Answer an API route, with the company in the path, the query, a header or nowhere."""
        first, *rest = call.address.segments
        if first.name == "$batch":
            if rest:
                raise not_found(rest[0].name)
            return self._batch(call)
        if first.name in _UNSERVED:
            raise not_implemented(f"The emulator does not serve '{first.name}'.")
        if first.name != COMPANIES.name:
            asked = call.options.given.get("company") or call.headers.get("company")
            company = named(self.companies, asked) if asked else default(self.companies)
            return self._within(call, call.address.segments, route, company, "")
        if first.key is None or not rest:
            return self._companies(call, route, first, rest)
        company = named(self.companies, first.single)
        return self._within(call, rest, route, company, f"companies({company.id})/")

    def _within(
        self, call: Call, segments: Sequence[Segment], route: Route, company: Company, place: str
    ) -> Response:
        """Answer a request to a company; some change which companies there are."""
        if (route.path, segments[0].name) == (AUTOMATION, NAME):
            known = AutomationCompanies(self.companies, company, place)
            return known.answer(call, segments, route)
        return call.perform(segments, route, company, place)

    def _batch(self, call: Call) -> Response:
        """Answer a batch: each request on its own, or all of them in one transaction."""
        if not isolated(call.headers):
            return Batch(call, self.answer).perform()[0]
        transactions = [company.begin() for company in self.companies]
        inside = Environment(self.name, tuple(one.company for one in transactions))
        response, whole = Batch(call, inside.answer).perform()
        for one in transactions:
            one.commit() if whole else one.rollback()
        return response

    def _companies(
        self, call: Call, route: Route, first: Segment, rest: Sequence[Segment]
    ) -> Response:
        """Answer `companies`, `companies/$count` or `companies({id})`."""
        rows = company_rows(self.companies)
        found = Resource(COMPANIES, rows)
        if first.key is not None:
            found.row = rows.get(named(self.companies, first.single).id)
        elif [segment.name for segment in rest] == ["$count"]:
            found.counted = True
        elif rest:
            raise not_found(rest[0].name)
        return call.read(found, route, "", lambda _: rows)

    def _web_service(self, call: Call, route: Route) -> Response:
        """Answer a published page; a path without `Company(…)` means the default company."""
        if call.method != "GET":
            raise not_implemented(
                f"The emulator does not perform {call.method} on ODataV4 web services."
            )
        first, *rest = call.address.segments
        key = next(iter((first.key or {}).values()), "")
        if first.name == "Company" and not rest:
            rows = service_rows(self.companies, route.sets["Company"])
            row = rows.get(named(self.companies, key).name) if first.key is not None else None
            return call.read(Resource(route.sets["Company"], rows, row), route, "", lambda _: rows)
        place, segments, asked = "", [first, *rest], call.options.given.get("company")
        if first.name == "Company":
            segments, asked = rest, key
        company = named(self.companies, asked) if asked else default(self.companies)
        if first.name == "Company":
            place = f"Company('{company.name.replace(chr(39), chr(39) * 2)}')/"

        def table_of(name: str) -> Rows:
            return published(company, route.sets[name])

        return call.read(find(segments, route, table_of), route, place, table_of)


def _describe(call: Call, route: Route) -> Response:
    """Answer the service document or the metadata document."""
    if call.method != "GET":
        raise method_not_allowed(call.method, "$metadata")
    if call.address.segments:
        kind = {"content-type": "application/xml", "odata-version": "4.0"}
        return Response(200, kind, metadata(route.path))
    names = [] if route.path == _WEB_SERVICES else [COMPANIES.name]
    value = [{"name": name, "kind": "EntitySet", "url": name} for name in [*names, *route.sets]]
    body = {"@odata.context": f"{call.address.base}/$metadata", "value": value}
    return json_response(200, body, **JSON)
