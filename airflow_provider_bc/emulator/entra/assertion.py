"""Client assertions: an app proves itself with a certificate instead of a secret.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import Certificate, load_pem_x509_certificate

from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.tokens import SIGNATURE_ALONE, SKEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwt.types import Options

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_THUMBPRINTS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "PS256": ("x5t#S256", hashes.SHA256()),
    "RS256": ("x5t", hashes.SHA1()),  # noqa: S303  # a thumbprint names, it does not protect
}
_UNCHECKED: Options = {**SIGNATURE_ALONE, "verify_jti": False, "verify_sub": False}


def unpadded(assertion: str) -> str:
    """Drop the padding that azure-identity leaves in the segments of a JWT.

    :param assertion: the JWT.
    :returns: the JWT as https://www.rfc-editor.org/rfc/rfc7515#section-2 wants it.
    """
    return ".".join(segment.rstrip("=") for segment in assertion.split("."))


def issuer_of(assertion: str) -> str | None:
    """Read who says that it issued an assertion, before anything is checked.

    :param assertion: the JWT.
    :returns: its `iss`, None without one.
    :raises EntraError: AADSTS50027 if it is no JWT.
    """
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise EntraError(50027) from None
    issuer = claims.get("iss")
    return None if issuer is None else str(issuer)


def check_assertion(
    assertion: str,
    client_id: str,
    certificates: Sequence[str],
    audiences: Sequence[str],
    now: float,
) -> None:
    """Check a client assertion against the certificates of the app.

    :param assertion: the signed JWT.
    :param client_id: the app, which must be both issuer and subject.
    :param certificates: the app's certificates, PEM.
    :param audiences: the token endpoint by tenant id and as it was called; it must name one.
    :param now: the moment it must be valid at, give or take five minutes.
    :raises EntraError: AADSTS700027, 700024, 50048, 700023 or 50027.
    """
    claims = _verified(assertion, certificates)
    try:
        start, end = float(claims.get("nbf", 0)), float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        raise EntraError(50027) from None
    if not start - SKEW <= now < end + SKEW:
        raise EntraError(700024, f"Current time: {now:.0f}, valid from {start:.0f} to {end:.0f}.")
    if claims.get("sub") != client_id:
        raise EntraError(50048)
    if claims.get("aud") not in (*audiences, *([one] for one in audiences)):
        raise EntraError(700023, case="assertion")
    if not claims.get("jti"):
        raise EntraError(50027)


def _verified(assertion: str, certificates: Sequence[str]) -> dict[str, Any]:
    """Find the certificate that the header names and check the signature with its key."""
    header = jwt.get_unverified_header(assertion)
    named, digest = _THUMBPRINTS.get(header.get("alg", ""), ("", hashes.SHA256()))
    thumbprint = header.get(named)
    if not isinstance(thumbprint, str):
        raise EntraError(700027, "Reason - The thumbprint of the certificate is missing.")
    for certificate in map(load_pem_x509_certificate, map(str.encode, certificates)):
        if certificate.fingerprint(digest) == _decoded(thumbprint):
            return _checked(assertion, certificate, header["alg"])
    raise EntraError(700027, "Reason - The key was not found.")


def _decoded(thumbprint: str) -> bytes:
    bare = thumbprint.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError:
        return b""


def _checked(assertion: str, certificate: Certificate, algorithm: str) -> dict[str, Any]:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise EntraError(700027, "Reason - The key is not an RSA key.")
    try:
        claims = jwt.decode(assertion, key, algorithms=[algorithm], options=_UNCHECKED)
    except jwt.InvalidTokenError:
        raise EntraError(
            700027, "Reason - The key was found, but the signature is wrong."
        ) from None
    return dict(claims)
