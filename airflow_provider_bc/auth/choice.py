"""Which sign-in the settings ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pydantic import SecretStr

from airflow_provider_bc.auth.azure_credential import AzureCredential
from airflow_provider_bc.auth.certificate import Certificate
from airflow_provider_bc.auth.client_authentication import (
    ClientAuthentication,
    ClientSecret,
    PublicClient,
)
from airflow_provider_bc.auth.client_credentials import ClientCredentials
from airflow_provider_bc.auth.federated import FILE_VARIABLE, FederatedAssertion
from airflow_provider_bc.auth.grant import Grant
from airflow_provider_bc.auth.managed_identity import ManagedIdentity
from airflow_provider_bc.auth.user import SignedInUser
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.settings import Settings


def grant_of(
    settings: Settings, conn_id: str = "", environ: Mapping[str, str] = os.environ
) -> Grant:
    """Make the sign-in of a connection.

    :param settings: the connection.
    :param conn_id: its id, under which a person's refresh token is kept.
    :param environ: the environment variables, which Azure tells its machines things by.
    :return: the grant, whose certificate is read but for which nothing was sent yet.
    :raises ConfigurationError: when the credential cannot be read.
    """
    if settings.grant_type == "managed_identity":
        return ManagedIdentity.here(settings.scope, settings.client_id, environ)
    if settings.grant_type == "azure_credential":
        arguments = _text(settings.azure_credential_secret_arguments) or "{}"
        return AzureCredential(settings.azure_credential or "", arguments, settings.scope)
    if settings.grant_type == "authorization_code":
        return user_of(settings, conn_id)
    return ClientCredentials(
        settings.authority_host,
        settings.tenant_id,
        settings.client_id or "",
        settings.scope,
        _federated(settings, environ)
        if settings.grant_type == "federated_identity"
        else _own(settings),
    )


def user_of(settings: Settings, conn_id: str) -> SignedInUser:
    """Make the sign-in of the person who signs in for a connection.

    :param settings: the connection; its grant type is ``authorization_code``.
    :param conn_id: its id.
    :raises ConfigurationError: for any other grant type, or when the credential cannot be read.
    """
    if settings.grant_type != "authorization_code":
        raise ConfigurationError(
            f"Nobody signs in for the grant type {settings.grant_type}.",
            remedy="Set Grant type (grant_type) to authorization_code where a person shall.",
        )
    return SignedInUser(
        settings.authority_host,
        settings.tenant_id,
        settings.client_id or "",
        settings.scope,
        _own(settings),
        conn_id,
    )


def _own(settings: Settings) -> ClientAuthentication:
    """Take the app's own credential; without one it is a public client."""
    client_id = settings.client_id or ""
    passphrase = _text(settings.private_key_passphrase)
    algorithm = settings.assertion_algorithm
    if settings.certificate_file:
        return Certificate.read_file(client_id, settings.certificate_file, passphrase, algorithm)
    if settings.private_key:
        content = settings.private_key.get_secret_value().encode()
        return Certificate.read(client_id, content, passphrase, algorithm)
    if settings.client_secret:
        return ClientSecret(settings.client_secret.get_secret_value())
    return PublicClient()


def _federated(settings: Settings, environ: Mapping[str, str]) -> FederatedAssertion:
    if settings.federated_assertion_callable:
        return FederatedAssertion.from_callable(settings.federated_assertion_callable)
    path = settings.federated_assertion_file or environ.get(FILE_VARIABLE)
    if path:
        return FederatedAssertion.from_file(path)
    raise ConfigurationError(
        "Federated token file (federated_assertion_file) is missing, and the environment variable "
        f"{FILE_VARIABLE} is not set.",
        remedy="Give the file or a callable (federated_assertion_callable), or let the workload "
        "identity webhook of AKS set the variable on every component that signs in.",
    )


def _text(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
