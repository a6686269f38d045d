"""Client assertions: an app proves itself with a certificate instead of a secret.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate

from airflow_provider_bc.emulator.entra.errors import EntraError

if TYPE_CHECKING:
    from jwt.types import Options

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNCHECKED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


def check_assertion(
    assertion: str, client_id: str, certificates: list[str], token_url: str, now: float
) -> None:
    """Check a client assertion against the certificates of the app.

    :param assertion: the signed JWT; padding in its segments is tolerated, as Entra does.
    :param client_id: the app, which must be both issuer and subject.
    :param certificates: the app's certificates, PEM.
    :param token_url: the audience it must name.
    :param now: the moment it must be valid at.
    :raises EntraError: AADSTS700027, 700024 or 50012.
    """
    bare = ".".join(segment.rstrip("=") for segment in assertion.split("."))
    for pem in certificates:
        key = load_pem_x509_certificate(pem.encode()).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            continue
        try:
            claims = jwt.decode(bare, key, algorithms=["RS256", "PS256"], options=_UNCHECKED)
        except jwt.InvalidTokenError:
            continue
        if not float(claims.get("nbf", 0)) - 300 <= now < float(claims.get("exp", 0)) + 300:
            raise EntraError(700024, "Review the documentation.")
        if (claims.get("iss"), claims.get("sub")) != (client_id, client_id):
            raise EntraError(50012, "The 'sub' and 'iss' of the assertion must be the client id.")
        if claims.get("aud") != token_url:
            raise EntraError(50012, "The assertion names another audience.")
        return
    raise EntraError(700027, "Reason - The key was not found.")
