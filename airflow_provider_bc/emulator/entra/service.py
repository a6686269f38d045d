"""Entra's side of the wire: which endpoint answers, and how a refusal looks there.

https://learn.microsoft.com/entra/identity-platform/v2-protocols
"""

from __future__ import annotations

from functools import partial
from html import escape
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.entra.admin_consent import admin_consent
from airflow_provider_bc.emulator.entra.device_sign_in import PAGE, DeviceSignIn
from airflow_provider_bc.emulator.entra.discovery import instance_discovery, openid_configuration
from airflow_provider_bc.emulator.entra.errors import EntraError, codes
from airflow_provider_bc.emulator.entra.form import lowered
from airflow_provider_bc.emulator.entra.pages import error_page, page
from airflow_provider_bc.emulator.entra.sign_in import SignIn
from airflow_provider_bc.emulator.entra.token_endpoint import TokenEndpoint
from airflow_provider_bc.emulator.entra.tokens import key_set
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.wire import Request

_METADATA = "v2.0/.well-known/openid-configuration"
_KEYS = "discovery/v2.0/keys"
_TOKEN = "oauth2/v2.0/token"  # noqa: S105  # a path, not a secret
_DEVICE = "oauth2/v2.0/devicecode"
_AUTHORIZE, _LOGIN, _CONSENT = "oauth2/v2.0/authorize", "login", "adminconsent"
_LOGOUT = "oauth2/v2.0/logout"
_INSTANCE, _ERROR = "/common/discovery/instance", "/error"
_PERSONAL = (_AUTHORIZE, _LOGIN, _CONSENT, _LOGOUT)


def entra_kind(path: str) -> str | None:
    """Sort a request to Entra by its path, for the log and the fault script.

    :param path: the path of the URL.
    :returns: `token`, `discovery` or `sign-in`; None for what Entra does not answer.
    """
    tail = path.lstrip("/").partition("/")[2]
    if tail in (_TOKEN, _DEVICE):
        return "token"
    if tail in (_METADATA, _KEYS) or path == _INSTANCE:
        return "discovery"
    return "sign-in" if tail in _PERSONAL or path in (PAGE, _ERROR) else None


class Entra:
    """The authority of a few tenants.

    :param authority: the tenants and what they granted.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._tokens = TokenEndpoint(authority)
        self._people = SignIn(authority)
        self._devices = DeviceSignIn(authority)
        self._serial = count(1)

    def answer(self, request: Request) -> Response:
        """Answer a request that has an `entra_kind`.

        :param request: the request.
        :returns: the response; every refusal is one as well.
        """
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        path = unquote(parts.path)
        trace = str(uuid5(UUID(int=0), f"trace/{next(self._serial)}"))
        correlation = lowered(request).get("client-request-id", trace)
        now = self._authority.clock.now()

        def describe(error: EntraError) -> dict[str, Any]:
            return error.body(origin, now, trace, correlation)

        try:
            if entra_kind(parts.path) == "sign-in":
                return self._person(request, path, partial(describe))
            return self._machine(request, path, origin)
        except EntraError as error:
            if entra_kind(parts.path) == "sign-in":
                return error_page(describe(error), error.status)
            ids = {"cache_control": "no-store, no-cache", "x_ms_request_id": trace}
            return json_response(error.status, describe(error), **ids)

    def _person(self, request: Request, path: str, describe: Any) -> Response:
        tenant, _, tail = path.lstrip("/").partition("/")
        if path == _ERROR:
            return _explain(parse_qs(urlsplit(request.url).query).get("code", [""])[0])
        if path == PAGE:
            return self._devices.show(request)
        if tail == _CONSENT:
            return admin_consent(self._authority, request, tenant)
        if tail == _LOGIN:
            return self._people.proceed(request, tenant, describe)
        if tail == _LOGOUT:
            self._authority.sessions.clear()
            return page("You signed out of your account", "")
        return self._people.authorize(request, tenant, describe)

    def _machine(self, request: Request, path: str, origin: str) -> Response:
        tenant, _, tail = path.lstrip("/").partition("/")
        if tail == _TOKEN:
            return self._tokens.redeem(request, tenant)
        if tail == _DEVICE:
            return self._devices.start(request, tenant)
        if path == _INSTANCE:
            query = parse_qs(urlsplit(request.url).query).get("authorization_endpoint", [""])
            return json_response(*instance_discovery(origin, query[0]))
        self._authority.check(tenant)
        directory = self._authority.directories[0]
        if tail == _KEYS:
            return json_response(200, key_set(f"{origin}/{directory.tenant_id}/v2.0"))
        tenant_id = "{tenantid}"
        if tenant.lower() not in ("common", "organizations"):
            tenant_id = self._authority.directory(tenant).tenant_id
        return json_response(200, openid_configuration(origin, tenant, tenant_id))


def _explain(code: str) -> Response:
    """Say what an error code means (https://login.microsoftonline.com/error)."""
    texts = [one.text for (number, _), one in codes().items() if str(number) == code]
    return page(f"Error Code {code}", f"<p>{escape(texts[0] if texts else 'Unknown.')}</p>")
