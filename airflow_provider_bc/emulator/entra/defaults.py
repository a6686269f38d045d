"""The tenant that an emulator starts with."""

from __future__ import annotations

from airflow_provider_bc.emulator.entra.directory import (
    Application,
    Directory,
    ManagedIdentity,
    RedirectUri,
    Secret,
    User,
)

TENANT_ID = "5b2f3b37-2b52-460e-8863-3561295b1e08"
CLIENT_ID = "3f0f6a3c-8a52-4c0e-9d0d-6f4b6f2f7a11"
PUBLIC_CLIENT_ID = "7c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5"
MANAGED_IDENTITY_ID = "c0a8d1f2-3b4c-4d5e-9f60-718293a4b5c6"
# Every character that a form, a URI or a header may spoil.
CLIENT_SECRET = "Aa1~+b&c=d%e/f#g?h@i:j ü'\"k%2Bl"  # noqa: S105  # nobody's but the emulator's
USER = "adele@cronus.example"


def tenant(secret: str) -> Directory:
    """Make a tenant with an app, a public client, three people and a managed identity.

    :param secret: the app's client secret.
    :returns: the tenant; its app is the first of its applications.
    """
    web = [RedirectUri("http://localhost/callback")]
    public = [RedirectUri("http://localhost", "public"), RedirectUri("http://localhost/", "public")]
    public.append(RedirectUri("http://localhost/callback", "public"))
    applications = [
        Application(CLIENT_ID, "Airflow", [Secret(secret)], redirect_uris=web),
        Application(
            PUBLIC_CLIENT_ID, "Airflow on a desk", redirect_uris=public, public_client=True
        ),
    ]
    users = [
        User("Adele Vance", USER),
        User("Megan Bowen", "megan@cronus.example", administrator=True),
        User("Nestor Wilke", "nestor@cronus.example", in_business_central=False),
    ]
    machine = ManagedIdentity(MANAGED_IDENTITY_ID, "worker", system_assigned=True)
    return Directory(
        TENANT_ID, "cronus.example", applications, users=users, managed_identities=[machine]
    )
