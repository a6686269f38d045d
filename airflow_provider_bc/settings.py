"""What a connection says, checked once: the only reader of an Airflow Connection."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sign_in_settings import SignInSettings, credential_problems

API_URL = "https://api.businesscentral.dynamics.com"
AUTHORITY_HOST = "https://login.microsoftonline.com"
SCOPE = "https://api.businesscentral.dynamics.com/.default"
MAX_PAGE_SIZE = 20_000

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+", re.IGNORECASE | re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_STANDARD_FIELDS = frozenset({"client_id", "client_secret", "api_url", "port"})
_SHARED_TENANTS = {"common", "organizations", "consumers"}


class Settings(SignInSettings):
    """One connection of type ``business_central``, complete and checked.

    The titles are the labels of the connection form, so that an error names what a person sees.
    Parameters are those of https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_url: str = Field(API_URL, title="API URL")
    port: int | None = Field(None, title="Port (443)", ge=1, le=65535)
    tenant_id: str = Field(title="Directory (tenant) ID")
    environment: str = Field("Production", title="Environment")
    company: str | None = Field(None, title="Company")
    scope: str = Field(SCOPE, title="Scope")
    authority_host: str = Field(AUTHORITY_HOST, title="Authority host")
    tenant_in_url: bool = Field(default=False, title="Tenant in URL")
    read_replica: bool = Field(default=True, title="Read replica")
    language: str = Field("en-US", title="Language")
    page_size: int = Field(5_000, title="Page size", ge=1, le=MAX_PAGE_SIZE)
    timeout: float = Field(600, title="Timeout (seconds)", ge=1, le=3600)
    max_retries: int = Field(8, title="Retries", ge=0, le=20)
    ca_bundle: str | None = Field(None, title="CA bundle")
    web_client_url: str | None = Field(None, title="Web client URL")

    def __reduce__(self) -> NoReturn:
        raise TypeError("Settings are not pickled: they hold the secret.")

    @classmethod
    def from_connection(
        cls,
        *,
        login: str | None = None,
        password: SecretStr | str | None = None,
        host: str | None = None,
        port: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Settings:
        """Read the fields of an Airflow Connection; missing, null and "" mean the same.

        :param login: the Application (client) ID.
        :param password: the client secret.
        :param host: the API URL, https unless it is this machine.
        :param port: the port of the API URL, where it is not the scheme's own.
        :param extra: the extra fields; strings are coerced, unknown keys are refused.
        :param overrides: fields that a DAG sets in place of the connection's; None leaves them.
        :return: the settings.
        :raises ConfigurationError: naming every wrong field by its label in the form.
        """
        standard = {"client_id": login, "client_secret": password, "api_url": host, "port": port}
        _refuse_standard(standard.keys() & (extra or {}).keys())
        for name, value in overrides.items():
            if isinstance(value, str) and not value.strip():
                raise ConfigurationError(
                    f"{name} is blank.",
                    remedy="A template may have rendered to nothing; None takes the connection's.",
                )
        filled = _filled(standard) | _filled(extra or {}) | _filled(overrides)
        problems = list(credential_problems(filled))
        try:
            settings = cls(**filled)
        except ValidationError as error:
            problems += _problems(error)
        if not problems:
            return settings
        raise ConfigurationError(" ".join(problems), remedy="Correct the connection or the DAG.")

    @field_validator("tenant_id")
    @classmethod
    def _tenant_is_guid_or_domain(cls, value: str) -> str:
        if value.lower() in _SHARED_TENANTS:
            raise ValueError(f"is {value!r}, but an app signs in to one tenant: give its GUID")
        if not (_GUID.fullmatch(value) or _DOMAIN.fullmatch(value)):
            raise ValueError(
                "is neither a GUID nor a domain. Copy the Directory (tenant) ID from "
                "App registrations > your app > Overview, without braces"
            )
        return value

    @field_validator("environment")
    @classmethod
    def _environment_is_a_name(cls, value: str) -> str:
        if not _ENVIRONMENT.fullmatch(value):
            raise ValueError(
                "is not an environment name (letters, digits, '-' and '_'). "
                "The Business Central admin center lists them"
            )
        return value

    @field_validator("scope")
    @classmethod
    def _scope_is_default(cls, value: str) -> str:
        if any(mark in value for mark in (" ", ",", "%")):
            raise ValueError(f"must be one resource, not URL-encoded, such as {SCOPE}")
        resource = value.removesuffix("/.default").rstrip("/")
        if not resource or (not _GUID.fullmatch(resource) and urlsplit(resource).path):
            raise ValueError(f"must name a resource and end with /.default, such as {SCOPE}")
        return f"{resource}/.default"

    @field_validator("authority_host", "api_url", "web_client_url")
    @classmethod
    def _url_is_safe(cls, value: str) -> str:
        url = _split(value if "://" in value else f"https://{value}")
        if "@" in url.netloc or url.query or url.fragment:
            raise ValueError("must be scheme and host only, such as https://host")
        if url.path.rstrip("/") not in ("", "/v2.0"):
            raise ValueError(
                f"must end after the host, without {url.path!r}: "
                "tenant, environment and company have fields of their own"
            )
        if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url)):
            raise ValueError("must start with https:// (http only for this machine)")
        return f"{url.scheme}://{url.netloc}"

    @field_validator("language")
    @classmethod
    def _language_is_a_tag(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*", value):
            raise ValueError("is not a language tag such as en-US")
        return value

    @model_validator(mode="after")
    def _one_port(self) -> Settings:
        in_url = urlsplit(self.api_url).port
        if in_url and self.port and in_url != self.port:
            raise ValueError(
                f"API URL names port {in_url}, Port (443) says {self.port}: give one of them"
            )
        return self

    @property
    def api_root(self) -> str:
        """Scheme, host and port of the API, without a trailing slash."""
        url = urlsplit(self.api_url)
        port = self.port or url.port
        host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
        own = port in (None, {"https": 443, "http": 80}[url.scheme])
        return f"{url.scheme}://{host}" if own else f"{url.scheme}://{host}:{port}"


def _refuse_standard(names: Iterable[str]) -> None:
    for name in sorted(names):
        raise ConfigurationError(
            f"{name} is not an extra field.",
            remedy=f"Fill in the field {Settings.model_fields[name].title!r} of the connection.",
        )


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what was left out, be it null, blank or the 0 that the form sends for no port."""
    stripped = {name: _stripped(value) for name, value in fields.items()}
    return {
        name: value
        for name, value in stripped.items()
        if value is not None and value != "" and not (name == "port" and value == 0)
    }


def _stripped(value: Any) -> Any:
    """Drop the blanks around a text, which come with pasting; no secret of Entra has any."""
    if isinstance(value, SecretStr):
        return SecretStr(value.get_secret_value().strip())
    return value.strip() if isinstance(value, str) else value


def _split(value: str) -> SplitResult:
    url = urlsplit(value)
    if not url.hostname:
        raise ValueError("has no host name")
    if not _HOST.fullmatch(url.hostname):
        raise ValueError(
            f"must name a host, but {url.hostname!r} is not a host name "
            "(letters beyond a to z are written in punycode, xn--…)"
        )
    _ = url.port
    return url


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _nearest(name: str) -> str:
    fields = Settings.model_fields
    close = difflib.get_close_matches(name, fields, n=1)
    if not close:
        return f"there are {', '.join(sorted(fields.keys() - _STANDARD_FIELDS))}."
    if close[0] in _STANDARD_FIELDS:
        return f"did you mean the field {fields[close[0]].title!r} of the connection?"
    return f"did you mean {close[0]}?"


def _problems(error: ValidationError) -> Iterator[str]:
    fields = Settings.model_fields
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            yield f"{name}: unknown field; {_nearest(name)}"
        elif name not in fields:
            yield f"{message}."
        else:
            said = "is missing" if detail["type"] == "missing" else message
            joint = "" if said.startswith(("is ", "must ", "has ")) else ": "
            yield f"{fields[name].title} ({name}){joint or ' '}{said.rstrip('.')}."
