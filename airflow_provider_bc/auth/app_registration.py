"""How the app of a connection is registered and consented to: an address, and commands for az.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from airflow_provider_bc.settings import Settings

RESOURCE_ID = "996def3d-b36c-4153-8607-a6fd3c01b89f"
"""The application id of Business Central itself; in a token it may stand for its URL."""

APP_ROLES = {
    "API.ReadWrite.All": "a42b0b75-311e-488d-b67e-8fe84f924341",
    "Automation.ReadWrite.All": "d365bc00-a990-0000-00bc-160000000001",
    "AdminCenter.ReadWrite.All": "a20fe46f-4f63-4666-8e0e-9b882d90b837",
    "app_access": "3983b928-ed40-4111-bbad-e7910cf234bd",
}
"""The application permissions, and their ids."""

DELEGATED = {
    "user_impersonation": "bce0976a-cb0b-473b-8800-84eda9f8e447",
    "Financials.ReadWrite.All": "2fb13c28-9d89-417f-9af2-ec3065bc16e6",
}
"""The delegated permissions, and their ids."""

LANDING = "https://businesscentral.dynamics.com/OAuthLanding.htm"
"""Where consent returns to when it is granted from Business Central's own page."""

_NEEDED = ("API.ReadWrite.All",)
_CALLBACK = "http://localhost/callback"
_GRAPH = "https://graph.microsoft.com/v1.0/servicePrincipals"


def admin_consent_url(settings: Settings) -> str:
    """Give the page on which an administrator consents to the app, for the whole tenant.

    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent

    :param settings: the connection.
    :return: a URL; its redirect URI must be registered at the app.
    """
    query = {
        "client_id": settings.client_id or "",
        "redirect_uri": settings.redirect_uri or LANDING,
    }
    tenant = quote(settings.tenant_id, safe="")
    return f"{settings.authority_host}/{tenant}/adminconsent?{urlencode(query)}"


def az_lines(settings: Settings, roles: Sequence[str] = _NEEDED) -> list[str]:
    """Write the commands that register the app as this connection wants it.

    https://learn.microsoft.com/cli/azure/ad/app

    :param settings: the connection; its client id is named where it has one.
    :param roles: names of `APP_ROLES`; a person's sign-in has delegated permissions instead.
    :return: lines for a shell, comments among them.
    """
    if settings.grant_type == "managed_identity":
        return _for_an_identity(settings.client_id or "<client ID of the identity>", roles)
    client_id = settings.client_id or "<client ID>"
    person = settings.grant_type == "authorization_code"
    kind, ids = ("Scope", DELEGATED) if person else ("Role", APP_ROLES)
    permissions = " ".join(f"{ids[name]}={kind}" for name in (DELEGATED if person else roles))
    lines = [
        f"az login --tenant {settings.tenant_id} --allow-no-subscriptions",
        "# only where there is no app yet; its appId is the client ID:",
        "az ad app create --display-name airflow --sign-in-audience AzureADMyOrg",
        "# the service principal, the permissions, the consent:",
        f"az ad sp create --id {client_id}",
        (
            f"az ad app permission add --id {client_id} --api {RESOURCE_ID} "
            f"--api-permissions {permissions}"
        ),
        f"az ad app permission admin-consent --id {client_id}",
    ]
    if person:
        uri = settings.redirect_uri or _CALLBACK
        lines.append(f"az ad app update --id {client_id} --web-redirect-uris {uri}")
    if settings.client_secret:
        lines.append("# a new secret, beside the others; it is shown once:")
        lines.append(f"az ad app credential reset --id {client_id} --append --years 1")
    return lines


def _for_an_identity(client_id: str, roles: Sequence[str]) -> list[str]:
    """Assign roles to a managed identity, which no page of Microsoft's offers.

    https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments
    """
    lines = [
        f"IDENTITY=$(az ad sp show --id '{client_id}' --query id -o tsv)",
        f"RESOURCE=$(az ad sp show --id {RESOURCE_ID} --query id -o tsv)",
    ]
    for role in roles:
        body = (
            '{\\"principalId\\": \\"$IDENTITY\\", \\"resourceId\\": \\"$RESOURCE\\", '
            f'\\"appRoleId\\": \\"{APP_ROLES[role]}\\"}}'
        )
        uri = f"{_GRAPH}/$IDENTITY/appRoleAssignments"
        lines.append(f'az rest --method POST --uri "{uri}" --body "{body}"')
    return lines
