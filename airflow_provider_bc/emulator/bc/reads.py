"""GET: a collection, an entity, a count.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-client-performance
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import ODataError, not_found
from airflow_provider_bc.emulator.odata.options import page_size
from airflow_provider_bc.emulator.odata.query import count, fetch, plan
from airflow_provider_bc.emulator.store.derived import DERIVED
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.resource import Resource
    from airflow_provider_bc.emulator.odata.options import Options
    from airflow_provider_bc.emulator.odata.payload import Payload
    from airflow_provider_bc.emulator.odata.query import Plan
    from airflow_provider_bc.emulator.schema.model import EntitySet, Route

JSON = {
    "content-type": "application/json; odata.metadata=minimal; odata.streaming=true",
    "odata-version": "4.0",
}
_ALSO = {"timeRegistrationEntries": {"employeeNumber"}, "scheduledJobs": {"category"}}
_NEEDS_TYPE = "You must specify a parentType in the request body."


def parents(schema: EntitySet, route: Route) -> set[str]:
    """Name the properties by which an entity set's parents are linked.

    :param schema: the entity set.
    :param route: its route.
    :returns: the properties; comparing one with `eq` counts as coming through the parent.
    """
    found = {"id"} | _ALSO.get(schema.name, set())
    for other in route.sets.values():
        for navigation in other.navigation.values():
            leads = navigation.many or schema.name in DERIVED
            if navigation.target == schema.name and leads:
                found |= {ours for ours, _ in navigation.link}
    return found & set(schema.properties)


def refuse_flat(reading: Plan, route: Route) -> None:
    """Refuse to list lines without their document.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_salesinvoiceline

    :param reading: the plan.
    :param route: the route.
    :raises ODataError: 400 `Application_DialogException` with the page's own text.
    """
    text = reading.schema.refuses
    if text is None or ("id" in reading.filter.fixed and reading.schema.name != "pdfDocument"):
        return
    if not parents(reading.schema, route) & reading.filter.fixed:
        raise ODataError(400, "Application_DialogException", text)
    if "parentId" in text and "parentType" not in reading.filter.fixed:
        raise ODataError(400, "Application_DialogException", _NEEDS_TYPE)


def refuse_without_parent(found: Resource) -> None:
    """Refuse a picture or PDF document that is addressed by its own key, not through its parent.

    :param found: what the path leads to.
    :raises ODataError: 400 `Application_DialogException` with the page's own text.
    """
    if found.schema.name in DERIVED and found.flat and found.row is not None:
        raise ODataError(400, "Application_DialogException", found.schema.refuses or "")


def read(
    found: Resource, route: Route, options: Options, payload: Payload, *, url: str, prefer: str
) -> Response:
    """Answer a GET.

    :param found: what the path leads to.
    :param route: the route's schema.
    :param options: the query options.
    :param payload: what writes rows.
    :param url: the URL without its query, for the next link.
    :param prefer: the Prefer header.
    :returns: the response.
    :raises ODataError: for anything Business Central refuses.
    """
    if found.action:
        raise not_found(f"Microsoft.NAV.{found.action}")
    if found.empty:
        return Response(204)
    reading = plan(found.schema, route, options)
    if found.row is not None:
        return Response(200, JSON, payload.entity(reading, found.row))
    if found.flat:
        refuse_flat(reading, route)
    if found.counted:
        text = f"\ufeff{count(reading, found.rows)}"
        return Response(200, {"content-type": "text/plain; charset=utf-8"}, text.encode())
    size = page_size(prefer)
    page = fetch(reading, found.rows, size)
    next_url = f"{url}?{page.next_query}" if page.next_query else None
    headers = JSON | ({"preference-applied": "odata.maxpagesize"} if size else {})
    return Response(200, headers, payload.page(reading, page, next_url))
