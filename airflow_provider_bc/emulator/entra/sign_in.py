"""Sign-in: from a request to `/authorize` to the person, and back to the app.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from airflow_provider_bc.emulator.entra.authorization_request import Asker, asker_of, check
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.form import lowered, read_body, read_pairs
from airflow_provider_bc.emulator.entra.grants import Authorization, Code
from airflow_provider_bc.emulator.entra.pages import accounts_page, consent_page
from airflow_provider_bc.emulator.entra.redirects import send_back
from airflow_provider_bc.emulator.entra.token_endpoint import client_info
from airflow_provider_bc.emulator.entra.tokens import half_hash

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.emulator.entra.directory import User
    from airflow_provider_bc.emulator.entra.scopes import Scopes
    from airflow_provider_bc.wire import Request, Response

COOKIE = "ESTSAUTH"
_COOKIE = re.compile(rf"\b{COOKIE}=([\w-]+)")
Describe: TypeAlias = Callable[[EntraError], dict[str, Any]]


class SignIn:
    """`/{tenant}/oauth2/v2.0/authorize` and the pages behind it.

    :param authority: the tenants and what they granted.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def authorize(self, request: Request, tenant: str, describe: Describe) -> Response:
        """Answer an app's request.

        :param request: GET with a query or POST with a form, as OpenID Connect allows.
        :param tenant: the tenant in the path.
        :param describe: writes an error's members.
        :returns: a page, or the way back to the app.
        :raises EntraError: what only a person may read.
        """
        given = read_body(request)
        if request.method != "POST":
            text = urlsplit(request.url).query
            given = read_pairs(text) if text else {}
        return self._visit(request, tenant, given).answer(describe, {})

    def proceed(self, request: Request, tenant: str, describe: Describe) -> Response:
        """Answer a person who chose or decided.

        :param request: the form of one of the pages.
        :param tenant: the tenant in the path.
        :param describe: writes an error's members.
        :returns: the next page, or the way back to the app.
        :raises EntraError: what only a person may read.
        """
        choice = read_body(request)
        text = choice.get("request", "")
        given = read_pairs(text) if text else {}
        return self._visit(request, tenant, given).answer(describe, choice)

    def _visit(self, request: Request, tenant: str, given: Mapping[str, str]) -> _Visit:
        """Know the app and the browser; a browser without a session gets a new one."""
        asker = asker_of(self._authority, tenant, given)
        found = _COOKIE.search(lowered(request).get("cookie", ""))
        session = found[1] if found and found[1] in self._authority.sessions else str(uuid4())
        return _Visit(self._authority, asker, request.url, urlencode(given), session)


