"""The door to the admin center: bearer, role, authorized app, version, then the call itself.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from airflow_provider_bc.emulator.admin.call import AdminCall
from airflow_provider_bc.emulator.admin.endpoint import USERS
from airflow_provider_bc.emulator.admin.refusal import RefusalError
from airflow_provider_bc.emulator.admin.routes import ENDPOINTS
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.tenant import Tenant
    from airflow_provider_bc.emulator.bc.authorization import Gate
    from airflow_provider_bc.wire import Request

PREFIX = "/admin/"
NEWEST = 29
_ROLE = "AdminCenter.ReadWrite.All"
_PATH = re.compile(r"/admin/v2\.(\d+)(/.*)", re.IGNORECASE)


class AdminCenter:
    """The admin center of one tenant.

    :param gate: what verifies bearers.
    :param tenant: the tenant.
    """

    def __init__(self, gate: Gate, tenant: Tenant) -> None:
        self._gate = gate
        self._tenant = tenant

    def answer(self, request: Request, correlation: str) -> Response:
        """Answer a request below `PREFIX`.

        :param request: the request.
        :param correlation: the correlation id.
        :returns: the response; 401 and 403 at the door have no content, other refusals a flat JSON
            object.
        """
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            claims = self._door(headers.get("authorization", ""))
            response = self._serve(request, headers, claims)
        except RefusalError as refusal:
            response = refusal.response()
        ids = {"request-id": correlation, "ms-correlation-x": correlation}
        if response.status == 401:  # noqa: PLR2004  # the number is the name
            ids["www-authenticate"] = "Bearer"
        return Response(response.status, dict(response.headers) | ids, response.body)

    def _door(self, authorization: str) -> dict[str, Any]:
        """Check bearer, role and authorized apps."""
        try:
            claims = self._gate.claims(authorization)
        except ODataError:
            raise RefusalError(401) from None
        if claims.get("idtyp") != "app":
            user = self._tenant.directory.user(claims["oid"])
            if user is None or not user.administrator:
                raise RefusalError(403)
        elif _ROLE not in claims.get("roles", ()):
            raise RefusalError(401)
        elif claims["appid"] not in self._tenant.authorized:
            raise RefusalError(403)
        return claims

    def _serve(self, request: Request, headers: dict[str, str], claims: dict[str, Any]) -> Response:
        parts = urlsplit(request.url)
        match = _PATH.fullmatch(unquote(parts.path))
        known = [one for one in ENDPOINTS if match and one.pattern.fullmatch(match.group(2))]
        fitting = [one for one in known if one.method == request.method]
        if match is None or not fitting:
            text = f"The emulator does not know {request.method} {parts.path}."
            return json_response(501, {"error": {"code": "NotEmulated", "message": text}})
        version, app = int(match.group(1)), claims.get("idtyp") == "app"
        endpoint = next((one for one in fitting if one.serves(version)), None)
        if endpoint is None or version > NEWEST:
            raise RefusalError(404)
        kind = "App" if app else "User"
        if endpoint.only not in (None, kind):
            whom = "users" if endpoint.only == USERS else "apps"
            raise RefusalError(403, "Forbidden", f"This endpoint is for {whom} only.")
        found = endpoint.pattern.fullmatch(match.group(2))
        principal = claims["appid"] if app else self._user(claims["oid"])
        call = AdminCall(
            self._tenant,
            found.groupdict() if found else {},
            version,
            f"{parts.scheme}://{parts.netloc}",
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            request.body,
            principal,
            kind,
        )
        return endpoint.answer(call)

    def _user(self, number: str) -> str:
        user = self._tenant.directory.user(number)
        return number if user is None else user.upn
