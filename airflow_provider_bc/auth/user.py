"""A person's app: signed in once in a browser, and from then on by the refresh token.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from airflow_provider_bc.auth.client_authentication import ClientAuthentication
from airflow_provider_bc.auth.grant import Granted, TokenKey
from airflow_provider_bc.auth.sign_in import ask_for_token, token_request, token_url
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import AuthenticationError
from airflow_provider_bc.wire import Request


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """A connection whose tokens belong to the person who signed in for it.

    :param authority_host: scheme and host of Microsoft Entra.
    :param tenant_id: GUID or domain of the directory.
    :param client_id: GUID of the app registration.
    :param scope: the resource, ending in ``/.default``.
    :param authentication: how the app proves to be itself.
    :param conn_id: the connection: another one with the same app may belong to another person.
    """

    authority_host: str
    tenant_id: str
    client_id: str
    scope: str
    authentication: ClientAuthentication
    conn_id: str

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @property
    def key(self) -> TokenKey:
        """The cache key, which stays the same when the refresh token or a secret changes."""
        return TokenKey(
            self.authority_host,
            self.tenant_id.lower(),
            self.client_id.lower(),
            self.scope,
            hashlib.sha256(f"user of {self.conn_id}".encode()).hexdigest(),
        )

    @property
    def needs_refresh_token(self) -> bool:
        """A person signs in first."""
        return True

    @property
    def shareable(self) -> bool:
        """The key names the connection that the person signed in for."""
        return True

    @property
    def remedy(self) -> str:
        """What to do when there is no refresh token, or none that is still good."""
        return (
            f"Sign in with `airflow business-central login {self.conn_id}`, or under "
            "Admin > Business Central."
        )

    @property
    def delegated_scope(self) -> str:
        """The scope of a person's sign-in (https://learn.microsoft.com/entra/identity-platform/scopes-oidc#the-offline_access-scope)."""
        return f"{self.scope} openid profile offline_access"

    def sign_in(
        self, retries: Retries, clock: Callable[[], float], refresh_tokens: tuple[str, ...]
    ) -> Conversation[Granted]:
        """Renew by a refresh token, the older one where the newer was never proved good.

        https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token
        See `Grant.sign_in`.
        """
        refused: AuthenticationError | None = None
        for refresh_token in refresh_tokens:
            form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            try:
                granted = yield from self.ask(form, retries, clock, secrets=(refresh_token,))
                return replace(granted, renewed=refresh_token)
            except AuthenticationError as error:
                refused = refused or error
                if error.error != "invalid_grant":
                    break
        if refused is None:
            raise AuthenticationError(
                f"Nobody has signed in for the connection {self.conn_id!r} on this machine.",
                remedy=self.remedy,
            )
        refused.remedy = f"{refused.remedy} {self.remedy}"
        raise refused

    def ask(
        self,
        form: Mapping[str, str],
        retries: Retries,
        clock: Callable[[], float],
        *,
        secrets: tuple[str, ...] = (),
    ) -> Conversation[Granted]:
        """Ask for a token on the person's behalf.

        :param form: the fields of the grant; app, scope and proof are added.
        :param retries: how patient to be.
        :param clock: seconds on the clock that freshness is judged by.
        :param secrets: what no message may repeat.
        """
        proof = yield from self.authentication.prove()
        url = token_url(self.authority_host, self.tenant_id)

        def compose() -> Request:
            own = {"client_id": self.client_id, "scope": self.delegated_scope}
            return token_request(self.authority_host, self.tenant_id, {**form, **own, **proof(url)})

        hidden = (*secrets, *self.authentication.secrets)
        return (yield from ask_for_token(compose, retries, clock, secrets=hidden))
