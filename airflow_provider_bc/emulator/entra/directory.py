"""Tenants and app registrations: who may ask for a token, and with which secret.

https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid5

ALL_ROLES = (
    "API.ReadWrite.All",
    "Automation.ReadWrite.All",
    "AdminCenter.ReadWrite.All",
    "app_access",
)


@dataclass(slots=True)
class Secret:
    """A client secret.

    :param value: what the client sends.
    :param expires: the moment it stops working, None for never.
    """

    value: str
    expires: float | None = None

    @property
    def id(self) -> str:
        """The Secret ID, which people paste instead of the value."""
        return str(uuid5(UUID(int=0), f"secret/{self.value}"))


@dataclass(slots=True)
class Application:
    """An app registration with its service principal in the tenant.

    :param client_id: the application (client) id.
    :param name: its display name.
    :param secrets: its client secrets.
    :param roles: the app roles an administrator consented to; none gives a token without `roles`.
    :param certificates: the certificates (PEM) whose keys may sign a client assertion.
    """

    client_id: str
    name: str
    secrets: list[Secret] = field(default_factory=list)
    roles: tuple[str, ...] = ALL_ROLES
    certificates: list[str] = field(default_factory=list)

    @property
    def object_id(self) -> str:
        """The object id of the service principal: `oid` and `sub` of its tokens."""
        return str(uuid5(UUID(int=0), f"principal/{self.client_id}"))


@dataclass(slots=True)
class Directory:
    """One tenant.

    :param tenant_id: its GUID.
    :param domain: its verified domain, which names it as well as the GUID does.
    :param applications: the app registrations.
    :param has_business_central: whether the resource exists in the tenant.
    """

    tenant_id: str
    domain: str
    applications: list[Application] = field(default_factory=list)
    has_business_central: bool = True

    def is_tenant(self, name: str) -> bool:
        """Tell whether a path segment names this tenant.

        :param name: a GUID or a domain.
        :returns: True if it does.
        """
        return name.lower() in (self.tenant_id, self.domain)

    def application(self, client_id: str) -> Application | None:
        """Find an app registration.

        :param client_id: its application id, in any casing.
        :returns: the registration, or None.
        """
        wanted = client_id.lower()
        return next((app for app in self.applications if app.client_id == wanted), None)