class _Visit:
    """One step of one person in one browser.

    :param authority: the tenants and what they granted.
    :param asker: the app.
    :param url: where the step went.
    :param text: the parameters of the app's request, to be carried through the pages.
    :param session: the browser's session id.
    """

    def __init__(
        self, authority: Authority, asker: Asker, url: str, text: str, session: str
    ) -> None:
        self._authority = authority
        self._asker = asker
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._action = f"/{asker.directory.tenant_id}/login"
        self._text = text
        self._session = session

    def answer(self, describe: Describe, choice: Mapping[str, str]) -> Response:
        """Take the next step."""
        try:
            scopes = check(self._asker)
            self._authority.refusals.meet("authorize")
            return self._step(scopes, choice)
        except EntraError as error:
            body = describe(error)
            names = ("error", "error_description", "error_uri")
            return self._back({name: body[name] for name in names})

    def _step(self, scopes: Scopes, choice: Mapping[str, str]) -> Response:
        prompt = self._asker.parameters.get("prompt", "")
        decision = choice.get("decision", "")
        if decision == "cancel":
            text = "the user canceled the authentication"
            members = {"error": "access_denied", "error_description": text}
            return self._back(members | {"error_subcode": "cancel"})
        user = self._user(choice, prompt)
        if user is None:
            return self._accounts()
        if not user.enabled:
            raise EntraError(50057)
        approval = self._asker.directory.auto_approval
        if approval is not None:
            decision = "accept" if approval.consent else "deny"
        if decision == "deny":
            raise EntraError(65004)
        if decision != "accept" and self._must_ask(user, scopes, prompt):
            return self._ask(user, scopes)
        if decision == "accept":
            self._authority.consent(self._asker.application, user, scopes.named)
        self._authority.sessions[self._session] = user
        return self._grant(user, scopes)

    def _user(self, choice: Mapping[str, str], prompt: str) -> User | None:
        """Find out who sits there; None if that must be asked."""
        directory, given = self._asker.directory, self._asker.parameters
        approval = directory.auto_approval
        if approval is not None:
            user = directory.user(approval.upn)
            if user is None:
                raise EntraError(50034, approval.upn)
            return user
        if "user" in choice:
            return directory.user(choice["user"])
        user = self._authority.sessions.get(self._session)
        hint = given.get("login_hint", "").lower()
        if user is not None and hint not in ("", user.upn.lower()):
            user = None
        if prompt == "none" and user is None:
            raise EntraError(50058)
        return None if prompt in ("login", "select_account") else user

    def _must_ask(self, user: User, scopes: Scopes, prompt: str) -> bool:
        """Tell whether the person must consent first."""
        app = self._asker.application
        missing = not set(scopes.named) <= app.consented(user.object_id)
        if missing and prompt == "none":
            raise EntraError(65001, app.client_id, "authorize")
        if missing and app.needs_admin_consent and not user.administrator:
            raise EntraError(90094)
        return missing or prompt == "consent"

    def _accounts(self) -> Response:
        users = self._asker.directory.users
        hint = self._asker.parameters.get("login_hint", "").lower()
        hinted = [user for user in users if user.upn.lower() == hint]
        return accounts_page(self._action, {"request": self._text}, hinted or users)

    def _ask(self, user: User, scopes: Scopes) -> Response:
        fields = {"request": self._text, "user": user.object_id}
        wishes = [scopes.text, *sorted(scopes.openid)]
        return consent_page(self._action, fields, self._asker.application.name, wishes)

    def _grant(self, user: User, scopes: Scopes) -> Response:
        """Issue what the response type asks for."""
        asker, issuer, grants = self._asker, self._authority.issuer, self._authority.grants
        app, tenant = asker.application.client_id, asker.directory.tenant_id
        given, platform = asker.parameters, asker.registration.platform
        allowed = Authorization(app, user, asker.directory, scopes, platform)
        members: dict[str, str] = {}
        marks = {"nonce": given.get("nonce", "")}
        if "code" in asker.wanted:
            members["code"] = grants.keep_code(self._code(allowed))
            marks["c_hash"] = half_hash(members["code"])
        if "token" in asker.wanted:
            token = issuer.issue_delegated(
                user, app, scopes.named, scopes.resource, tenant_id=tenant, proof="0"
            )
            marks["at_hash"] = half_hash(token)
            members |= {"access_token": grants.note("access_token", app, token)}
            members |= {"token_type": "Bearer", "expires_in": str(issuer.lifetime)}
            members |= {"scope": scopes.text}
        if "id_token" in asker.wanted:
            identity = issuer.issue_id_token(user, app, self._origin, tenant, **marks)
            members["id_token"] = grants.note("id_token", app, identity)
        if given.get("client_info") == "1":
            members["client_info"] = client_info(allowed)
        return self._back(members | {"session_state": self._session})

    def _code(self, allowed: Authorization) -> Code:
        given = self._asker.parameters
        return Code(
            allowed,
            self._asker.redirect_uri,
            given.get("code_challenge", ""),
            given.get("code_challenge_method", "plain"),
            given.get("nonce", ""),
            self._authority.clock.now(),
        )

    def _back(self, members: dict[str, str]) -> Response:
        given = self._asker.parameters
        if "state" in given:
            members["state"] = given["state"]
        headers = {}
        if self._session in self._authority.sessions:
            headers["set_cookie"] = f"{COOKIE}={self._session}; path=/; HttpOnly"
        return send_back(self._asker.redirect_uri, self._asker.mode, members, **headers)
