"""Any credential of the package azure-identity in place of ours.

https://learn.microsoft.com/python/api/azure-identity/azure.identity
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from airflow_provider_bc.auth.aside import aside
from airflow_provider_bc.auth.federated import import_named
from airflow_provider_bc.auth.grant import Granted, TokenKey
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError


@dataclass(frozen=True, slots=True)
class AzureCredential:
    """Sign-in by a credential class that is named in the connection.

    :param name: a class of ``azure.identity``, or the dotted path of one with ``get_token``.
    :param arguments: its keyword arguments, as a JSON object.
    :param scope: the resource, ending in ``/.default``.
    :param now: the wall clock, in Unix seconds.
    """

    name: str
    arguments: str = field(repr=False)
    scope: str
    now: Callable[[], float] = field(default=time.time, repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @property
    def key(self) -> TokenKey:
        """The cache key; it holds a digest of the arguments."""
        digest = hashlib.sha256(self.arguments.encode()).hexdigest()
        return TokenKey(self._path, "", "", self.scope, digest)

    @property
    def needs_refresh_token(self) -> bool:
        """The credential keeps what it needs itself."""
        return False

    @property
    def shareable(self) -> bool:
        """Who it stands for depends on where it runs: the key cannot tell."""
        return False

    def sign_in(
        self, retries: Retries, clock: Callable[[], float], refresh_tokens: tuple[str, ...] = ()
    ) -> Conversation[Granted]:
        """Let the credential fetch a token, with retries of its own; see `Grant.sign_in`."""
        del retries, refresh_tokens
        started = clock()
        value, expires_on = yield from aside(self._fetch, f"{self.name} is signing in")
        return Granted(AccessToken(value, started + expires_on - self.now()))

    @property
    def _path(self) -> str:
        return self.name if "." in self.name else f"azure.identity.{self.name}"

    def _fetch(self) -> tuple[str, float]:
        kind = self._class()
        try:
            credential = kind(**json.loads(self.arguments))
        except Exception as error:  # noqa: BLE001 - its text may hold an argument
            raise ConfigurationError(
                f"{self.name} cannot be made of its arguments: {type(error).__name__}.",
                remedy="Correct azure-identity arguments (azure_credential_secret_arguments).",
            ) from None
        try:
            token = credential.get_token(self.scope)
            return str(token.token), float(token.expires_on)
        except Exception as error:  # noqa: BLE001 - azure-core is not imported for its errors
            said = type(error).__name__
        finally:
            getattr(credential, "close", _nothing)()
        raise AuthenticationError(
            f"{self.name} gave no token: {said}.",
            remedy="The log of azure.identity at level DEBUG says why.",
        )

    def _class(self) -> Any:
        try:
            return import_named(self._path)
        except ConfigurationError as error:
            if self._path.startswith("azure.identity"):
                error.remedy = "Install it with: pip install 'airflow-provider-bc[azure]'."
            raise


def _nothing() -> None:
    """Close nothing: a credential need not hold anything open."""
