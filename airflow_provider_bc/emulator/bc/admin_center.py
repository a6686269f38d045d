"""The admin center API, as far as reading environments: the door to it is what matters here.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.authorization import Gate
    from airflow_provider_bc.emulator.entra.directory import Directory
    from airflow_provider_bc.wire import Request

PREFIX = "/admin/"
_ROLE = "AdminCenter.ReadWrite.All"
_NEWEST = 29
_FAMILY = "BusinessCentral"
_PATH = re.compile(
    r"/admin/v2\.(\d+)/applications/(?:([^/]+)/)?environments(?:/([^/]+))?/?", re.IGNORECASE
)


class AdminCenter:
    """The admin center of one tenant.

    :param gate: what verifies bearers.
    :param directory: the tenant.
    :param environments: the names of its environments.
    :param authorized: the client ids on the page "Authorized Microsoft Entra apps".
    """

    def __init__(
        self, gate: Gate, directory: Directory, environments: Sequence[str], authorized: set[str]
    ) -> None:
        self._gate = gate
        self._directory = directory
        self._environments = environments
        self._authorized = authorized

    def answer(self, request: Request, correlation: str) -> Response:
        """Answer a request below `PREFIX`.

        :param request: the request.
        :param correlation: the correlation id.
        :returns: the response; 401 and 403 have no content, other refusals a flat JSON object.
        """
        headers = {name.lower(): value for name, value in request.headers.items()}
        status = self._door(headers.get("authorization", ""))
        response = self._serve(request) if status is None else Response(status)
        ids = {"request-id": correlation, "ms-correlation-x": correlation}
        if response.status == 401:  # noqa: PLR2004  # the number is the name
            ids["www-authenticate"] = "Bearer"
        return Response(response.status, dict(response.headers) | ids, response.body)

    def _door(self, authorization: str) -> int | None:
        """Check bearer, role and authorized apps; None opens the door."""
        try:
            claims = self._gate.claims(authorization)
        except ODataError:
            return 401
        if claims.get("idtyp") != "app":
            user = self._directory.user(claims["oid"])
            return None if user is not None and user.administrator else 403
        if _ROLE not in claims.get("roles", ()):
            return 401
        return None if claims["appid"] in self._authorized else 403

    def _serve(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        match = _PATH.fullmatch(unquote(parts.path))
        if match is None or request.method != "GET":
            text = f"The emulator does not know {request.method} {parts.path}."
            return json_response(501, {"error": {"code": "NotEmulated", "message": text}})
        version, family, name = match.groups()
        if int(version) > _NEWEST:
            return Response(404)
        if family is not None and family.lower() != _FAMILY.lower():
            text = f"Application family '{family}' does not exist."
            return _refusal(404, "applicationTypeDoesNotExist", text, family)
        origin = f"{parts.scheme}://{parts.netloc}"
        if name is None:
            value = [self._environment(one, origin) for one in self._environments]
            return json_response(200, {"value": value})
        for one in self._environments:
            if one.lower() == name.lower() and family is not None:
                return json_response(200, self._environment(one, origin))
        target = f"{family}/{name}"
        return _refusal(404, "environmentNotFound", f"Environment '{name}' was not found.", target)

    def _environment(self, name: str, origin: str) -> dict[str, Any]:
        """Describe an environment."""
        tenant = self._directory.tenant_id
        return {
            "friendlyName": name,
            "type": "Production",
            "name": name,
            "countryCode": "US",
            "applicationFamily": _FAMILY,
            "aadTenantId": tenant,
            "status": "Active",
            "webClientLoginUrl": f"https://businesscentral.dynamics.com/{tenant}/{name}",
            "webServiceUrl": origin,
            "locationName": "West US",
            "geoName": "NA",
            "ringName": "PROD",
            "versionDetails": {
                "version": "27.0.0.0",
                "gracePeriodStartDate": None,
                "enforcedUpdatePeriodStartDate": None,
            },
        }


def _refusal(status: int, code: str, message: str, target: str) -> Response:
    return json_response(status, {"code": code, "message": message, "target": target})
