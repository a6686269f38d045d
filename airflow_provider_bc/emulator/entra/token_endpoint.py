"""The token endpoint, for the client credentials grant.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://www.rfc-editor.org/rfc/rfc6749#section-4.4
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.entra.assertion import ASSERTION_TYPE, check_assertion
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.tokens import RESOURCE, RESOURCE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.entra.directory import Application, Directory
    from airflow_provider_bc.emulator.entra.tokens import TokenIssuer
    from airflow_provider_bc.wire import Request, Response

_FORM = "application/x-www-form-urlencoded"
_GUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")
_SHARED = ("common", "organizations", "consumers")


class TokenEndpoint:
    """`POST /{tenant}/oauth2/v2.0/token`.

    :param directory: the tenant.
    :param issuer: what makes its tokens.
    :param clock: what secrets and assertions age by.
    """

    def __init__(self, directory: Directory, issuer: TokenIssuer, clock: Clock) -> None:
        self._directory = directory
        self._issuer = issuer
        self._clock = clock

    def check_tenant(self, tenant: str) -> None:
        """Check the tenant in the path.

        :param tenant: the path segment.
        :raises EntraError: AADSTS9001023, 900023 or 90002.
        """
        if tenant.lower() in _SHARED:
            raise EntraError(9001023)
        if not _GUID.fullmatch(tenant) and not _DOMAIN.fullmatch(tenant):
            raise EntraError(900023, tenant)
        if not self._directory.is_tenant(tenant):
            raise EntraError(90002, tenant)

    def redeem(self, request: Request, tenant: str) -> Response:
        """Exchange an app's credentials for a token.

        :param request: the form.
        :param tenant: the tenant in the path.
        :returns: the token response.
        :raises EntraError: for every reason not to.
        """
        if request.method != "POST":
            raise EntraError(900561, request.method)
        self.check_tenant(tenant)
        form = _form(request)
        grant = _needed(form, "grant_type")
        if grant != "client_credentials":
            raise EntraError(70003, grant)
        if "resource" in form:
            raise EntraError(901002)
        application = self._application(form)
        certificate = self._authenticate(application, form, request.url.partition("?")[0])
        audience = self._audience(form)
        token = self._issuer.issue(application, audience, certificate=certificate)
        life = self._issuer.lifetime
        body = {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life}
        return json_response(
            200,
            body | {"access_token": token},
            cache_control="no-store, no-cache",
            pragma="no-cache",
        )

    def _application(self, form: Mapping[str, str]) -> Application:
        client_id = _needed(form, "client_id")
        application = self._directory.application(client_id)
        if application is None:
            raise EntraError(700016, client_id)
        return application

    def _authenticate(self, app: Application, form: Mapping[str, str], url: str) -> bool:
        """Check secret or assertion; say whether it was the assertion."""
        if form.get("client_assertion_type") == ASSERTION_TYPE and "client_assertion" in form:
            now = self._clock.now()
            check_assertion(form["client_assertion"], app.client_id, app.certificates, url, now)
            return True
        if not form.get("client_secret"):
            raise EntraError(7000218)
        for secret in app.secrets:
            if secret.value == form["client_secret"]:
                if secret.expires is not None and self._clock.now() >= secret.expires:
                    raise EntraError(7000222, app.client_id)
                return False
        raise EntraError(7000215, app.client_id)

    def _audience(self, form: Mapping[str, str]) -> str:
        """Read the one resource out of a `.default` scope."""
        scope = _needed(form, "scope")
        scopes = scope.split()
        resources = {one.rpartition("/")[0] for one in scopes}
        if len(scopes) > 1 and len(resources) > 1:
            raise EntraError(700022, scope)
        if scope == ".default" or resources == {""}:
            raise EntraError(700023, scope)
        if len(scopes) > 1:
            raise EntraError(70011, scope)
        if not scope.endswith("/.default"):
            raise EntraError(1002012, scope)
        resource = scope.removesuffix("/.default")
        known = resource.rstrip("/") in (RESOURCE, RESOURCE_ID)
        if not known or not self._directory.has_business_central:
            raise EntraError(500011, resource)
        return resource


def _needed(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise EntraError(900144, name)
    return value


def _form(request: Request) -> dict[str, str]:
    """Read the form and, where sent, HTTP Basic (https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not headers.get("content-type", "").startswith(_FORM):
        raise EntraError(900144, "grant_type")
    try:
        pairs = parse_qsl(
            request.body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict"
        )
    except (UnicodeDecodeError, ValueError):
        raise EntraError(9002313) from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise EntraError(9002313)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            raise EntraError(9002313) from None
        form |= {"client_id": unquote_plus(user), "client_secret": unquote_plus(password)}
    return form
