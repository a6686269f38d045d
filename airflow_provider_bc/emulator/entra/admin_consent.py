"""Admin consent: an administrator grants an app what it asks for, for the whole tenant.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_bc.emulator.entra.authorization_request import asker_of
from airflow_provider_bc.emulator.entra.form import read_body, read_pairs
from airflow_provider_bc.emulator.entra.pages import consent_page
from airflow_provider_bc.emulator.entra.redirects import send_back

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.emulator.entra.authorization_request import Asker
    from airflow_provider_bc.wire import Request, Response

_DENIED = {
    "error": "permission_denied",
    "error_description": "The admin canceled the request",
}


def admin_consent(authority: Authority, request: Request, tenant: str) -> Response:
    """Answer `/{tenant}/adminconsent`; `common` is for everybody, since no tenant is known yet.

    :param authority: the tenants.
    :param request: GET from the browser, POST from the page.
    :param tenant: the tenant in the path.
    :returns: a page, or the way back to the app.
    :raises EntraError: what only a person may read.
    """
    choice = read_body(request)
    text = choice.get("request", "") or urlsplit(request.url).query
    place = authority.directories[0].tenant_id if tenant.lower() == "common" else tenant
    asker = asker_of(authority, place, read_pairs(text) if text else {})
    approval = asker.directory.auto_approval
    decision = choice.get("decision", "")
    if approval is not None:
        user = asker.directory.user(approval.upn)
        decision = "accept" if approval.consent and user and user.administrator else "deny"
    if not decision:
        wishes = [*asker.application.requested_roles, *asker.application.delegated]
        action = f"/{asker.directory.tenant_id}/adminconsent"
        return consent_page(action, {"request": text}, asker.application.name, wishes)
    return _back(authority, asker, accepted=decision == "accept")


def _back(authority: Authority, asker: Asker, *, accepted: bool) -> Response:
    members = dict(_DENIED)
    if accepted:
        asker.application.roles = asker.application.requested_roles
        authority.consent(asker.application, None, asker.application.delegated)
        members = {"admin_consent": "True"}
    members["tenant"] = asker.directory.tenant_id
    if "state" in asker.parameters:
        members["state"] = asker.parameters["state"]
    return send_back(asker.redirect_uri, "query", members)
