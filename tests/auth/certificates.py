"""Certificates of an app registration, made once for all tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

PASSPHRASE = "pass ü phrase"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Give a key; another number gives another one."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate_of(key: Key) -> x509.Certificate:
    """Sign a certificate with its own key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "airflow")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=9))
    return made.sign(key, hashes.SHA256())


def _locked(passphrase: str | None) -> KeySerializationEncryption:
    return BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()


def pem_key(key: Key, passphrase: str | None = None, *, old: bool = False) -> bytes:
    """Write a private key, in the form of PKCS #8 or the older one of OpenSSL."""
    form = PrivateFormat.TraditionalOpenSSL if old else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, _locked(passphrase))


def pem_certificate(key: Key) -> bytes:
    """Write the certificate of a key."""
    return certificate_of(key).public_bytes(Encoding.PEM)


def pem(key: Key, passphrase: str | None = None, *, old: bool = False) -> bytes:
    """Write key and certificate into one text."""
    return pem_key(key, passphrase, old=old) + pem_certificate(key)


def pfx(key: Key, passphrase: str | None = None, *others: Key) -> bytes:
    """Write key and certificate as PKCS #12."""
    chain = [certificate_of(one) for one in others] or None
    return pkcs12.serialize_key_and_certificates(
        b"airflow", key, certificate_of(key), chain, _locked(passphrase)
    )
