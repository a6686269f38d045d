"""Access tokens: signed with a real key, verified by everyone, revocable.

https://learn.microsoft.com/entra/identity-platform/access-tokens
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from jwt.types import Options

    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.entra.directory import Application

RESOURCE = "https://api.businesscentral.dynamics.com"
RESOURCE_ID = "996def3d-b36c-4153-8607-a6fd3c01b89f"
_SKEW = 300
_UNCHECKED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """Make the key of this process.

    :returns: an RSA key that never leaves memory.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def key_id() -> str:
    """Say the key's name in token headers and in the key set.

    :returns: its `kid`.
    """
    numbers = signing_key().public_key().public_numbers()
    return sha256(str(numbers.n).encode()).hexdigest()[:27]


def key_set(issuer: str) -> dict[str, Any]:
    """Publish the public key (https://www.rfc-editor.org/rfc/rfc7517).

    :param issuer: the issuer the key belongs to.
    :returns: the JSON Web Key Set.
    """
    numbers = signing_key().public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "kid": key_id(), "x5t": key_id(), "issuer": issuer}
    return {"keys": [key | {"n": _base64url(numbers.n), "e": _base64url(numbers.e)}]}


class InvalidTokenError(Exception):
    """The bearer is not a token this tenant issued for Business Central, or no longer one."""


class TokenIssuer:
    """Issues and verifies the access tokens of one tenant.

    :param tenant_id: the tenant.
    :param clock: what tokens age by.
    :param lifetime: seconds a token lives.
    """

    def __init__(self, tenant_id: str, clock: Clock, lifetime: int) -> None:
        self._tenant_id = tenant_id
        self._clock = clock
        self.lifetime = lifetime
        self._issued = 0
        self._revoked_up_to = 0
        self._verified: dict[str, dict[str, Any]] = {}

    def issue(self, application: Application, audience: str, *, certificate: bool = False) -> str:
        """Issue an app-only token.

        :param application: whom it is for.
        :param audience: the resource as the scope named it.
        :param certificate: whether the client proved itself with a certificate.
        :returns: the signed token.
        """
        now = int(self._clock.now())
        self._issued += 1
        issuer = f"https://sts.windows.net/{self._tenant_id}/"
        claims: dict[str, Any] = {
            "aud": audience,
            "iss": issuer,
            "iat": now - _SKEW,
            "nbf": now - _SKEW,
            "exp": now + self.lifetime,
            "appid": application.client_id,
            "appidacr": "2" if certificate else "1",
            "idp": issuer,
            "idtyp": "app",
            "oid": application.object_id,
            "sub": application.object_id,
            "tid": self._tenant_id,
            "uti": f"{self._issued:022d}",
            "ver": "1.0",
        }
        if application.roles:
            claims["roles"] = list(application.roles)
        headers = {"kid": key_id(), "x5t": key_id()}
        return jwt.encode(claims, signing_key(), algorithm="RS256", headers=headers)

    def revoke_all(self) -> None:
        """Let no token issued so far be valid any longer."""
        self._revoked_up_to = self._issued

    def verify(self, token: str) -> dict[str, Any]:
        """Check a bearer as Business Central does.

        :param token: the bearer.
        :returns: its claims.
        :raises InvalidTokenError: if signature, audience, lifetime or tenant is wrong, or if it was
            revoked.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._decode(token)
            if len(self._verified) > _SKEW:
                self._verified.clear()
            self._verified[token] = claims
        if not claims["nbf"] <= self._clock.now() < claims["exp"]:
            raise InvalidTokenError("outside its lifetime")
        if int(claims["uti"]) <= self._revoked_up_to:
            raise InvalidTokenError("revoked")
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        key = signing_key().public_key()
        try:
            claims = jwt.decode(token, key, algorithms=["RS256"], options=_UNCHECKED)
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError(str(error)) from error
        if claims.get("aud") not in (RESOURCE, RESOURCE_ID, f"{RESOURCE}/"):
            raise InvalidTokenError("another audience")
        if claims.get("tid") != self._tenant_id:
            raise InvalidTokenError("another tenant")
        return dict(claims)
