"""What every sign-in has in common: the key of its token, what it brings, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, Protocol

from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import Conversation, Retries


class TokenKey(NamedTuple):
    """What a token is cached under: two connections that differ in any part never share one.

    :param authority_host: scheme and host of Microsoft Entra, or what stands in for it.
    :param tenant_id: GUID or domain of the directory, in lower case.
    :param client_id: GUID of the app registration, in lower case.
    :param scope: the resource.
    :param credential_digest: SHA-256 of the credential, never the credential.
    """

    authority_host: str
    tenant_id: str
    client_id: str
    scope: str
    credential_digest: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a sign-in brought.

    :param token: the access token.
    :param refresh_token: what renews it without the person, where one was granted.
    :param id_token: who signed in, where that was asked for; from Entra itself, over TLS.
    :param renewed: the kept refresh token that it was got with, where it was got with one.
    """

    token: AccessToken
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    renewed: str | None = field(default=None, repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A sign-in is not pickled: it holds tokens.")


class Grant(Protocol):
    """A way to sign in; frozen, not picklable, and silent about its secrets."""

    @property
    def key(self) -> TokenKey:
        """The cache key."""
        ...

    @property
    def needs_refresh_token(self) -> bool:
        """Whether a person must have signed in before."""
        ...

    @property
    def shareable(self) -> bool:
        """Whether the key names the identity, so that other processes may take its token."""
        ...

    def sign_in(
        self, retries: Retries, clock: Callable[[], float], refresh_tokens: tuple[str, ...]
    ) -> Conversation[Granted]:
        """Get a token.

        :param retries: how patient to be.
        :param clock: seconds on the clock that freshness is judged by.
        :param refresh_tokens: those that are kept under the key, the newest first.
        :return: what was granted.
        :raises AuthenticationError: the sign-in was refused; the message ends with what to do.
        :raises Unavailable: there was no usable answer.
        """
        ...
