"""Microsoft's own libraries as witnesses, and a browser without a screen."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from airflow_provider_bc.emulator import Emulator, Server

BC = "https://api.businesscentral.dynamics.com"
SCOPE = f"{BC}/.default"
USER_SCOPE = f"{BC}/user_impersonation offline_access openid profile"
REDIRECT = "http://localhost:5000/callback"
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def key_pair() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "airflow")])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    dated = builder.not_valid_before(start).not_valid_after(start + timedelta(days=9999))
    return key, dated.sign(key, hashes.SHA256())


def pem(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


@contextmanager
def session_for(server: Server) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = server.ca_file or False
        yield session


@contextmanager
def msal_app(server: Server, credential: object = None) -> Iterator[Any]:
    """A public client, or with a credential a confidential one."""
    emulator = server.emulator
    with session_for(server) as session:
        common = {
            "authority": f"{server.url}/{emulator.tenant_id}",
            "instance_discovery": False,
            "http_client": session,
        }
        if credential is None:
            public = emulator.directory.applications[1].client_id
            yield msal.PublicClientApplication(public, **common)
            return
        yield msal.ConfidentialClientApplication(
            emulator.client_id, client_credential=credential, **common
        )


@dataclass
class Browser:
    """Follows forms by hand; leaves redirects to the test."""

    http: httpx.Client
    page: httpx.Response | None = None

    def open(self, url: str, **params: str) -> httpx.Response:
        self.page = self.http.get(url, params=params or None)
        return self.page

    def press(self, text: str, **typed: str) -> httpx.Response:
        """Press the button that shows a text."""
        assert self.page is not None
        html = self.page.text
        action = re.findall(r'<form method="post" action="([^"]*)"', html)[0]
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', html)
        fields = {unescape(name): unescape(value) for name, value in hidden} | typed
        for attributes, label in re.findall(r"<button type=\"submit\"([^>]*)>([^<]*)<", html):
            if text in unescape(label):
                named = re.findall(r'name="([^"]*)" value="([^"]*)"', attributes)
                fields |= {name: unescape(value) for name, value in named}
                self.page = self.http.post(unescape(action), data=fields)
                return self.page
        raise AssertionError(f"no button {text!r} in {html}")


def landed(answer: httpx.Response) -> dict[str, str]:
    """Read what the app learns at its redirect URI, in any response mode."""
    if answer.status_code == 200:
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text)
        return {unescape(name): unescape(value) for name, value in hidden}
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    pairs = parse_qs(parts.fragment or parts.query, strict_parsing=True)
    return {name: value for name, (value,) in pairs.items()}


def asking(emulator: Emulator, **changes: str) -> dict[str, str]:
    """The parameters of an authorization request of the web app; `-` leaves one out."""
    given = {
        "client_id": emulator.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": USER_SCOPE,
        "state": "a/b c&d",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (given | changes).items() if value != "-"}


def authorize_at(emulator: Emulator, tenant: str = "") -> str:
    return f"/{tenant or emulator.tenant_id}/oauth2/v2.0/authorize"


def redeem(http: httpx.Client, emulator: Emulator, tenant: str = "", **form: str) -> Any:
    """Post to the token endpoint as the web app; `-` leaves a field out."""
    given = {"client_id": emulator.client_id, "client_secret": emulator.client_secret} | form
    data = {name: value for name, value in given.items() if value != "-"}
    return http.post(f"/{tenant or emulator.tenant_id}/oauth2/v2.0/token", data=data)


def redeem_code(http: httpx.Client, emulator: Emulator, code: str, /, **changes: str) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return redeem(http, emulator, **(form | changes))


def code_of(http: httpx.Client, emulator: Emulator, **changes: str) -> str:
    """Sign in and bring back the code."""
    answer = http.get(authorize_at(emulator), params=asking(emulator, **changes))
    return landed(answer)["code"]


def refused(answer: httpx.Response) -> tuple[int, str, int]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_codes"][0]
