"""What a `scope` asks for.

https://learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.entra.directory import DELEGATED
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.tokens import RESOURCE, RESOURCE_ID

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.directory import Application, Directory

GRAPH = "00000003-0000-0000-c000-000000000000"
_OPENID = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True, slots=True)
class Scopes:
    """The delegated permissions of one request.

    :param resource: the one resource, as it was named; Microsoft Graph where none was.
    :param named: its permissions; those the app is registered for where `.default` was asked.
    :param default: whether `.default` was asked.
    :param openid: the OpenID Connect scopes among them.
    """

    resource: str
    named: tuple[str, ...]
    default: bool
    openid: frozenset[str]

    @property
    def text(self) -> str:
        """The `scope` of a token response: what the access token is good for."""
        names = (*self.named, ".default") if self.default else self.named
        if self.resource == GRAPH:
            return " ".join(sorted(self.openid - {"offline_access"}))
        return " ".join(f"{self.resource}/{name}" for name in names)


def check_resource(resource: str, directory: Directory) -> str:
    """Check that a resource is in the tenant.

    :param resource: the resource as the scope names it.
    :param directory: the tenant.
    :returns: the resource.
    :raises EntraError: AADSTS500011.
    """
    known = resource.rstrip("/") in (RESOURCE, RESOURCE_ID)
    if not known or not directory.has_business_central:
        raise EntraError(500011, resource)
    return resource


def app_only(scope: str, directory: Directory) -> str:
    """Read the one resource out of a `.default` scope.

    :param scope: the `scope` of the client credentials grant.
    :param directory: the tenant.
    :returns: the resource, which becomes the audience.
    :raises EntraError: AADSTS700022, 700023, 70011, 1002012 or 500011.
    """
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
    return check_resource(scope.removesuffix("/.default"), directory)


def delegated(scope: str, directory: Directory, application: Application) -> Scopes:
    """Read what an app asks for in a user's name.

    :param scope: the `scope` parameter.
    :param directory: the tenant.
    :param application: the app, whose registration says what `.default` means.
    :returns: the permissions.
    :raises EntraError: AADSTS28003, 70011, 700022, 500011 or 650053.
    """
    parts = scope.split()
    if not parts:
        raise EntraError(28003)
    openid = frozenset(part for part in parts if part in _OPENID)
    others = [part.rpartition("/") for part in parts if part not in _OPENID]
    if not others:
        return Scopes(GRAPH, (), default=False, openid=openid)
    resources = {resource for resource, _, _ in others}
    if "" in resources:
        raise EntraError(70011, scope)
    if len(resources) > 1:
        raise EntraError(700022, scope)
    resource = check_resource(resources.pop(), directory)
    names = tuple(dict.fromkeys(name for _, _, name in others))
    if ".default" in names:
        if len(names) > 1:
            raise EntraError(70011, f"{scope} .default scope can't be combined with others.")
        return Scopes(resource, application.delegated, default=True, openid=openid)
    for name in names:
        if name not in DELEGATED:
            raise EntraError(650053, name)
    return Scopes(resource, names, default=False, openid=openid)
