"""What a connection says of its sign-in: who, by which grant, with which credential."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

GrantType = Literal[
    "client_credentials",
    "federated_identity",
    "managed_identity",
    "authorization_code",
    "azure_credential",
]

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_CALLABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_CONN_ID = re.compile(r"[\w.-]+")
_LONGEST_REDIRECT_URI = 256
_APP = ("client_secret", "certificate_file", "private_key")
_CREDENTIALS: dict[str, tuple[str, ...]] = {
    "client_credentials": _APP,
    "authorization_code": _APP,
    "federated_identity": ("federated_assertion_file", "federated_assertion_callable"),
    "managed_identity": (),
    "azure_credential": ("azure_credential",),
}
_OF_AN_APP = ("client_credentials", "federated_identity", "authorization_code")


class SignInSettings(BaseModel):
    """The fields of a connection that decide how it signs in.

    The titles are the labels of the form; a field that holds a secret has a name that Airflow masks
    (https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/mask-sensitive-values.html).
    """

    client_id: str | None = Field(None, title="Application (client) ID")
    client_secret: SecretStr | None = Field(None, title="Client secret")
    grant_type: GrantType = Field("client_credentials", title="Grant type")
    secret_expires_on: date | None = Field(None, title="Secret expires on")
    certificate_file: str | None = Field(None, title="Certificate file")
    private_key: SecretStr | None = Field(None, title="Certificate with private key")
    private_key_passphrase: SecretStr | None = Field(None, title="Certificate passphrase")
    assertion_algorithm: Literal["PS256", "RS256"] = Field("PS256", title="Assertion algorithm")
    federated_assertion_file: str | None = Field(None, title="Federated token file")
    federated_assertion_callable: str | None = Field(None, title="Federated token callable")
    redirect_uri: str | None = Field(None, title="Redirect URI")
    azure_credential: str | None = Field(None, title="azure-identity credential")
    azure_credential_secret_arguments: SecretStr | None = Field(
        None, title="azure-identity arguments"
    )
    principals: tuple[str, ...] | None = Field(None, title="Other connections")

    @field_validator("client_id")
    @classmethod
    def _client_id_is_guid(cls, value: str) -> str:
        if not _GUID.fullmatch(value):
            raise ValueError("is not a GUID. Copy it from App registrations > your app > Overview")
        return value

    @field_validator("federated_assertion_callable")
    @classmethod
    def _callable_is_dotted(cls, value: str) -> str:
        if not _CALLABLE.fullmatch(value):
            raise ValueError("is not the dotted path of a function, such as package.module.token")
        return value

    @field_validator("azure_credential")
    @classmethod
    def _credential_is_a_class(cls, value: str) -> str:
        if not _CLASS.fullmatch(value):
            raise ValueError("is not the name of a class, such as AzureCliCredential")
        return value

    @field_validator("azure_credential_secret_arguments", mode="before")
    @classmethod
    def _arguments_are_an_object(cls, value: Any) -> Any:
        try:
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            arguments = json.loads(text) if isinstance(text, str) else text
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            raise ValueError('is not a JSON object, such as {"tenant_id": "…"}')  # noqa: TRY004 - pydantic wants it
        return json.dumps(arguments)

    @field_validator("principals", mode="before")
    @classmethod
    def _principals_are_connections(cls, value: Any) -> Any:
        """Read a comma list, or a JSON list."""
        try:
            listed = isinstance(value, str) and value.startswith("[")
            names = json.loads(value) if listed else value
        except ValueError:
            names = None
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",") if name.strip()]
        if not isinstance(names, list | tuple) or not all(
            isinstance(name, str) and _CONN_ID.fullmatch(name) for name in names
        ):
            raise ValueError("is not a list of connection ids, such as bc_second, bc_third")
        return tuple(names)

    @field_validator("redirect_uri")
    @classmethod
    def _redirect_uri_is_registrable(cls, value: str) -> str:
        check_redirect_uri(value)
        return value


def check_redirect_uri(uri: str) -> None:
    """Hold a redirect URI against Microsoft's rules.

    https://learn.microsoft.com/entra/identity-platform/reply-url

    :param uri: where the browser is sent after the sign-in.
    :raises ValueError: naming the rule that it breaks.
    """
    parts = urlsplit(uri)
    loopback = parts.hostname in ("localhost", "127.0.0.1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise ValueError("must start with https:// (http:// only for localhost)")
    if len(uri) > _LONGEST_REDIRECT_URI:
        raise ValueError(f"must have at most {_LONGEST_REDIRECT_URI} characters")
    if any(mark in uri for mark in "!$'(),;*") or not uri.isascii() or not uri.isprintable():
        raise ValueError("must do without ! $ ' ( ) , ; and *, in ASCII")
    if parts.fragment or "@" in parts.netloc or " " in uri:
        raise ValueError("must have no fragment, user name or blank")


def credential_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """Say what a grant lacks, or has too much of.

    :param given: the fields that are filled.
    :return: sentences that name fields by label and key.
    """
    grant = given.get("grant_type", "client_credentials")
    if grant not in get_args(GrantType):
        return
    if grant in _OF_AN_APP and "client_id" not in given:
        yield f"{_named('client_id')} is missing."
    own = _CREDENTIALS[grant]
    filled = [name for name in own if name in given]
    if grant == "client_credentials" and not filled:
        instead = " or ".join(_named(name) for name in _APP[1:])
        yield f"{_named('client_secret')} is missing; a certificate may take its place: {instead}."
    if grant == "azure_credential" and not filled:
        yield f"{_named('azure_credential')} is missing."
    if len(filled) > 1:
        yield f"{' and '.join(_named(name) for name in filled)} exclude each other: give one."
    others = sorted({name for names in _CREDENTIALS.values() for name in names} - {*own})
    for name in others:
        if name in given:
            yield f"{_named(name)} is not used by the grant type {grant}: leave it empty."


def _named(name: str) -> str:
    return f"{SignInSettings.model_fields[name].title} ({name})"
