from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from airflow_provider_bc.auth.certificate import Certificate
from airflow_provider_bc.errors import ConfigurationError
from tests.auth.certificates import (
    PASSPHRASE,
    certificate_of,
    pem,
    pem_certificate,
    pem_key,
    pfx,
    rsa_key,
)
from tests.peer import CLIENT, HandClock, Peer

URL = "https://login.microsoftonline.com/t/oauth2/v2.0/token"


def read(content: bytes, passphrase: str | None = None, algorithm: str = "PS256") -> Certificate:
    return Certificate.read(CLIENT, content, passphrase, algorithm)


def one_line(content: bytes) -> bytes:
    return content.replace(b"\n", b" ")


def without_breaks(content: bytes) -> bytes:
    return content.replace(b"\n", b"")


def escaped(content: bytes) -> bytes:
    return content.replace(b"\n", rb"\n")


def windows(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("pasted", [bytes, one_line, without_breaks, escaped, windows])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_pem_is_read_however_it_was_pasted(
    pasted: Callable[[bytes], bytes], passphrase: str | None
) -> None:
    found = read(pasted(pem(rsa_key(), passphrase)), passphrase)

    assert found.der == certificate_of(rsa_key()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_the_older_form_of_pem_is_read(passphrase: str | None) -> None:
    assert (
        read(pem(rsa_key(), passphrase, old=True), passphrase).digest == read(pem(rsa_key())).digest
    )


@pytest.mark.parametrize("written", [bytes, base64.b64encode, base64.encodebytes])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_pfx_is_read_as_it_is_or_as_text(
    written: Callable[[bytes], bytes], passphrase: str | None
) -> None:
    found = read(written(pfx(rsa_key(), passphrase)), passphrase)

    assert found.digest == read(pem(rsa_key())).digest


def test_the_certificate_that_belongs_to_the_key_is_found_in_a_chain() -> None:
    chain = pem_certificate(rsa_key(1)) + pem(rsa_key()) + pem_certificate(rsa_key(2))

    assert read(chain).digest == read(pem(rsa_key())).digest
    assert read(pfx(rsa_key(), None, rsa_key(1))).digest == read(pem(rsa_key())).digest


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        (b"", None),
        (b"no certificate", None),
        (pem_certificate(rsa_key()), None),
        (pem(rsa_key()) + pem_key(rsa_key(1)), None),
        (pem(rsa_key(), PASSPHRASE), None),
        (pem(rsa_key(), PASSPHRASE), "wrong-passphrase"),
        (pem(rsa_key()), "wrong-passphrase"),
        (pfx(rsa_key(), PASSPHRASE), "wrong-passphrase"),
        (pfx(rsa_key(), PASSPHRASE), None),
        (pem(rsa_key()).replace(b"MII", b"XXX"), None),
    ],
)
def test_what_cannot_be_read_is_refused_without_showing_it(
    content: bytes, passphrase: str | None
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        read(content, passphrase)

    assert "private_key_passphrase" in caught.value.remedy
    assert "wrong-passphrase" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_only_rsa_keys_are_taken() -> None:
    with pytest.raises(ConfigurationError, match="not an RSA key"):
        read(pem(ec.generate_private_key(ec.SECP256R1())))


def test_a_certificate_of_another_key_is_refused() -> None:
    for content in (pem_key(rsa_key()) + pem_certificate(rsa_key(1)), pem_key(rsa_key())):
        with pytest.raises(ConfigurationError, match="belongs to it"):
            read(content)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "app.pfx"
    file.write_bytes(pfx(rsa_key(), PASSPHRASE))

    found = Certificate.read_file(CLIENT, str(file), PASSPHRASE, "PS256")

    assert found.digest == read(pem(rsa_key())).digest


@pytest.mark.parametrize("path", ["/nowhere/app.pem", "/", "a\0b"])
def test_a_file_that_cannot_be_read_is_named(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Certificate file .* cannot be read"):
        Certificate.read_file(CLIENT, path, None, "PS256")


@pytest.mark.parametrize(
    ("algorithm", "name", "digest"),
    [("PS256", "x5t#S256", hashlib.sha256), ("RS256", "x5t", hashlib.sha1)],
)
def test_an_assertion_says_who_for_whom_and_for_ten_minutes(
    algorithm: str, name: str, digest: Callable[[bytes], Any]
) -> None:
    own = read(pem(rsa_key()), algorithm=algorithm)
    proof = Peer().converse(
        Certificate(own.client_id, own.key, own.der, algorithm, HandClock(1_000.9)).prove()
    )

    form = proof(URL)

    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["client_assertion_type"] == kind
    claims = jwt.decode(
        form["client_assertion"],
        rsa_key().public_key(),
        algorithms=[algorithm],
        options={"verify_exp": False, "verify_aud": False},
    )
    assert (
        claims.pop("jti")
        != jwt.decode(proof(URL)["client_assertion"], options={"verify_signature": False})["jti"]
    )
    times = {"iat": 1_000, "nbf": 1_000, "exp": 1_600}
    assert claims == {"aud": URL, "iss": CLIENT, "sub": CLIENT, **times}
    header = jwt.get_unverified_header(form["client_assertion"])
    thumbprint = base64.urlsafe_b64encode(digest(own.der).digest()).decode().rstrip("=")
    assert header == {"alg": algorithm, "typ": "JWT", name: thumbprint}


def test_a_certificate_shows_and_pickles_nothing() -> None:
    own = read(pem(rsa_key()))

    assert repr(own) == f"Certificate(client_id='{CLIENT}', algorithm='PS256')"
    assert own.secrets == ()
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(own)
