"""The client credentials grant: an app signs in as itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from airflow_provider_bc.auth.client_authentication import ClientAuthentication
from airflow_provider_bc.auth.grant import Granted, TokenKey
from airflow_provider_bc.auth.sign_in import ask_for_token, token_request, token_url
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.wire import Request


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Sign-in of an app by its secret, its certificate or a federated token.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow

    :param authority_host: scheme and host of Microsoft Entra.
    :param tenant_id: GUID or domain of the directory.
    :param client_id: GUID of the app registration.
    :param scope: the resource, ending in ``/.default``.
    :param authentication: how the app proves to be itself.
    """

    authority_host: str
    tenant_id: str
    client_id: str
    scope: str
    authentication: ClientAuthentication

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @property
    def key(self) -> TokenKey:
        """The cache key; it holds a digest of the credential, never the credential."""
        return TokenKey(
            self.authority_host,
            self.tenant_id.lower(),
            self.client_id.lower(),
            self.scope,
            self.authentication.digest,
        )

    @property
    def needs_refresh_token(self) -> bool:
        """An app renews its token with its own credential."""
        return False

    @property
    def shareable(self) -> bool:
        """The key names the app."""
        return True

    def sign_in(
        self, retries: Retries, clock: Callable[[], float], refresh_tokens: tuple[str, ...] = ()
    ) -> Conversation[Granted]:
        """Ask for a token; see `Grant.sign_in`."""
        del refresh_tokens
        proof = yield from self.authentication.prove()
        url = token_url(self.authority_host, self.tenant_id)

        def compose() -> Request:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "scope": self.scope,
                **proof(url),
            }
            return token_request(self.authority_host, self.tenant_id, form)

        secrets = self.authentication.secrets
        return (yield from ask_for_token(compose, retries, clock, secrets=secrets))
