"""Sign-in with a device code: one endpoint for the device, one page for the person.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.form import needed, read_body, read_form
from airflow_provider_bc.emulator.entra.grants import DEVICE_CODE_LIFETIME, DeviceCode
from airflow_provider_bc.emulator.entra.pages import (
    accounts_page,
    code_page,
    consent_page,
    page,
)
from airflow_provider_bc.emulator.entra.scopes import delegated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.emulator.entra.directory import Directory, User
    from airflow_provider_bc.wire import Request, Response

PAGE = "/common/oauth2/deviceauth"
_INTERVAL = 5


class DeviceSignIn:
    """`/{tenant}/oauth2/v2.0/devicecode` and the page the person opens.

    :param authority: the tenants and what they granted.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def start(self, request: Request, tenant: str) -> Response:
        """Give a device its codes.

        :param request: the form.
        :param tenant: the tenant in the path.
        :returns: the device authorization response.
        :raises EntraError: for every reason not to.
        """
        if request.method != "POST":
            raise EntraError(900561, request.method)
        form = read_form(request)
        directory, app = self._authority.enter(tenant, needed(form, "client_id"))
        scopes = delegated(needed(form, "scope"), directory, app)
        grants, now = self._authority.grants, self._authority.clock.now()
        code = DeviceCode(app, directory, scopes, grants.user_code(), now)
        name = grants.keep_device_code(code)
        self._approve(directory, code)
        parts = urlsplit(request.url)
        uri = f"{parts.scheme}://{parts.netloc}{PAGE}"
        message = (
            f"To sign in, use a web browser to open the page {uri} and enter the code "
            f"{code.user_code} to authenticate."
        )
        body = {
            "user_code": code.user_code,
            "device_code": name,
            "verification_uri": uri,
            "expires_in": int(DEVICE_CODE_LIFETIME),
            "interval": _INTERVAL,
            "message": message,
        }
        return json_response(200, body)

    def show(self, request: Request) -> Response:
        """Lead a person through the pages.

        :param request: GET for the first page, POST for every choice.
        :returns: the next page.
        :raises EntraError: AADSTS9002313 for a form that is none.
        """
        if request.method != "POST":
            query = parse_qs(urlsplit(request.url).query)
            return code_page(PAGE, query.get("otc", [""])[0])
        choice = read_body(request)
        typed = choice.get("user_code", "").strip().upper()
        code = self._find(typed)
        if code is None:
            return code_page(PAGE, "", "That code didn't work. Check the code and try again.")
        return self._proceed(code, choice)

    def _find(self, typed: str) -> DeviceCode | None:
        """Find a device code that still waits for its person."""
        oldest = self._authority.clock.now() - DEVICE_CODE_LIFETIME
        for code in self._authority.grants.device_codes.values():
            waits = code.user is None and not code.declined and code.issued > oldest
            if waits and code.user_code == typed:
                return code
        return None

    def _proceed(self, code: DeviceCode, choice: Mapping[str, str]) -> Response:
        fields, decision = {"user_code": code.user_code}, choice.get("decision", "")
        if decision in ("cancel", "deny"):
            code.declined = True
            return page("Sign-in cancelled", "<p>You may close this window.</p>")
        user = code.directory.user(choice.get("user", ""))
        if user is None or not user.enabled:
            return accounts_page(PAGE, fields, [one for one in code.directory.users if one.enabled])
        if decision != "accept":
            wishes = [code.scopes.text, *sorted(code.scopes.openid)]
            name = code.application.name
            return consent_page(PAGE, fields | {"user": user.object_id}, name, wishes)
        self._accept(code, user)
        text = "<p>You have signed in to the application on your device. Close this window.</p>"
        return page("Signed in", text)

    def _approve(self, directory: Directory, code: DeviceCode) -> None:
        """Let the imagined person answer at once, if there is one."""
        approval = directory.auto_approval
        if approval is None:
            return
        user = directory.user(approval.upn)
        if user is None or not user.enabled or not approval.consent:
            code.declined = True
            return
        self._accept(code, user)

    def _accept(self, code: DeviceCode, user: User) -> None:
        code.user = user
        self._authority.consent(code.application, user, code.scopes.named)
