"""Managed identity: the machine in Azure says who it is, and there is no credential at all.

https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from airflow_provider_bc.auth.grant import Granted, TokenKey
from airflow_provider_bc.auth.sign_in import ask_for_token
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError, Unavailable
from airflow_provider_bc.wire import Request

IMDS_HOST = "http://169.254.169.254"
_IMDS_PATH = "/metadata/identity/oauth2/token"
_IMDS_PASSING = frozenset({404, 410})
_TIMEOUT = 10.0
_ATTEMPTS = 5
_REMEDY = (
    "Assign a managed identity to this machine or app in Azure; a user-assigned one is named by "
    "its client ID in Application (client) ID."
)


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """Sign-in of an Azure machine, app or container.

    :param endpoint: where tokens are given out.
    :param resource: what they are for, without ``/.default``.
    :param client_id: of a user-assigned identity, None for the system-assigned one.
    :param header: the secret of App Service's endpoint, None on a machine (IMDS).
    """

    endpoint: str
    resource: str
    client_id: str | None = None
    header: str | None = field(default=None, repr=False)

    @classmethod
    def here(cls, scope: str, client_id: str | None, environ: Mapping[str, str]) -> ManagedIdentity:
        """Find the endpoint of the place where this runs, by the variables that Azure sets.

        :param scope: the resource, ending in ``/.default``.
        :param client_id: of a user-assigned identity.
        :param environ: the environment variables.
        :raises ConfigurationError: when a variable names no URL.
        """
        resource = scope.removesuffix("/.default")
        endpoint, header = environ.get("IDENTITY_ENDPOINT"), environ.get("IDENTITY_HEADER")
        if endpoint and header:
            return cls(_checked("IDENTITY_ENDPOINT", endpoint), resource, client_id, header)
        host = environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST") or IMDS_HOST
        imds = _checked("AZURE_POD_IDENTITY_AUTHORITY_HOST", host).rstrip("/")
        return cls(f"{imds}{_IMDS_PATH}", resource, client_id)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @property
    def key(self) -> TokenKey:
        """The cache key; each machine has an identity of its own."""
        client_id = (self.client_id or "").lower()
        return TokenKey(self.endpoint, "", client_id, self.resource, f"managed {platform.node()}")

    @property
    def needs_refresh_token(self) -> bool:
        """Azure gives a token whenever it is asked."""
        return False

    @property
    def shareable(self) -> bool:
        """The key names machine and identity."""
        return True

    def sign_in(
        self, retries: Retries, clock: Callable[[], float], refresh_tokens: tuple[str, ...] = ()
    ) -> Conversation[Granted]:
        """Ask for a token; see `Grant.sign_in`."""
        del refresh_tokens
        brief = replace(retries, attempts=min(retries.attempts, _ATTEMPTS))
        secrets = (self.header,) if self.header else ()
        try:
            return (
                yield from ask_for_token(
                    self._request, brief, clock, secrets=secrets, passing=_IMDS_PASSING
                )
            )
        except Unavailable as error:
            error.remedy = f"Managed identity works in Azure only. {_REMEDY}"
            raise
        except AuthenticationError as error:
            error.remedy = _REMEDY
            raise

    def _request(self) -> Request:
        query = {"resource": self.resource}
        if self.client_id:
            query["client_id"] = self.client_id
        if self.header is None:
            query = {"api-version": "2018-02-01", **query}
            headers = {"Metadata": "true"}
        else:
            query = {"api-version": "2019-08-01", **query}
            headers = {"X-IDENTITY-HEADER": self.header}
        return Request("GET", f"{self.endpoint}?{urlencode(query)}", headers, timeout=_TIMEOUT)


def _checked(name: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ConfigurationError(
            f"The environment variable {name} is no URL.",
            remedy="Azure sets it; unset it elsewhere.",
        )
    return url
