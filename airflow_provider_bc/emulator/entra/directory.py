"""A tenant: who may ask for a token, with which proof, and who may sign in.

https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.entra.federation import FederatedCredential, ForeignIssuer

ALL_ROLES = (
    "API.ReadWrite.All",
    "Automation.ReadWrite.All",
    "AdminCenter.ReadWrite.All",
    "app_access",
)
DELEGATED = ("user_impersonation", "Financials.ReadWrite.All")
PLATFORMS = ("web", "spa", "public")
EVERYBODY = "*"


def _id(kind: str, name: str) -> str:
    return str(uuid5(UUID(int=0), f"{kind}/{name}"))


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
        return _id("secret", self.value)


@dataclass(frozen=True, slots=True)
class RedirectUri:
    """A redirect URI of an app (https://learn.microsoft.com/entra/identity-platform/reply-url).

    :param uri: the URI; its port does not matter on localhost.
    :param platform: `web` (the client proves itself), `public` (it must not) or `spa` (only a
        browser redeems).
    """

    uri: str
    platform: str = "web"

    def __post_init__(self) -> None:
        if self.platform not in PLATFORMS:
            raise ValueError(f"a platform is one of {', '.join(PLATFORMS)}, not {self.platform!r}")


@dataclass(slots=True)
class Application:
    """An app registration with its service principal in the tenant.

    :param client_id: the application (client) id.
    :param name: its display name.
    :param secrets: its client secrets.
    :param roles: the app roles an administrator consented to; none gives a token without `roles`.
    :param certificates: the certificates (PEM) whose keys may sign a client assertion.
    :param redirect_uris: where a sign-in may return to.
    :param federated: the foreign identities that may stand for the app.
    :param requested_roles: the app roles it asks for; `adminconsent` grants them.
    :param delegated: the delegated scopes it asks for; `.default` means these.
    :param consents: the delegated scopes that were consented to, by object id of the user;
        `EVERYBODY` holds what an administrator consented to.
    :param public_client: whether public client flows such as the device code are allowed.
    :param multi_tenant: whether `common` and `organizations` may be used.
    :param id_tokens: whether `/authorize` may issue ID tokens.
    :param access_tokens: whether `/authorize` may issue access tokens.
    :param needs_admin_consent: whether users may not consent themselves.
    :param enabled: False for AADSTS7000112.
    :param service_principal: whether the tenant has one; False for AADSTS7000229.
    """

    client_id: str
    name: str
    secrets: list[Secret] = field(default_factory=list)
    roles: tuple[str, ...] = ALL_ROLES
    certificates: list[str] = field(default_factory=list)
    redirect_uris: list[RedirectUri] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    requested_roles: tuple[str, ...] = ALL_ROLES
    delegated: tuple[str, ...] = DELEGATED
    consents: dict[str, set[str]] = field(default_factory=dict)
    public_client: bool = False
    multi_tenant: bool = False
    id_tokens: bool = False
    access_tokens: bool = False
    needs_admin_consent: bool = False
    enabled: bool = True
    service_principal: bool = True

    @property
    def object_id(self) -> str:
        """The object id of the service principal: `oid` and `sub` of its tokens."""
        return _id("principal", self.client_id)

    def consented(self, user: str) -> set[str]:
        """Say what a user need not be asked for again.

        :param user: the object id.
        :returns: the scopes that the user or an administrator consented to.
        """
        return self.consents.get(EVERYBODY, set()) | self.consents.get(user, set())


@dataclass(slots=True)
class User:
    """A person of the tenant.

    :param name: the display name.
    :param upn: the user principal name, which names the user.
    :param in_business_central: whether the environments have the user, enabled.
    :param permitted: whether the user's permission sets cover the pages that are called.
    :param administrator: whether the user may consent for everybody and use the admin centre.
    :param enabled: False for AADSTS50057.
    """

    name: str
    upn: str
    in_business_central: bool = True
    permitted: bool = True
    administrator: bool = False
    enabled: bool = True

    @property
    def object_id(self) -> str:
        """The object id: `oid` of the tokens."""
        return _id("user", self.upn.lower())


@dataclass(slots=True)
class ManagedIdentity:
    """A managed identity (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview).

    :param client_id: its client id, which Business Central's app record names.
    :param name: its name.
    :param roles: the app roles assigned to its service principal.
    :param system_assigned: whether it is the machine's own.
    """

    client_id: str
    name: str
    roles: tuple[str, ...] = ALL_ROLES
    system_assigned: bool = False

    @property
    def object_id(self) -> str:
        """The object id of the service principal."""
        return _id("principal", self.client_id)

    @property
    def resource_id(self) -> str:
        """The Azure resource id of a user-assigned identity."""
        place = "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/airflow"
        return f"{place}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{self.name}"


@dataclass(frozen=True, slots=True)
class AutoApproval:
    """What an imagined person does with every sign-in page.

    :param upn: the account the person chooses.
    :param consent: whether the person accepts.
    """

    upn: str
    consent: bool = True


@dataclass(slots=True)
class Directory:
    """One tenant.

    :param tenant_id: its GUID.
    :param domain: its verified domain, which names it as well as the GUID does.
    :param applications: the app registrations.
    :param has_business_central: whether the resource exists in the tenant.
    :param users: the people.
    :param managed_identities: the identities assigned to the machine.
    :param issuers: the foreign identity providers whose keys Entra can find, by issuer.
    :param auto_approval: who answers sign-in pages; None leaves them to a browser.
    """

    tenant_id: str
    domain: str
    applications: list[Application] = field(default_factory=list)
    has_business_central: bool = True
    users: list[User] = field(default_factory=list)
    managed_identities: list[ManagedIdentity] = field(default_factory=list)
    issuers: dict[str, ForeignIssuer] = field(default_factory=dict)
    auto_approval: AutoApproval | None = None

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

    def user(self, name: str) -> User | None:
        """Find a user.

        :param name: the user principal name, in any casing, or the object id.
        :returns: the user, or None.
        """
        wanted = name.lower()
        return next((one for one in self.users if wanted in (one.upn.lower(), one.object_id)), None)
