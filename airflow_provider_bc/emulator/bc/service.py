"""Business Central's side of the wire: from a request to a response with all its headers.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.bc.address import read_address
from airflow_provider_bc.emulator.bc.call import Call
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.emulator.odata.options import parse_options
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.authorization import Gate
    from airflow_provider_bc.emulator.bc.environment import Environment
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

    :param environment: its environment.
    :param gate: who may come in.
    :param tenant_id: the tenant, for environment discovery.
    """

    def __init__(self, environment: Environment, gate: Gate, tenant_id: str) -> None:
        self._environment = environment
        self._gate = gate
        self._tenant_id = tenant_id

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
        if address.environment.lower() != self._environment.name.lower():
            text = "Environment does not exist."
            raise ODataError(404, "NoEnvironment", text, correlated=False)
        self._gate.admit(claims, address)
        options = parse_options(parts.query)
        url = f"{parts.scheme}://{parts.netloc}{parts.path}"
        call = Call(address, url, options, request.method, headers, request.body, correlation)
        return self._environment.answer(call)

    def _environments(self, origin: str) -> Response:
        """List the environments.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-get-environments
        """
        name = self._environment.name
        value = {
            "aadTenantId": self._tenant_id,
            "applicationFamily": "BusinessCentral",
            "type": "Production",
            "name": name,
            "countryCode": "US",
            "webServiceUrl": origin,
            "webClientLoginUrl": f"https://businesscentral.dynamics.com/{self._tenant_id}/{name}",
            "ringName": "PROD",
        }
        versions = {"api-supported-versions": "1.0, 1.1, 1.2"}
        return json_response(200, {"value": [value]}, **versions)
