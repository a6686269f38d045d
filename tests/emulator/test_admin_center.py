"""The doors to the admin center (facts: bc-admin-automation.md 1, 2, 3)."""

from __future__ import annotations

import pytest

from airflow_provider_bc.emulator.entra.directory import ALL_ROLES

from .conftest import API, Client, sign_in
from .witnesses import code_of, redeem_code

ENVIRONMENTS = "/admin/v2.29/applications/environments"
AUTOMATION = "/v2.0/Production/api/microsoft/automation/v2.0/companies"


def test_environments(shared: Client) -> None:
    (one,) = shared.http.get(ENVIRONMENTS).json()["value"]
    assert (one["name"], one["status"]) == ("Production", "Active")
    assert one["aadTenantId"] == shared.emulator.tenant_id
    family = "/admin/v2.9/applications/businesscentral/environments"
    assert shared.http.get(family).json()["value"] == [one]
    assert shared.http.get(f"{family}/PRODUCTION").json() == one
    missing = shared.http.get(f"{family}/Nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "environmentNotFound")
    other = shared.http.get("/admin/v2.29/applications/Other/environments")
    assert (other.status_code, other.json()["code"]) == (404, "applicationTypeDoesNotExist")
    assert shared.http.get(ENVIRONMENTS.replace("29", "30")).status_code == 404
    assert shared.http.get(f"{ENVIRONMENTS}/Production").status_code == 501
    assert shared.http.post(ENVIRONMENTS).status_code == 501
    assert shared.http.get("/admin/v2.29/settings").status_code == 501


@pytest.mark.parametrize("has_role", [True, False])
@pytest.mark.parametrize("listed", [True, False])
def test_both_gates(client: Client, *, has_role: bool, listed: bool) -> None:
    client.emulator.roles = ALL_ROLES if has_role else ("API.ReadWrite.All",)
    if not listed:
        client.emulator.admin_center_apps.clear()
    client.sign_in()
    expected = 401 if not has_role else 200 if listed else 403
    answer = client.http.get(ENVIRONMENTS)
    assert answer.status_code == expected
    assert (answer.content == b"") == (expected != 200)
    assert client.emulator.log.count(kind="admin", status=expected) == 1
    assert client.http.get(f"{API}/companies").status_code == 200


@pytest.mark.parametrize("held", [(), *[(role,) for role in ALL_ROLES], ALL_ROLES])
def test_each_role_opens_its_own_surface(client: Client, held: tuple[str, ...]) -> None:
    client.emulator.roles = held
    client.sign_in()
    wanted = {
        f"{API}/companies": "API.ReadWrite.All",
        AUTOMATION: "Automation.ReadWrite.All",
        ENVIRONMENTS: "AdminCenter.ReadWrite.All",
    }
    for path, role in wanted.items():
        assert client.http.get(path).status_code == (200 if role in held else 401)
    assert client.http.get("/environments/v1.2").status_code == 200


def test_users(client: Client) -> None:
    for upn, expected in [("adele@cronus.example", 403), ("megan@cronus.example", 200)]:
        client.emulator.auto_approve(upn)
        code = code_of(client.http, client.emulator)
        token = redeem_code(client.http, client.emulator, code).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.http.get(ENVIRONMENTS, headers=bearer).status_code == expected
        assert client.http.get(AUTOMATION, headers=bearer).status_code == 200


def test_no_bearer(client: Client) -> None:
    answer = client.http.get(ENVIRONMENTS, headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert sign_in(client.http, client.emulator).is_success
