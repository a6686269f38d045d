"""The token endpoint's answers and refusals (facts: entra-oauth.md sections 1, 5, 6)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import jwt
import msal
import pytest
import requests
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from airflow_provider_bc.emulator import Emulator, serve
from airflow_provider_bc.emulator.entra.directory import Application

from .conftest import SCOPE, Client, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jwt.types import Options

    from airflow_provider_bc.emulator import Server

BC = "https://api.businesscentral.dynamics.com"


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": "-"}, 401, "invalid_client", 7000218),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "-"}, 400, "invalid_request", 900144),
        ({"client_id": "-"}, 400, "invalid_request", 900144),
        ({"scope": "-"}, 400, "invalid_request", 900144),
        ({"scope": f"{BC}/API.ReadWrite.All"}, 400, "invalid_scope", 1002012),
        ({"scope": quote(SCOPE, safe="")}, 400, "invalid_scope", 700023),
        ({"scope": f"{SCOPE} {BC}/user_impersonation"}, 400, "invalid_scope", 70011),
        ({"scope": f"{SCOPE} https://graph.microsoft.com/.default"}, 400, "invalid_scope", 700022),
        ({"scope": ".default"}, 400, "invalid_scope", 700023),
        ({"scope": "https://elsewhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"resource": BC}, 400, "invalid_request", 901002),
    ],
)
def test_refusals(
    shared: Client,
    changes: dict[str, str],
    status: int,
    error: str,
    code: int,
) -> None:
    answer = sign_in(shared.http, shared.emulator, **changes)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["error_uri"].endswith(f"/error?code={code}")


@pytest.mark.parametrize(
    ("tenant", "code"),
    [
        ("11111111-2222-3333-4444-555555555555", 90002),
        ("elsewhere.example", 90002),
        ("no tenant", 900023),
        ("common", 9001023),
    ],
)
def test_tenants(shared: Client, tenant: str, code: int) -> None:
    data = {"grant_type": "client_credentials"}
    answer = shared.http.post(f"/{tenant}/oauth2/v2.0/token", data=data)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [code])


def test_correlation_id_echoes_the_callers(shared: Client) -> None:
    path = f"/{shared.emulator.tenant_id}/oauth2/v2.0/token"
    answer = shared.http.post(path, data={}, headers={"client-request-id": "my-id"})
    assert answer.json()["correlation_id"] == "my-id"
    assert shared.http.get(path).json()["error_codes"] == [900561]


def test_expired_secret(client: Client) -> None:
    client.emulator.application.secrets[0].expires = client.emulator.clock.now()
    assert sign_in(client.http, client.emulator).json()["error_codes"] == [7000222]


def test_secret_id_is_not_the_secret(shared: Client) -> None:
    identity = shared.emulator.application.secrets[0].id
    answer = sign_in(shared.http, shared.emulator, client_secret=identity)
    assert answer.json()["error_codes"] == [7000215]


def test_tenant_without_business_central(client: Client) -> None:
    client.emulator.directory.has_business_central = False
    assert sign_in(client.http, client.emulator).json()["error_codes"] == [500011]


def test_basic_authentication(shared: Client) -> None:
    emulator = shared.emulator
    pair = f"{emulator.client_id}:{quote(emulator.client_secret, safe='')}"
    basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    data = {"grant_type": "client_credentials", "scope": SCOPE}
    path = f"/{emulator.tenant_id}/oauth2/v2.0/token"
    assert shared.http.post(path, data=data, headers=basic).status_code == 200
    broken = shared.http.post(path, data=data, headers={"Authorization": "Basic ###"})
    assert broken.json()["error_codes"] == [9002313]


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"grant_type=client_credentials", "application/json", 900144),
        (b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded", 9002313),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", 9002313),
        (b"grant_type", "application/x-www-form-urlencoded", 9002313),
    ],
)
def test_malformed_forms(shared: Client, content: bytes, kind: str, code: int) -> None:
    path = f"/{shared.emulator.tenant_id}/oauth2/v2.0/token"
    answer = shared.http.post(path, content=content, headers={"Content-Type": kind})
    assert answer.json()["error_codes"] == [code]


def test_a_secret_sent_without_encoding_is_refused(shared: Client) -> None:
    emulator = shared.emulator
    raw = f"grant_type=client_credentials&client_id={emulator.client_id}&scope={SCOPE}"
    body = f"{raw}&client_secret={emulator.client_secret}".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = shared.http.post(
        f"/{emulator.tenant_id}/oauth2/v2.0/token",
        content=body,
        headers=kind,
    )
    assert answer.status_code in (400, 401)


def test_token_claims_and_keys(shared: Client) -> None:
    answer = sign_in(shared.http, shared.emulator).json()
    tenant = shared.emulator.tenant_id
    metadata = shared.http.get(f"/{tenant}/v2.0/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(shared.http.get(metadata["jwks_uri"]).json())
    kid = jwt.get_unverified_header(answer["access_token"])["kid"]
    unaged: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    claims = jwt.decode(
        answer["access_token"],
        keys[kid],
        algorithms=["RS256"],
        audience=BC,
        options=unaged,
    )
    assert claims["iss"] == f"https://sts.windows.net/{tenant}/"
    assert claims["tid"] == tenant
    assert claims["appid"] == shared.emulator.client_id
    assert claims["oid"] == claims["sub"]
    assert "API.ReadWrite.All" in claims["roles"]
    assert answer["expires_in"] == 3599
    assert answer["token_type"] == "Bearer"
    common = shared.http.get("/common/discovery/v2.0/keys").json()
    assert common["keys"][0]["kid"] == kid


def test_no_roles_no_claim_and_no_access(client: Client) -> None:
    client.emulator.roles = ()
    client.sign_in()
    token = client.http.headers["Authorization"].partition(" ")[2]
    assert "roles" not in jwt.decode(token, options={"verify_signature": False})
    assert client.error(client.get("customers")) == (401, "Authentication_InvalidCredentials")


def test_unknown_tenant_has_no_metadata(shared: Client) -> None:
    answer = shared.http.get("/elsewhere.example/v2.0/.well-known/openid-configuration")
    assert answer.json()["error"] == "invalid_tenant"


def test_instance_discovery(shared: Client) -> None:
    at = "/common/discovery/instance"
    endpoint = f"{shared.server.url}/cronus.example/oauth2/v2.0/authorize"
    known = shared.http.get(at, params={"authorization_endpoint": endpoint})
    assert known.json()["tenant_discovery_endpoint"].startswith(shared.server.url)
    other = {"authorization_endpoint": "https://elsewhere.example/x/oauth2/v2.0/authorize"}
    assert shared.http.get(at, params=other).json()["error"] == "invalid_instance"
    assert shared.http.get(at).status_code == 400


def _key_pair() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "airflow")])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    dated = builder.not_valid_before(start).not_valid_after(start + timedelta(days=9999))
    return key, dated.sign(key, hashes.SHA256())


def _pem(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def tls_server() -> Iterator[Server]:
    with serve(Emulator(), tls=True) as running:
        yield running


def _msal(tls_server: Server, credential: object) -> dict[str, object]:
    emulator = tls_server.emulator
    with requests.Session() as session:
        session.trust_env = False
        session.verify = tls_server.ca_file or False
        app = msal.ConfidentialClientApplication(
            emulator.client_id,
            client_credential=credential,
            authority=f"{tls_server.url}/{emulator.tenant_id}",
            instance_discovery=False,
            http_client=session,
        )
        answer: dict[str, object] = app.acquire_token_for_client([SCOPE])
        return answer


def test_msal_signs_in(tls_server: Server) -> None:
    answer = _msal(tls_server, tls_server.emulator.client_secret)
    assert answer["expires_in"] == 3599, answer


def test_msal_signs_in_with_a_certificate(tls_server: Server) -> None:
    private, public = _pem(*_key_pair())
    tls_server.emulator.application.certificates.append(public)
    credential = {"private_key": private, "public_certificate": public}
    assert "access_token" in _msal(tls_server, credential)


def test_azure_identity_signs_in(tls_server: Server) -> None:
    emulator = tls_server.emulator
    with ClientSecretCredential(
        emulator.tenant_id,
        emulator.client_id,
        emulator.client_secret,
        authority=tls_server.url,
        disable_instance_discovery=True,
        connection_verify=tls_server.ca_file,
    ) as credential:
        token = credential.get_token(SCOPE)
    api = f"{tls_server.url}/v2.0/Production/api/v2.0/companies"
    with httpx.Client(verify=False) as http:  # noqa: S501  # the witness has verified it
        answer = http.get(api, headers={"Authorization": f"Bearer {token.token}"})
    assert len(answer.json()["value"]) == 2


def test_azure_identity_signs_in_with_a_certificate(tls_server: Server, tmp_path: Path) -> None:
    emulator = tls_server.emulator
    private, public = _pem(*_key_pair())
    emulator.application.certificates.append(public)
    file = tmp_path / "both.pem"
    file.write_text(private + public)
    with CertificateCredential(
        emulator.tenant_id,
        emulator.client_id,
        str(file),
        authority=tls_server.url,
        disable_instance_discovery=True,
        connection_verify=tls_server.ca_file,
    ) as credential:
        assert credential.get_token(SCOPE).token


def _assertion(client: Client, key: rsa.RSAPrivateKey, **changes: object) -> int:
    emulator = client.emulator
    url = f"{client.server.url}/{emulator.tenant_id}/oauth2/v2.0/token"
    now = emulator.clock.now()
    claims = {"iss": emulator.client_id, "sub": emulator.client_id, "aud": url, "exp": now + 60}
    answer = sign_in(
        client.http,
        emulator,
        client_secret="-",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=jwt.encode(claims | changes, key, algorithm="RS256"),
    ).json()
    return 0 if "access_token" in answer else answer["error_codes"][0]


def test_assertions_are_checked(client: Client) -> None:
    key, certificate = _key_pair()
    assert _assertion(client, key) == 700027
    client.emulator.application.certificates.append(_pem(key, certificate)[1])
    assert _assertion(client, key) == 0
    assert _assertion(client, key, exp=1) == 700024
    assert _assertion(client, key, sub="somebody else") == 50012
    assert _assertion(client, key, aud="https://elsewhere.example") == 50012
    assert _assertion(client, _key_pair()[0]) == 700027


def test_another_application(client: Client) -> None:
    other = Application("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "Other")
    client.emulator.directory.applications.append(other)
    answer = sign_in(client.http, client.emulator, client_id=other.client_id)
    assert answer.json()["error_codes"] == [7000215]
