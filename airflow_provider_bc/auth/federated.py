"""Workload identity federation: a token of another identity provider is the app's credential.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from airflow_provider_bc.auth.aside import aside
from airflow_provider_bc.auth.client_authentication import ASSERTION_TYPE, Proof
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError

FILE_VARIABLE = "AZURE_FEDERATED_TOKEN_FILE"
_REMEDY = (
    "Federated token file names a file that holds one JWT; Federated token callable a function "
    "without parameters that returns one."
)


def import_named(path: str) -> object:
    """Import what a dotted path names, where it is used.

    :param path: e.g. ``package.module.name``.
    :return: the function or class.
    :raises ConfigurationError: when there is none.
    """
    module, _, name = path.rpartition(".")
    try:
        found: object = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be imported: {error}.",
            remedy="Install what holds it wherever Airflow signs in: workers, triggerer, API "
            "server.",
        ) from error
    return found


@dataclass(frozen=True, slots=True)
class FederatedAssertion:
    """A token from elsewhere, read anew for each sign-in, since its file changes.

    :param origin: the file or the dotted path, which tells credentials apart.
    :param fetch: reads the token; it may block.
    """

    origin: str
    fetch: Callable[[], str] = field(repr=False)

    @classmethod
    def from_file(cls, path: str) -> FederatedAssertion:
        """Take the token from a file (https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html)."""
        return cls(path, lambda: _read(path))

    @classmethod
    def from_callable(cls, path: str) -> FederatedAssertion:
        """Take the token from a function, imported where it is used."""
        return cls(path, lambda: _call(path))

    @property
    def digest(self) -> str:
        """SHA-256 of where the token comes from: the token itself is new every hour."""
        return hashlib.sha256(self.origin.encode()).hexdigest()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token is not at hand, and no error of Entra repeats it."""
        return ()

    def prove(self) -> Conversation[Proof]:
        """Fetch the token and send it."""
        token = yield from aside(self.fetch, "the federated token is being fetched")
        if not isinstance(token, str) or token.count(".") != 2:  # noqa: PLR2004 - RFC 7519
            raise ConfigurationError(f"{self.origin} gave no JWT.", remedy=_REMEDY)
        fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token.strip()}
        return lambda _: dict(fields)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"Federated token file {path!r} cannot be read: {type(error).__name__}.",
            remedy=_REMEDY,
        ) from None


def _call(path: str) -> str:
    fetch = import_named(path)
    try:
        return str(fetch())  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001 - whatever a stranger's function raises
        kind = type(error).__name__
    raise ConfigurationError(f"{path} raised {kind}.", remedy=_REMEDY)
