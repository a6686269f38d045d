"""An app proves itself by a certificate: it signs an assertion with the private key.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import Certificate as X509Certificate
from cryptography.x509 import load_pem_x509_certificates

from airflow_provider_bc.auth.client_authentication import ASSERTION_TYPE, Proof
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_PEM_LINE = 64
_LIVES = 600
_THUMBPRINTS = {"PS256": ("x5t#S256", hashlib.sha256), "RS256": ("x5t", hashlib.sha1)}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of an app registration, with its private key.

    :param client_id: GUID of the app registration.
    :param key: the RSA key, which never leaves.
    :param der: the certificate.
    :param algorithm: ``PS256``, or ``RS256`` with a SHA-1 thumbprint as before 2024.
    :param now: the wall clock, in Unix seconds.
    """

    client_id: str
    key: RSAPrivateKey = field(repr=False)
    der: bytes = field(repr=False)
    algorithm: str = "PS256"
    now: Callable[[], float] = field(default=time.time, repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled.")

    @classmethod
    def read(
        cls, client_id: str, content: bytes, passphrase: str | None, algorithm: str
    ) -> Certificate:
        """Read certificate and key from one PEM text, or from a PFX.

        :param client_id: GUID of the app registration.
        :param content: PEM, in which line breaks may have become blanks; or PFX, or its base64.
        :param passphrase: of the private key, where it has one.
        :param algorithm: see `Certificate`.
        :return: the certificate that belongs to the private key.
        :raises ConfigurationError: saying what is wrong with it, never what it holds.
        """
        secret = passphrase.encode() if passphrase else None
        try:
            key, found = (
                _from_pem(content, secret) if _PEM.search(content) else _from_pfx(content, secret)
            )
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key, found = None, []
        if key is None:
            raise ConfigurationError(
                "The certificate cannot be read: it is neither PEM nor PFX with a private key, or "
                "the passphrase is not the right one.",
                remedy="Check Certificate file or Certificate with private key (PEM text, or PFX "
                "in base64), and Certificate passphrase (private_key_passphrase).",
            )
        if not isinstance(key, RSAPrivateKey):
            raise ConfigurationError(
                "The certificate's key is not an RSA key.",
                remedy="Microsoft Entra takes RSA keys only: make a new certificate.",
            )
        own = [one for one in found if _public(one) == _public_of(key)]
        if not own:
            raise ConfigurationError(
                "No certificate beside the private key belongs to it.",
                remedy="Put the certificate (BEGIN CERTIFICATE) into the same PEM or PFX.",
            )
        return cls(client_id, key, own[0].public_bytes(Encoding.DER), algorithm)

    @classmethod
    def read_file(
        cls, client_id: str, path: str, passphrase: str | None, algorithm: str
    ) -> Certificate:
        """Read certificate and key from a file; see `read`.

        :param path: a file that the worker can read.
        """
        try:
            content = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"Certificate file {path!r} cannot be read: {type(error).__name__}.",
                remedy="Give the path of a PEM or PFX file that the worker can read.",
            ) from None
        return cls.read(client_id, content, passphrase, algorithm)

    @property
    def digest(self) -> str:
        """SHA-256 of the certificate, which is public."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def secrets(self) -> tuple[str, ...]:
        """An assertion is used up at once."""
        return ()

    def prove(self) -> Conversation[Proof]:
        """Sign an assertion for each request."""
        yield from ()
        return self._form

    def _form(self, token_url: str) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self._sign(token_url)}

    def _sign(self, token_url: str) -> str:
        now = int(self.now())
        name, thumbprint = _THUMBPRINTS[self.algorithm]
        claims = {
            "aud": token_url,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + _LIVES,
        }
        digest = base64.urlsafe_b64encode(thumbprint(self.der).digest()).rstrip(b"=").decode()
        return jwt.encode(claims, self.key, self.algorithm, headers={name: digest})


def _from_pem(content: bytes, passphrase: bytes | None) -> tuple[object, list[X509Certificate]]:
    blocks = [(kind, _wrapped(kind, body)) for kind, body in _PEM.findall(content)]
    keys = [text for kind, text in blocks if kind.endswith(b"PRIVATE KEY")]
    certificates = b"".join(text for kind, text in blocks if kind == b"CERTIFICATE")
    if len(keys) != 1:
        raise ValueError("one key is needed")
    key = load_pem_private_key(keys[0], passphrase)
    return key, load_pem_x509_certificates(certificates) if certificates else []


def _wrapped(kind: bytes, body: bytes) -> bytes:
    r"""Give a block its line breaks back: a form's one line, or ``\n`` in JSON, loses them."""
    lines = body.replace(rb"\r", b"").replace(rb"\n", b"\n").strip()
    if b":" not in lines:  # the headers of an encrypted key in the old form need their own lines
        text = b"".join(lines.split())
        lines = b"\n".join(text[at : at + _PEM_LINE] for at in range(0, len(text), _PEM_LINE))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (kind, lines, kind)


def _from_pfx(content: bytes, passphrase: bytes | None) -> tuple[object, list[X509Certificate]]:
    with suppress(binascii.Error):  # a file is the PFX itself
        content = base64.b64decode(b"".join(content.split()), validate=True)
    key, certificate, others = pkcs12.load_key_and_certificates(content, passphrase)
    return key, [one for one in (certificate, *others) if one is not None]


def _public(certificate: X509Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _public_of(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
