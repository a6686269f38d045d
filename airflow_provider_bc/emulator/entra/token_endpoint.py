"""The token endpoint.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.entra import redemption
from airflow_provider_bc.emulator.entra.authority import SHARED
from airflow_provider_bc.emulator.entra.client_authentication import authenticate, stay_public
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.form import lowered, needed, read_form
from airflow_provider_bc.emulator.entra.scopes import app_only
from airflow_provider_bc.emulator.entra.tokens import base64url, half_hash

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.emulator.entra.directory import Application, Directory
    from airflow_provider_bc.emulator.entra.grants import Authorization
    from airflow_provider_bc.wire import Request, Response

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_QUIET = {"cache_control": "no-store, no-cache", "pragma": "no-cache"}


def grant_of(request: Request) -> str | None:
    """Say which grant a request to the token endpoint asks for.

    :param request: the request, however malformed.
    :returns: its `grant_type`, None without one.
    """
    return parse_qs(request.body.decode("latin-1")).get("grant_type", [None])[0]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request: where it went, what it said, and who said it."""

    form: Mapping[str, str]
    origin: str
    browser: str | None
    directory: Directory
    application: Application
    endpoint: str
    shared: bool


class TokenEndpoint:
    """`POST /{tenant}/oauth2/v2.0/token`.

    :param authority: the tenants and what they granted.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._grants = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._authorization_code,
            "refresh_token": self._refresh_token,
            DEVICE: self._device_code,
        }

    def redeem(self, request: Request, tenant: str) -> Response:
        """Exchange a grant for tokens.

        :param request: the form.
        :param tenant: the tenant in the path.
        :returns: the token response.
        :raises EntraError: for every reason not to.
        """
        if request.method != "POST":
            raise EntraError(900561, request.method)
        self._authority.check(tenant)
        form = read_form(request)
        grant = needed(form, "grant_type")
        if grant not in self._grants:
            raise EntraError(70003, grant)
        if "resource" in form:
            raise EntraError(901002)
        self._authority.refusals.meet(grant)
        shared = tenant.lower() in SHARED
        if shared and grant == "client_credentials" and not form.get("client_id"):
            raise EntraError(9001023)
        directory, application = self._authority.enter(tenant, needed(form, "client_id"))
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        browser = lowered(request).get("origin")
        endpoint = f"{origin}{parts.path}"
        visit = _Visit(form, origin, browser, directory, application, endpoint, shared)
        return json_response(200, self._grants[grant](visit), **_QUIET)

    def _proof(self, visit: _Visit, platform: str) -> str:
        """Check what the platform asks for: a proof, none, or a browser."""
        if platform == "spa":
            if visit.browser is None:
                raise EntraError(9002327)
            return stay_public(visit.form)
        if visit.browser is not None:
            raise EntraError(9002326, visit.browser)
        if platform == "public":
            return stay_public(visit.form)
        now = self._authority.clock.now()
        return authenticate(visit.form, visit.directory, visit.application, visit.endpoint, now)

    def _client_credentials(self, visit: _Visit) -> dict[str, Any]:
        if visit.shared:
            raise EntraError(9001023)
        proof = self._proof(visit, "web")
        audience = app_only(needed(visit.form, "scope"), visit.directory)
        issuer, application = self._authority.issuer, visit.application
        token = issuer.issue(application, audience, visit.directory.tenant_id, proof=proof)
        self._authority.grants.note("access_token", application.client_id, token)
        life = {"expires_in": issuer.lifetime, "ext_expires_in": issuer.lifetime}
        return {"token_type": "Bearer"} | life | {"access_token": token}

    def _authorization_code(self, visit: _Visit) -> dict[str, Any]:
        now = self._authority.clock.now()
        grants, name = self._authority.grants, needed(visit.form, "code")
        uri = needed(visit.form, "redirect_uri")
        code = grants.take_code(name, visit.application.client_id, now)
        if not visit.shared and code.authorization.directory is not visit.directory:
            raise EntraError(700005)
        proof = self._proof(visit, code.authorization.platform)
        if uri != code.redirect_uri:
            raise EntraError(500112, uri)
        redemption.check_verifier(code, visit.form.get("code_verifier"))
        allowed = redemption.narrowed(code.authorization, visit.form, visit.application)
        code.redeemed = True
        return self._tokens(visit, allowed, proof, code.nonce)

    def _refresh_token(self, visit: _Visit) -> dict[str, Any]:
        now = self._authority.clock.now()
        name = needed(visit.form, "refresh_token")
        allowed = self._authority.grants.refresh(name, visit.application.client_id, now)
        proof = self._proof(visit, allowed.platform)
        return self._tokens(
            visit, redemption.narrowed(allowed, visit.form, visit.application), proof, ""
        )

    def _device_code(self, visit: _Visit) -> dict[str, Any]:
        if not visit.application.public_client:
            raise EntraError(7000218)
        proof = stay_public(visit.form)
        now = self._authority.clock.now()
        codes = self._authority.grants.device_codes
        code = codes.get(visit.form.get("device_code") or needed(visit.form, "code"))
        client_id = visit.application.client_id
        return self._tokens(visit, redemption.device(code, client_id, now), proof, "")

    def _tokens(
        self, visit: _Visit, allowed: Authorization, proof: str, nonce: str
    ) -> dict[str, Any]:
        """Issue the tokens that an authorization is good for."""
        issuer, note = self._authority.issuer, self._authority.grants.note
        scopes, user, app = allowed.scopes, allowed.user, allowed.client_id
        tenant = allowed.directory.tenant_id
        access = issuer.issue_delegated(
            user, app, scopes.named, scopes.resource, tenant_id=tenant, proof=proof
        )
        body = {
            "token_type": "Bearer",
            "scope": scopes.text,
            "expires_in": issuer.lifetime,
            "ext_expires_in": issuer.lifetime,
            "access_token": note("access_token", app, access),
        }
        if "offline_access" in scopes.openid:
            now = self._authority.clock.now()
            body["refresh_token"] = self._authority.grants.keep_refresh_token(allowed, now)
        if "openid" in scopes.openid:
            marks = {"nonce": nonce, "at_hash": half_hash(access)}
            identity = issuer.issue_id_token(user, app, visit.origin, tenant, **marks)
            body["id_token"] = note("id_token", app, identity)
        if visit.form.get("client_info") == "1":
            body["client_info"] = client_info(allowed)
        return body


def client_info(allowed: Authorization) -> str:
    """Say which account it is, the way MSAL reads it.

    :param allowed: the authorization.
    :returns: base64url of a JSON object with `uid` and `utid`.
    """
    names = {"uid": allowed.user.object_id, "utid": allowed.directory.tenant_id}
    return base64url(json.dumps(names).encode())
