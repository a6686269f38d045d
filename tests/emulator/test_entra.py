"""The token endpoint's answers and refusals (facts: entra-oauth.md sections 1, 5, 6)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import jwt
import pytest

from airflow_provider_bc.emulator.entra.directory import Application

from .conftest import SCOPE, Client, sign_in

if TYPE_CHECKING:
    from jwt.types import Options

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


def test_an_app_signs_in_at_its_tenant_only(client: Client) -> None:
    emulator = client.emulator
    form = {"grant_type": "client_credentials", "scope": SCOPE, "client_id": emulator.client_id}
    answer = client.http.post("/common/oauth2/v2.0/token", data=form).json()
    assert (answer["error"], answer["error_codes"]) == ("invalid_request", [50194])
    emulator.application.multi_tenant = True
    answer = client.http.post("/common/oauth2/v2.0/token", data=form).json()
    assert answer["error_codes"] == [9001023]
    metadata = client.http.get("/common/v2.0/.well-known/openid-configuration").json()
    assert metadata["issuer"] == f"{client.server.url}/{{tenantid}}/v2.0"


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


def test_another_application(client: Client) -> None:
    other = Application("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "Other")
    client.emulator.directory.applications.append(other)
    answer = sign_in(client.http, client.emulator, client_id=other.client_id)
    assert answer.json()["error_codes"] == [7000215]
