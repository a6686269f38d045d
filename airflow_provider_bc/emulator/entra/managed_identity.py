"""Managed identities: the token endpoints that a machine in Azure has.

https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.form import lowered
from airflow_provider_bc.emulator.entra.scopes import check_resource

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.emulator.entra.directory import ManagedIdentity
    from airflow_provider_bc.wire import Request, Response

MACHINE, APP_SERVICE = "/metadata/identity/oauth2/token", "/msi/token"
# What App Service puts into IDENTITY_HEADER, so that only code on the machine can ask.
IDENTITY_HEADER = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"
_VERSIONS = {MACHINE: ("2018-02-01", "2019-08-01", "2019-11-01"), APP_SERVICE: ("2019-08-01",)}
_LIFETIME = 86_400
_SEVERAL = (
    "Multiple user assigned identities exist, please specify the clientId / resourceId of the "
    "identity in the token request"
)
_NAMES = {
    "client_id": "client_id",
    "object_id": "object_id",
    "principal_id": "object_id",
    "msi_res_id": "resource_id",
    "mi_res_id": "resource_id",
}


class RefusedError(Exception):
    """The machine's endpoint says no.

    :param error: the OAuth error.
    :param text: its description.
    :param status: the HTTP status.
    """

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error = error
        self.status = status


class ManagedIdentityEndpoint:
    """The instance metadata service of a virtual machine, and the endpoint of App Service.

    :param authority: the tenants; the machine belongs to the first.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._directory = authority.directories[0]

    def answer(self, request: Request) -> Response:
        """Answer a request to `MACHINE` or `APP_SERVICE`.

        :param request: the request.
        :returns: the token, or the refusal in the shape of that endpoint.
        """
        parts = urlsplit(request.url)
        given = dict(parse_qsl(parts.query))
        try:
            self._check(request, parts.path, given)
            identity = self._identity(given)
            token = self._token(identity, given["resource"])
        except RefusedError as refusal:
            if parts.path == APP_SERVICE:
                body = {"statusCode": refusal.status, "message": str(refusal)}
                return json_response(refusal.status, body)
            members = {"error": refusal.error, "error_description": str(refusal)}
            return json_response(refusal.status, members)
        now = int(self._authority.clock.now())
        body = {
            "access_token": token,
            "client_id": identity.client_id,
            "expires_on": str(now + _LIFETIME),
            "resource": given["resource"],
            "token_type": "Bearer",
        }
        if parts.path == MACHINE:
            life = {"expires_in": str(_LIFETIME), "ext_expires_in": str(_LIFETIME)}
            body |= life | {"not_before": str(now)}
        return json_response(200, body)

    def _check(self, request: Request, path: str, given: Mapping[str, str]) -> None:
        headers = lowered(request)
        if path == APP_SERVICE and headers.get("x-identity-header") != IDENTITY_HEADER:
            raise RefusedError("unauthorized_client", "The identity header is wrong.", 401)
        if path == MACHINE and headers.get("metadata", "").lower() != "true":
            raise RefusedError("bad_request_102", "Required metadata header not specified")
        if path == MACHINE and "x-forwarded-for" in headers:
            raise RefusedError("invalid_request", "X-Forwarded-For is not allowed")
        if request.method != "GET":
            raise RefusedError("invalid_request", "Only GET is allowed", 405)
        if given.get("api-version") not in _VERSIONS[path]:
            text = f"api-version is missing or none of {', '.join(_VERSIONS[path])}"
            raise RefusedError("invalid_request", text)
        if not given.get("resource"):
            raise RefusedError("invalid_request", "Required query variable 'resource' is missing")

    def _identity(self, given: Mapping[str, str]) -> ManagedIdentity:
        """Find the identity that is meant."""
        known = self._directory.managed_identities
        named = [(name, given[name].lower()) for name in _NAMES if name in given]
        if len(named) > 1:
            raise RefusedError("invalid_request", "Only one identity may be specified")
        for name, value in named:
            for identity in known:
                if str(getattr(identity, _NAMES[name])).lower() == value:
                    return identity
            raise RefusedError("invalid_request", "Identity not found")
        own = [one for one in known if one.system_assigned] or known
        if not own:
            raise RefusedError("invalid_request", "Identity not found")
        if len(own) > 1:
            raise RefusedError("invalid_request", _SEVERAL)
        return own[0]

    def _token(self, identity: ManagedIdentity, resource: str) -> str:
        try:
            check_resource(resource, self._directory)
        except EntraError as error:
            text = f"AADSTS{error.code}: {error}"
            raise RefusedError(error.error, text, error.status) from None
        tenant, issuer = self._directory.tenant_id, self._authority.issuer
        token = issuer.issue(identity, resource, tenant, proof="2", lifetime=_LIFETIME)
        return self._authority.grants.note("access_token", identity.client_id, token)
