"""The checks of permission: each family of APIs is asked, and a refusal is traced to its cause.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_bc.errors import AuthenticationError, AuthorizationError, BusinessCentralError
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Finding, green, note, refused

ADMIN_CENTER = "admin/v2.29/applications/environments"
AUTOMATION = "microsoft/automation/v2.0"

_FORBIDDEN = 403
_PAGE = "In Business Central, open the page Microsoft Entra Applications in environment"


@dataclass(frozen=True, slots=True)
class _Family:
    """A family of APIs.

    :param name: as people call it.
    :param role: the application permission that opens it.
    :param sets: which permission sets its app record wants.
    :param use: what it is for, where data work does without it; "" where not.
    """

    name: str
    role: str
    sets: str
    use: str = ""


_DATA = _Family(
    "the data API",
    "API.ReadWrite.All",
    "permission sets that cover what is read (e.g. D365 BUS FULL ACCESS; SUPER is not possible)",
)
_AUTOMATION = _Family(
    "the automation API",
    "Automation.ReadWrite.All",
    "D365 AUTOMATION and, for extensions, EXTEN. MGT. - ADMIN",
    "companies, packages, extensions and users",
)
_ADMIN = _Family(
    "the admin center API",
    "AdminCenter.ReadWrite.All",
    "",
    "environments: creating, copying, restoring, updating them",
)


def check_data_api(case: Case) -> Finding:
    """List the companies through the data API.

    :param case: the connection, signed in, its environment known.
    """

    def ask() -> str:
        return f"{len(case.companies())} companies seen."

    return _permitted(case, _DATA, ask)


def check_automation_api(case: Case) -> Finding:
    """List the companies through the automation API.

    :param case: the connection, signed in, its environment known.
    """

    def ask() -> str:
        case.client.request("GET", "companies", within="api", api=AUTOMATION)
        return "Open: companies, packages, extensions and users."

    return _permitted(case, _AUTOMATION, ask)


def check_admin_center(case: Case) -> Finding:
    """List the environments through the admin center API.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api

    :param case: the connection, signed in.
    """

    def ask() -> str:
        case.client.request("GET", ADMIN_CENTER, within="host")
        return "Open: environments."

    return _permitted(case, _ADMIN, ask)


def _permitted(case: Case, family: _Family, ask: Callable[[], str]) -> Finding:
    try:
        return green(ask())
    except (AuthenticationError, AuthorizationError) as error:
        if case.claims.scopes:
            return _of_a_person(case, family, error)
        return _of_an_app(case, family, error)


def _of_an_app(case: Case, family: _Family, error: BusinessCentralError) -> Finding:
    """Tell a role that the token lacks from a door inside Business Central."""
    claims, role = case.claims, family.role
    known = claims.app_id is not None
    if known and role.lower() not in {one.lower() for one in claims.roles}:
        cause = f"The token does not carry the role {role}"
        cause += (
            f", only {', '.join(claims.roles)}."
            if claims.roles
            else " or any other: no application permission was added, or nobody consented."
        )
        if family.use:
            return note("Not granted.", cause, f"Only for {family.use}. {_grant(role)}")
        return refused(f"Refused by {family.name}.", error, cause, _grant(role))
    if isinstance(error, AuthorizationError):
        return _not_allowed(case, family, error)
    if family is _ADMIN:
        return refused(f"Refused by {family.name}.", error, _NOT_AUTHORIZED, _authorize(case))
    return refused(
        f"Refused by {family.name}.",
        error,
        "The role is granted, but Business Central has no record of the app there, or its State "
        "is not Enabled.",
        f"{_PAGE} {case.settings.environment!r} and see that client ID {_app(case)} is there with "
        f"State = Enabled and {family.sets}.",
    )


_NOT_AUTHORIZED = "The role is granted, but the admin center has not authorized the app."


def _not_allowed(case: Case, family: _Family, error: BusinessCentralError) -> Finding:
    """Explain what the app is known for, but not allowed to do."""
    if family is _ADMIN:
        return refused(f"Refused by {family.name}.", error, _NOT_AUTHORIZED, _authorize(case))
    return refused(
        f"Refused by {family.name}.",
        error,
        f"The app's record has no permission set for it: {error.message}",
        f"{_PAGE} {case.settings.environment!r}, set State of {_app(case)} to Disabled, add "
        f"{family.sets}, and set it to Enabled again.",
    )


def _of_a_person(case: Case, family: _Family, error: BusinessCentralError) -> Finding:
    """Explain what a person may not do, whose rights are their own."""
    who = case.claims.user or "the person who signed in"
    if family is _ADMIN and error.status == _FORBIDDEN:
        cause = f"{who} is not an administrator of Business Central."
        return note("Not granted.", cause, f"Only for {family.use}: let an administrator sign in.")
    if isinstance(error, AuthorizationError):
        cause = f"{who} has no permission set for it: {error.message}"
        remedy = f"In Business Central, on the page Users, give {who} {family.sets}."
    else:
        cause = f"{who} is no enabled user of this environment, or has no licence."
        remedy = f"See that {who} can open environment {case.settings.environment!r} in a browser."
    return refused(f"Refused by {family.name}.", error, cause, remedy)


def _grant(role: str) -> str:
    return (
        "In Entra, App registrations > your app > API permissions: add Dynamics 365 Business "
        f"Central > Application permissions > {role}, then Grant admin consent."
    )


def _authorize(case: Case) -> str:
    return (
        "In the Business Central admin center, page Authorized Microsoft Entra apps: add client "
        f"ID {_app(case)} and grant consent there."
    )


def _app(case: Case) -> str:
    return case.claims.app_id or case.settings.client_id or "of the app"
