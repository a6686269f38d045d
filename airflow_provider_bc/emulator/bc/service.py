"""Business Central's side of the wire: from a request to a response with all its headers.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.bc.address import read_address
from airflow_provider_bc.emulator.bc.call import Call
from airflow_provider_bc.emulator.bc.environment import Environment
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.emulator.odata.options import parse_options
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.tenant import Tenant
    from airflow_provider_bc.emulator.bc.authorization import Gate
    from airflow_provider_bc.wire import Request

_DISCOVERY = ("/environments/v1.0", "/environments/v1.1", "/environments/v1.2")
_EVERYWHERE = {
    "server": "Microsoft-HTTPAPI/2.0",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Encoding",
    "access-control-allow-origin": "*",
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "Origin, X-Requested-With, Authorization",
    "access-control-expose-headers": "Date, Content-Length, Server, OData-Version",
}


class BusinessCentral:
    """The data plane of one tenant.

    :param tenant: the tenant with its environments.
    :param gate: who may come in.
    """

    def __init__(self, tenant: Tenant, gate: Gate) -> None:
        self._tenant = tenant
        self._gate = gate

    def answer(self, request: Request, correlation: str) -> Response:
        """Answer a request.

        :param request: the request.
        :param correlation: the correlation id.
        :returns: the response; every refusal is one as well, an unknown request is a 501.
        """
        try:
            response = self._serve(request, correlation)
        except ODataError as error:
            response = error.response(correlation)
        ids = {"request-id": correlation, "ms-correlation-x": correlation}
        headers = _EVERYWHERE | ids | {"mise-correlation-id": correlation}
        return Response(response.status, headers | dict(response.headers), response.body)

    def _serve(self, request: Request, correlation: str) -> Response:
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if parts.path in _DISCOVERY and request.method == "GET":
            self._gate.claims(headers.get("authorization", ""))
            return self._environments(f"{parts.scheme}://{parts.netloc}")
        address = read_address(request.url)
        if address is None:
            text = f"The emulator does not know {request.method} {parts.path}."
            raise ODataError(501, "NotEmulated", text, correlated=False)
        claims = self._gate.claims(headers.get("authorization", ""))
        place = self._place(address.environment)
        self._gate.admit(claims, address, place.app_records)
        options = parse_options(parts.query)
        url = f"{parts.scheme}://{parts.netloc}{parts.path}"
        call = Call(address, url, options, request.method, headers, request.body, correlation)
        return Environment(place.name, place.companies).answer(call)

    def _place(self, name: str) -> TenantEnvironment:
        """Find the environment of a request, which must be ready to serve."""
        found = self._tenant.find(name)
        if found is None or not found.exists:
            text = "Environment does not exist."
            raise ODataError(404, "NoEnvironment", text, correlated=False)
        if found.status != "Active":
            text = f"The tenant is not accessible: the environment is {found.status}."
            raise ODataError(503, "Internal_TenantUnavailable", text)
        return found

    def _environments(self, origin: str) -> Response:
        """List the environments.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-get-environments
        """
        tenant = self._tenant.directory.tenant_id
        value = [
            {
                "aadTenantId": tenant,
                "applicationFamily": "BusinessCentral",
                "type": one.type,
                "name": one.name,
                "countryCode": one.country_code,
                "webServiceUrl": origin,
                "webClientLoginUrl": f"https://businesscentral.dynamics.com/{tenant}/{one.name}",
                "ringName": "PROD",
            }
            for one in self._tenant.environments
            if one.exists
        ]
        versions = {"api-supported-versions": "1.0, 1.1, 1.2"}
        return json_response(200, {"value": value}, **versions)
