"""Federated identity credentials: another identity provider's token stands for a secret.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.tokens import SIGNATURE_ALONE, SKEW

EXCHANGE = "api://AzureADTokenExchange"
_ENTRA = "https://login.microsoftonline.com/"


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """A trust record on an app registration.

    :param issuer: the `iss` of the foreign token, to the last slash.
    :param subject: its `sub`, in this casing.
    :param audience: its only `aud`.
    """

    issuer: str
    subject: str
    audience: str = EXCHANGE


class ForeignIssuer:
    """An identity provider elsewhere, whose keys Entra can find.

    :param url: its issuer.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        """The key that signs its tokens."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, subject: str, now: float, audience: str = EXCHANGE, lifetime: int = 600) -> str:
        """Issue a token to a workload.

        :param subject: the workload.
        :param now: the moment, seconds since 1970-01-01T00:00:00Z.
        :param audience: whom it is for.
        :param lifetime: seconds it lives.
        :returns: the signed JWT.
        """
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": audience,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + lifetime,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "foreign"})


def check_federated(
    assertion: str,
    client_id: str,
    trusted: Sequence[FederatedCredential],
    issuers: dict[str, ForeignIssuer],
    now: float,
) -> None:
    """Check a foreign token against the trust records of an app.

    :param assertion: the JWT, well-formed.
    :param client_id: the app.
    :param trusted: the app's records.
    :param issuers: the issuers whose keys can be found.
    :param now: the moment it must be valid at.
    :raises EntraError: AADSTS70025, 700211, 700212, 700213, 7002137, 7002138, 50013 or 700024.
    """
    if not trusted:
        raise EntraError(70025, client_id)
    claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    _match(claims, trusted)
    issuer = issuers.get(str(claims.get("iss")))
    if issuer is None:
        raise EntraError(50013, "The keys of the issuer cannot be found.")
    try:
        jwt.decode(
            assertion, issuer.key.public_key(), algorithms=["RS256"], options=SIGNATURE_ALONE
        )
    except jwt.InvalidTokenError:
        raise EntraError(50013, "The key was not found, or the signature is wrong.") from None
    if not float(claims.get("nbf", 0)) - SKEW <= now < float(claims.get("exp", 0)) + SKEW:
        raise EntraError(700024, "Check the clock of whoever issued it.")


def _match(claims: dict[str, Any], trusted: Sequence[FederatedCredential]) -> None:
    """Compare issuer, subject and audience in that order; each by every character."""
    issuer, subject, audience = (claims.get(name) for name in ("iss", "sub", "aud"))
    from_there = [one for one in trusted if one.issuer == issuer]
    if not from_there:
        raise EntraError(700211, str(issuer))
    same = [one for one in from_there if one.subject == subject]
    if not same:
        if str(subject).lower() in [one.subject.lower() for one in from_there]:
            raise EntraError(7002138, str(subject))
        raise EntraError(7002137 if str(issuer).startswith(_ENTRA) else 700213, str(subject))
    if not any(audience in (one.audience, [one.audience]) for one in same):
        raise EntraError(700212, str(audience))
