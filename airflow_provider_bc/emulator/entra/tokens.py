"""Tokens: signed with a real key, verified by everyone, revocable.

https://learn.microsoft.com/entra/identity-platform/access-tokens
https://learn.microsoft.com/entra/identity-platform/id-tokens
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from jwt.types import Options

    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.entra.directory import User

RESOURCE = "https://api.businesscentral.dynamics.com"
RESOURCE_ID = "996def3d-b36c-4153-8607-a6fd3c01b89f"
SKEW = 300
"""Seconds that clocks may differ by."""

SIGNATURE_ALONE: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}
"""Leave the claims to Entra's own rules, and to the emulator's clock."""


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """Make the key of this process.

    :returns: an RSA key that never leaves memory.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def base64url(raw: bytes) -> str:
    """Encode bytes for a URL (https://www.rfc-editor.org/rfc/rfc7515#section-2).

    :param raw: the bytes.
    :returns: base64url without padding.
    """
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def half_hash(value: str) -> str:
    """Hash a code or a token for `c_hash` and `at_hash`.

    https://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken

    :param value: the code or the token.
    :returns: the left half of its SHA-256, base64url.
    """
    return base64url(sha256(value.encode()).digest()[:16])


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
    return {"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]}


class InvalidTokenError(Exception):
    """The bearer is not a token this tenant issued for Business Central, or no longer one."""


class Principal(Protocol):
    """An app or a managed identity, as a token names it."""

    client_id: str
    roles: tuple[str, ...]

    @property
    def object_id(self) -> str:
        """The object id of the service principal."""


class TokenIssuer:
    """Issues tokens, and verifies those of one tenant.

    :param tenant_id: the tenant whose Business Central asks.
    :param clock: what tokens age by.
    :param lifetime: seconds a token lives.
    """

    def __init__(self, tenant_id: str, clock: Clock, lifetime: int) -> None:
        self._tenant_id = tenant_id
        self._clock = clock
        self.lifetime = lifetime
        self._name = secrets.token_urlsafe(8)
        self._issued = 0
        self._revoked_up_to = 0
        self._verified: dict[str, dict[str, Any]] = {}

    def issue(
        self,
        principal: Principal,
        audience: str,
        tenant_id: str,
        *,
        proof: str = "1",
        lifetime: int | None = None,
    ) -> str:
        """Issue an app-only token.

        :param principal: whom it is for.
        :param audience: the resource as the scope named it.
        :param tenant_id: the tenant it is for.
        :param proof: `appidacr`: 1 for a secret, 2 for an assertion.
        :param lifetime: seconds it lives; those of every token by default.
        :returns: the signed token.
        """
        claims: dict[str, Any] = {
            "appid": principal.client_id,
            "appidacr": proof,
            "idp": f"https://sts.windows.net/{tenant_id}/",
            "idtyp": "app",
            "oid": principal.object_id,
            "sub": principal.object_id,
        }
        if principal.roles:
            claims["roles"] = list(principal.roles)
        return self._access(claims, audience, tenant_id, lifetime or self.lifetime)

    def issue_delegated(
        self,
        user: User,
        client_id: str,
        scopes: tuple[str, ...],
        resource: str,
        *,
        tenant_id: str,
        proof: str,
    ) -> str:
        """Issue a token that acts in a user's name.

        :param user: the user.
        :param client_id: the app.
        :param scopes: the delegated permissions.
        :param resource: the resource as the scope named it.
        :param tenant_id: the tenant it is for.
        :param proof: `appidacr`: 0 for a public client, 1 for a secret, 2 for an assertion.
        :returns: the signed token.
        """
        claims: dict[str, Any] = {
            "acr": "1",
            "amr": ["pwd"],
            "appid": client_id,
            "appidacr": proof,
            "name": user.name,
            "oid": user.object_id,
            "sub": base64url(sha256(f"{user.object_id}/{resource}".encode()).digest()),
            "unique_name": user.upn,
            "upn": user.upn,
        }
        if scopes:
            claims["scp"] = " ".join(scopes)
        return self._access(claims, resource, tenant_id, self.lifetime)

    def issue_id_token(
        self, user: User, client_id: str, origin: str, tenant_id: str, **members: str
    ) -> str:
        """Issue an ID token (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference).

        :param user: who signed in.
        :param client_id: the app, its audience.
        :param origin: scheme and host of the authority.
        :param tenant_id: the tenant.
        :param members: `nonce`, `c_hash` and `at_hash`, where there is one.
        :returns: the signed token.
        """
        now = int(self._clock.now())
        claims = {
            "aud": client_id,
            "iss": f"{origin}/{tenant_id}/v2.0",
            "iat": now - SKEW,
            "nbf": now - SKEW,
            "exp": now + 3600 - SKEW,
            "name": user.name,
            "oid": user.object_id,
            "preferred_username": user.upn,
            "sub": base64url(sha256(f"{user.object_id}/{client_id}".encode()).digest()),
            "tid": tenant_id,
            "ver": "2.0",
        }
        claims |= {name: value for name, value in members.items() if value}
        return jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": key_id()})

    def _access(self, members: dict[str, Any], audience: str, tenant_id: str, lifetime: int) -> str:
        now = int(self._clock.now())
        self._issued += 1
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "iat": now - SKEW,
            "nbf": now - SKEW,
            "exp": now + lifetime,
            "tid": tenant_id,
            "uti": f"{self._name}{self._issued:011d}",
            "ver": "1.0",
        }
        headers = {"kid": key_id(), "x5t": key_id()}
        return jwt.encode(claims | members, signing_key(), algorithm="RS256", headers=headers)

    def revoke_all(self) -> None:
        """Let no access token issued so far be valid any longer."""
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
            if len(self._verified) > SKEW:
                self._verified.clear()
            self._verified[token] = claims
        if not claims["nbf"] <= self._clock.now() < claims["exp"]:
            raise InvalidTokenError("outside its lifetime")
        if int(claims["uti"].removeprefix(self._name)) <= self._revoked_up_to:
            raise InvalidTokenError("revoked")
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        key = signing_key().public_key()
        try:
            claims = jwt.decode(token, key, algorithms=["RS256"], options=SIGNATURE_ALONE)
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError(str(error)) from error
        if claims.get("aud") not in (RESOURCE, RESOURCE_ID, f"{RESOURCE}/"):
            raise InvalidTokenError("another audience")
        if claims.get("tid") != self._tenant_id:
            raise InvalidTokenError("another tenant")
        if not claims["uti"].startswith(self._name):
            raise InvalidTokenError("issued by another emulator")
        return dict(claims)
