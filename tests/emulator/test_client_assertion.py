"""Certificates and foreign tokens instead of secrets (facts: entra-oauth.md 2.2, 2.3)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    WorkloadIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.assertion import ASSERTION_TYPE
from airflow_provider_bc.emulator.entra.directory import Application
from airflow_provider_bc.emulator.entra.federation import FederatedCredential, ForeignIssuer

from .conftest import Client, sign_in
from .witnesses import SCOPE, key_pair, msal_app, pem

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:Contoso/dags:environment:Production"
PAIR = key_pair()


@pytest.fixture
def tls_server() -> Iterator[Server]:
    with serve(Emulator(), tls=True) as running:
        yield running


def test_msal_signs_in(tls_server: Server) -> None:
    with msal_app(tls_server, tls_server.emulator.client_secret) as app:
        answer = app.acquire_token_for_client([SCOPE])
    assert answer["expires_in"] == 3599, answer


def test_msal_signs_in_with_a_certificate(tls_server: Server) -> None:
    private, public = pem(*PAIR)
    tls_server.emulator.application.certificates.append(public)
    with msal_app(tls_server, {"private_key": private, "public_certificate": public}) as app:
        answer = app.acquire_token_for_client([SCOPE])
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["appidacr"] == "2"


def test_msal_signs_in_with_a_sha1_thumbprint(tls_server: Server) -> None:
    private, public = pem(*PAIR)
    tls_server.emulator.application.certificates.append(public)
    thumbprint = PAIR[1].fingerprint(hashes.SHA1()).hex()  # noqa: S303
    with msal_app(tls_server, {"private_key": private, "thumbprint": thumbprint}) as app:
        assert "access_token" in app.acquire_token_for_client([SCOPE])


def test_msal_signs_in_with_a_foreign_token(tls_server: Server) -> None:
    foreign = _trust(tls_server.emulator)
    now = tls_server.emulator.clock.now()
    token = {"client_assertion": lambda: foreign.token(SUBJECT, now)}
    with msal_app(tls_server, token) as app:
        assert "access_token" in app.acquire_token_for_client([SCOPE])


def _azure(server: Server) -> dict[str, Any]:
    return {
        "authority": server.url,
        "disable_instance_discovery": True,
        "connection_verify": server.ca_file,
    }


def test_azure_identity_signs_in(tls_server: Server) -> None:
    emulator = tls_server.emulator
    names = emulator.tenant_id, emulator.client_id
    with ClientSecretCredential(*names, emulator.client_secret, **_azure(tls_server)) as credential:
        assert emulator.principal(f"Bearer {credential.get_token(SCOPE).token}") == names[1]


def test_azure_identity_signs_in_with_a_certificate(tls_server: Server, tmp_path: Path) -> None:
    emulator = tls_server.emulator
    private, public = pem(*PAIR)
    emulator.application.certificates.append(public)
    file = tmp_path / "both.pem"
    file.write_text(private + public)
    names = emulator.tenant_id, emulator.client_id
    with CertificateCredential(*names, str(file), **_azure(tls_server)) as credential:
        assert credential.get_token(SCOPE).token


def test_azure_identity_signs_in_with_foreign_tokens(tls_server: Server, tmp_path: Path) -> None:
    emulator = tls_server.emulator
    foreign = _trust(emulator)
    names = emulator.tenant_id, emulator.client_id

    def token() -> str:
        return foreign.token(SUBJECT, emulator.clock.now())

    with ClientAssertionCredential(*names, token, **_azure(tls_server)) as credential:
        assert credential.get_token(SCOPE).token
    file = tmp_path / "token"
    file.write_text(token())
    with WorkloadIdentityCredential(
        tenant_id=names[0],
        client_id=names[1],
        token_file_path=str(file),
        **_azure(tls_server),
    ) as workload:
        assert workload.get_token(SCOPE).token
    assert emulator.log.grants() == {"client_credentials": 2}


def _trust(emulator: Emulator, *others: FederatedCredential) -> ForeignIssuer:
    foreign = ForeignIssuer(ISSUER)
    emulator.directory.issuers[ISSUER] = foreign
    emulator.application.federated.extend([FederatedCredential(ISSUER, SUBJECT), *others])
    return foreign


def _post(client: Client, assertion: str, **changes: str) -> int:
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    answer = sign_in(client.http, client.emulator, client_secret="-", **(proof | changes)).json()
    return 0 if "access_token" in answer else answer["error_codes"][0]


def _thumbprint(algorithm: str, certificate: x509.Certificate) -> dict[str, str]:
    digest: hashes.HashAlgorithm = hashes.SHA1() if algorithm == "RS256" else hashes.SHA256()  # noqa: S303
    name = "x5t" if algorithm == "RS256" else "x5t#S256"
    return {name: urlsafe_b64encode(certificate.fingerprint(digest)).decode()}


def _signed(
    client: Client,
    algorithm: str = "PS256",
    headers: dict[str, str] | None = None,
    **changes: object,
) -> str:
    emulator = client.emulator
    now = emulator.clock.now()
    url = f"{client.server.url}/{emulator.tenant_id}/oauth2/v2.0/token"
    who = emulator.client_id
    claims = {"iss": who, "sub": who, "aud": url, "exp": now + 60.5, "nbf": now, "jti": "1"}
    merged = {name: value for name, value in (claims | changes).items() if value is not None}
    marks = _thumbprint(algorithm, PAIR[1]) if headers is None else headers
    return jwt.encode(merged, PAIR[0], algorithm=algorithm, headers=marks)


def test_certificates_are_checked(client: Client) -> None:
    assert _post(client, _signed(client)) == 700027
    client.emulator.application.certificates.append(pem(*PAIR)[1])
    assert _post(client, _signed(client)) == 0
    assert _post(client, _signed(client, "RS256")) == 0
    assert _post(client, _signed(client, nbf=None)) == 0
    assert _post(client, _signed(client, headers={})) == 700027
    assert _post(client, _signed(client, headers={"x5t#S256": "A"})) == 700027
    wrong_kind = _thumbprint("RS256", PAIR[1])
    assert _post(client, _signed(client, "PS256", wrong_kind)) == 700027
    other = _thumbprint("PS256", key_pair()[1])
    assert _post(client, _signed(client, headers=other)) == 700027
    assert _post(client, _signed(client, sub="somebody else")) == 50048
    assert _post(client, _signed(client, aud="https://elsewhere.example")) == 700023
    assert _post(client, _signed(client, jti=None)) == 50027
    assert _post(client, _signed(client, exp=None)) == 50027
    assert _post(client, _signed(client), client_assertion_type="saml") == 90023
    assert _post(client, "nonsense") == 50027


def test_the_audience_names_the_tenant_by_its_id_or_as_it_was_called(client: Client) -> None:
    client.emulator.application.certificates.append(pem(*PAIR)[1])
    path = "/cronus.example/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    form |= {"client_id": client.emulator.client_id, "client_assertion_type": ASSERTION_TYPE}
    for assertion in (_signed(client), _signed(client, aud=f"{client.server.url}{path}")):
        answer = client.http.post(path, data=form | {"client_assertion": assertion})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [(0, 60, 0), (0, -299, 0), (0, -300, 700024), (300, 600, 0), (301, 600, 700024)],
)
def test_assertions_age(client: Client, start: int, end: int, code: int) -> None:
    client.emulator.application.certificates.append(pem(*PAIR)[1])
    now = client.emulator.clock.now()
    assert _post(client, _signed(client, nbf=now + start, exp=now + end)) == code


def test_a_stolen_thumbprint_does_not_help(client: Client) -> None:
    other = key_pair()[1]
    client.emulator.application.certificates.append(pem(PAIR[0], other)[1])
    assert _post(client, _signed(client, headers=_thumbprint("PS256", other))) == 700027


def test_only_rsa_keys_sign(client: Client) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    start = PAIR[1].not_valid_before_utc
    built = x509.CertificateBuilder(name, name, key.public_key(), 1)
    dated = built.not_valid_before(start).not_valid_after(PAIR[1].not_valid_after_utc)
    certificate = dated.sign(key, hashes.SHA256())
    client.emulator.application.certificates.append(pem(PAIR[0], certificate)[1])
    assert _post(client, _signed(client, headers=_thumbprint("PS256", certificate))) == 700027


@pytest.mark.parametrize(
    ("issuer", "subject", "audience", "code"),
    [
        (ISSUER, SUBJECT, "api://AzureADTokenExchange", 0),
        (f"{ISSUER}/", SUBJECT, "api://AzureADTokenExchange", 700211),
        (ISSUER, "repo:Contoso/dags:ref:refs/heads/main", "api://AzureADTokenExchange", 700213),
        (ISSUER, SUBJECT.lower(), "api://AzureADTokenExchange", 7002138),
        (ISSUER, SUBJECT, "https://github.com/Contoso", 700212),
        ("https://login.microsoftonline.com/x/v2.0", "x", "api://AzureADTokenExchange", 7002137),
        ("https://unreachable.example", "x", "api://AzureADTokenExchange", 50013),
    ],
)
def test_federated_credentials(
    client: Client, issuer: str, subject: str, audience: str, code: int
) -> None:
    entra = FederatedCredential("https://login.microsoftonline.com/x/v2.0", "an object id")
    _trust(client.emulator, entra, FederatedCredential("https://unreachable.example", "x"))
    foreign = client.emulator.directory.issuers.get(issuer, ForeignIssuer(issuer))
    token = foreign.token(subject, client.emulator.clock.now(), audience)
    assert _post(client, token) == code


def test_federated_tokens_age_and_are_verified(client: Client) -> None:
    now = client.emulator.clock.now()
    stranger = ForeignIssuer(ISSUER)
    assert _post(client, stranger.token(SUBJECT, now)) == 70025
    foreign = _trust(client.emulator)
    assert _post(client, foreign.token(SUBJECT, now - 1000)) == 700024
    assert _post(client, stranger.token(SUBJECT, now)) == 50013


def test_a_certificate_of_another_app_is_none(client: Client) -> None:
    other = Application("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "Other")
    other.certificates.append(pem(*PAIR)[1])
    client.emulator.directory.applications.append(other)
    assert isinstance(PAIR[0], rsa.RSAPrivateKey)
    assert _post(client, _signed(client)) == 700027
