"""The client credentials grant: who signs in, for what, and the request that asks for a token."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn
from urllib.parse import quote, urlencode

from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Request

_TIMEOUT = 30.0


class TokenKey(NamedTuple):
    """What a token is cached under: two connections that differ in any part never share one."""

    authority_host: str
    tenant_id: str
    client_id: str
    scope: str
    credential_digest: str


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Sign-in of an app by its client secret.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow

    :param authority_host: scheme and host of Microsoft Entra.
    :param tenant_id: GUID or domain of the directory.
    :param client_id: GUID of the app registration.
    :param scope: the resource, ending in ``/.default``.
    :param client_secret: the secret's value.
    """

    authority_host: str
    tenant_id: str
    client_id: str
    scope: str
    client_secret: str = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> ClientCredentials:
        """Take the grant from a connection's settings."""
        return cls(
            authority_host=settings.authority_host,
            tenant_id=settings.tenant_id,
            client_id=settings.client_id,
            scope=settings.scope,
            client_secret=settings.client_secret.get_secret_value(),
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @property
    def key(self) -> TokenKey:
        """The cache key; it holds a digest of the secret, never the secret."""
        digest = hashlib.sha256(self.client_secret.encode()).hexdigest()
        return TokenKey(
            self.authority_host, self.tenant_id.lower(), self.client_id.lower(), self.scope, digest
        )

    def token_request(self) -> Request:
        """Ask for a token; the secret is form-encoded exactly once.

        https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#first-case-access-token-request-with-a-shared-secret
        """
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
        }
        return Request(
            "POST",
            f"{self.authority_host}/{quote(self.tenant_id, safe='')}/oauth2/v2.0/token",
            {
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
                "client-request-id": str(uuid.uuid4()),
            },
            urlencode(form).encode(),
            timeout=_TIMEOUT,
        )
