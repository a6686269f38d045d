"""A request that was let in, and how it meets a resource.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_RequestingData
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.bc.actions import perform
from airflow_provider_bc.emulator.bc.media import forget, materialise, read_stream, write_stream
from airflow_provider_bc.emulator.bc.reads import read, refuse_without_parent
from airflow_provider_bc.emulator.bc.resource import Resource, find
from airflow_provider_bc.emulator.bc.writes import Writer
from airflow_provider_bc.emulator.odata.errors import method_not_allowed
from airflow_provider_bc.emulator.odata.payload import Payload
from airflow_provider_bc.emulator.store.derived import DERIVED, DerivedRows, parents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_bc.emulator.bc.address import Address, Segment
    from airflow_provider_bc.emulator.odata.options import Options
    from airflow_provider_bc.emulator.schema.model import Route
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.table import Rows
    from airflow_provider_bc.wire import Response


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the data plane.

    :param address: where it goes.
    :param url: the same as a URL, without the query.
    :param options: the query options.
    :param method: the HTTP method.
    :param headers: the headers, names in lower case.
    :param body: the content.
    :param correlation: the correlation id, for the errors inside a batch.
    """

    address: Address
    url: str
    options: Options
    method: str
    headers: Mapping[str, str]
    body: bytes
    correlation: str = ""

    def read(
        self, found: Resource, route: Route, place: str, table_of: Callable[[str], Rows]
    ) -> Response:
        """Answer a GET.

        :param found: what the path leads to.
        :param route: the route's schema.
        :param place: what stands before the entity set in context URLs.
        :param table_of: finds the rows of related entity sets.
        :returns: the response.
        :raises ODataError: for anything Business Central refuses.
        """
        if self.method != "GET":
            raise method_not_allowed(self.method, found.schema.name)
        payload = Payload(self.address.base, place, route, table_of)
        prefer = self.headers.get("prefer", "")
        return read(found, route, self.options, payload, url=self.url, prefer=prefer)

    def perform(
        self, segments: Sequence[Segment], route: Route, company: Company, place: str
    ) -> Response:
        """Read or write in a company.

        :param segments: the path behind the company.
        :param route: the route's schema.
        :param company: the company.
        :param place: what stands before the entity set in context URLs.
        :returns: the response.
        :raises ODataError: for anything Business Central refuses.
        """

        def stored(name: str) -> Rows:
            return company.table(name, route.path)

        def table_of(name: str) -> Rows:
            if name not in DERIVED:
                return stored(name)
            return DerivedRows(route.sets[name], parents_of(route, name), stored)

        found = find(segments, route, table_of)
        refuse_without_parent(found)
        if found.stream:
            return self._stream(found, route, company)
        if self.method == "GET":
            return self.read(found, route, place, table_of)
        if self.method == "POST" and found.action:
            return perform(found, company, self.body, self.headers.get("if-match"))
        payload = Payload(self.address.base, place, route, table_of)
        materialise(found, company)
        writer = Writer(route, company, self.options, payload)
        response = writer.write(found, self.method, self.body, self.headers.get("if-match"))
        if self.method == "DELETE":
            forget(found, company, route)
        return response

    def _stream(self, found: Resource, route: Route, company: Company) -> Response:
        """Download or upload the content of a stream property."""
        if self.method == "GET":
            return read_stream(found, company, route)
        materialise(found, company)
        return write_stream(
            found, company, route, method=self.method, headers=self.headers, body=self.body
        )
