"""An access token: how long it may be used, and what it says of its bearer."""

from __future__ import annotations

import base64
import binascii
import enum
import json
from dataclasses import dataclass
from typing import Any, NoReturn

REQUIRED_BELOW = 30.0
RECOMMENDED_BELOW = 300.0


class Freshness(enum.Enum):
    """Whether a token needs renewal (https://learn.microsoft.com/python/api/azure-core/azure.core.credentials.accesstokeninfo)."""

    FRESH = "use it"
    STALE = "use it, and try to renew it"
    EXPIRED = "renew it first"


class AccessToken:
    """A bearer token (https://www.rfc-editor.org/rfc/rfc6750), which never shows itself.

    :param value: what goes behind ``Bearer``.
    :param expires_at: when it ends, on the cache's clock, in seconds.
    :param refresh_at: from when on the service advises to renew it, on the same clock.
    """

    __slots__ = ("_value", "expires_at", "refresh_at")

    def __init__(self, value: str, expires_at: float, refresh_at: float | None = None) -> None:
        self._value = value
        self.expires_at = expires_at
        early = expires_at - RECOMMENDED_BELOW
        self.refresh_at = early if refresh_at is None else min(refresh_at, early)

    def __repr__(self) -> str:
        return f"AccessToken(***, expires_at={self.expires_at:.0f})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An access token is not pickled: each process signs in for itself.")

    def bearer(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._value}"

    def reveal(self) -> str:
        """Return the token itself, for the encrypted store only."""
        return self._value

    def freshness(self, now: float) -> Freshness:
        """Judge the token at a moment of the cache's clock."""
        if now > self.expires_at - REQUIRED_BELOW:
            return Freshness.EXPIRED
        return Freshness.STALE if now >= self.refresh_at else Freshness.FRESH

    def claims(self) -> Claims:
        """Read what the token says of its bearer, without verifying it."""
        return Claims.read(self._value)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims that explain a refusal (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).

    :param app_id: the app that the token was issued to, None where the token does not say.
    :param tenant_id: the directory it was issued in.
    :param roles: the application permissions granted, e.g. ``API.ReadWrite.All``.
    :param scopes: the delegated permissions, where a person signed in.
    :param audience: what the token is for.
    :param user: the person who signed in, None for an app.
    :param expires_at: when it ends, in Unix seconds.
    """

    app_id: str | None
    tenant_id: str | None
    roles: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    user: str | None = None
    expires_at: float | None = None

    @classmethod
    def read(cls, token: str) -> Claims:
        """Decode the claims of a JWT; an opaque token has none."""
        payload = read_claims(token)
        roles, ends = payload.get("roles"), payload.get("exp")
        return cls(
            app_id=payload.get("appid") or payload.get("azp"),
            tenant_id=payload.get("tid"),
            roles=tuple(str(role) for role in roles) if isinstance(roles, list) else (),
            scopes=tuple(str(payload.get("scp") or "").split()),
            audience=_text(payload.get("aud")),
            user=_text(payload.get("upn") or payload.get("unique_name")),
            expires_at=float(ends) if isinstance(ends, int | float) else None,
        )


def _text(value: Any) -> str | None:
    """Take nothing but text: a token of somebody else may hold a list there."""
    return value if isinstance(value, str) else None


def read_claims(token: str) -> dict[str, Any]:
    """Decode the claims of a JWT, without verifying it; an opaque token has none."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature (RFC 7519)
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    except (binascii.Error, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}
