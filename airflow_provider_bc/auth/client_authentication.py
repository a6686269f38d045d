"""How an app proves to be itself: by a secret, or, as a public client, not at all.

https://learn.microsoft.com/entra/identity-platform/msal-client-applications
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from airflow_provider_bc.delivery import Conversation

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Proof = Callable[[str], dict[str, str]]
"""Makes the form fields that prove the app, for the URL of a token endpoint; new ones each time."""


class ClientAuthentication(Protocol):
    """A credential of an app registration."""

    @property
    def digest(self) -> str:
        """Name the credential without giving it away."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may repeat."""
        ...

    def prove(self) -> Conversation[Proof]:
        """Get ready for one sign-in.

        :return: what makes the form fields.
        :raises ConfigurationError: the credential cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client secret.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#first-case-access-token-request-with-a-shared-secret

    :param value: the secret's Value.
    """

    value: str = field(repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @property
    def digest(self) -> str:
        """SHA-256 of the secret."""
        return hashlib.sha256(self.value.encode()).hexdigest()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret."""
        return (self.value,)

    def prove(self) -> Conversation[Proof]:
        """Send the secret itself."""
        yield from ()
        return lambda _: {"client_secret": self.value}


@dataclass(frozen=True, slots=True)
class PublicClient:
    """No credential: an app for desktops, which must not send one.

    https://learn.microsoft.com/entra/identity-platform/msal-client-applications#when-should-you-enable-a-public-client-flow-in-your-app-registration
    """

    @property
    def digest(self) -> str:
        """There is nothing to tell apart."""
        return "public"

    @property
    def secrets(self) -> tuple[str, ...]:
        """There are none."""
        return ()

    def prove(self) -> Conversation[Proof]:
        """Send nothing."""
        yield from ()
        return lambda _: {}
