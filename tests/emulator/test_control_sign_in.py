"""What another process may order around sign-in, over the socket only."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.emulator.entra.assertion import ASSERTION_TYPE
from airflow_provider_bc.emulator.entra.errors import codes

from .conftest import API, Client, sign_in
from .witnesses import asking, authorize_at, code_of, landed, redeem, redeem_code, refused

DOOR = "/_emulator"


def _order(client: Client, name: str, /, **order: Any) -> Any:
    answer = client.http.post(f"{DOOR}/{name}", json=order)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_users(client: Client) -> None:
    made = _order(client, "users", upn="new@cronus.example", name="New", permitted=False)
    assert (made["in_business_central"], made["permitted"]) == (True, False)
    assert _order(client, "users", upn="NEW@cronus.example", permitted=True)["name"] == "New"
    listed = client.http.get(f"{DOOR}/users").json()["users"]
    assert made["object_id"] in [user["object_id"] for user in listed]
    _order(client, "auto-approve", upn="new@cronus.example")
    assert code_of(client.http, client.emulator)
    gone = {"upn": "new@cronus.example"}
    assert client.http.request("DELETE", f"{DOOR}/users", json=gone).status_code == 200
    assert client.http.request("DELETE", f"{DOOR}/users", json=gone).status_code == 400


def test_applications(client: Client) -> None:
    uris = ["https://a.example/x", {"uri": "https://a.example/y", "platform": "spa"}]
    told = _order(client, "applications", redirect_uris=uris, roles=[], id_tokens=True)
    assert told["redirect_uris"][1]["platform"] == "spa"
    assert client.emulator.roles == ()
    _order(client, "applications", client_id="ABCD", name="Other", secrets=[{"value": "s"}])
    scope = {"grant_type": "client_credentials", "client_id": "abcd", "client_secret": "s"}
    assert sign_in(client.http, client.emulator, **scope).is_success
    _order(client, "applications", consents={"*": ["user_impersonation"]})
    listed = client.http.get(f"{DOOR}/applications").json()["applications"]
    assert listed[0]["consents"] == {"*": ["user_impersonation"]}
    assert listed[-1]["client_id"] == "abcd"


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("users", {}),
        ("users", {"upn": "x@cronus.example", "nonsense": 1}),
        ("applications", {"redirect_uris": [{"nonsense": 1}]}),
        ("applications", {"redirect_uris": [{"uri": "https://a", "platform": "nonsense"}]}),
        ("auto-approve", {}),
        ("revoke-refresh-tokens", {"upn": "nobody"}),
        ("refusals", {"code": 1}),
        ("refusals", {"code": 53003, "nonsense": 1}),
        ("federated-token", {"issuer": "https://a"}),
    ],
)
def test_orders_that_make_no_sense(client: Client, name: str, order: dict[str, Any]) -> None:
    answer = client.http.post(f"{DOOR}/{name}", json=order)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadOrder")


def test_app_records(client: Client) -> None:
    assert _order(client, "app-records", permitted=False) == {"enabled": True, "permitted": False}
    assert client.http.get(f"{API}/companies").status_code == 400
    _order(client, "app-records", enabled=False)
    assert client.http.get(f"{API}/companies").status_code == 401
    _order(client, "app-records", present=False)
    assert client.emulator.client_id not in client.emulator.app_records
    _order(client, "app-records", client_id=client.emulator.client_id)
    assert client.http.get(f"{API}/companies").status_code == 200


def test_admin_center_apps(client: Client) -> None:
    kept = _order(client, "admin-center-apps", authorized=False)["authorized"]
    assert client.emulator.client_id not in kept
    assert client.emulator.client_id in _order(client, "admin-center-apps")["authorized"]


def test_managed_identities(client: Client) -> None:
    made = _order(client, "managed-identities", client_id="m1", name="n")
    assert made["system_assigned"] is False
    changed = _order(client, "managed-identities", client_id="m1", system_assigned=True)
    assert (changed["name"], changed["system_assigned"]) == ("n", True)
    client.http.delete(f"{DOOR}/managed-identities")
    assert client.emulator.directory.managed_identities == []


def test_consent_denied_tokens_revoked_requests_counted(client: Client) -> None:
    _order(client, "auto-approve", upn="adele@cronus.example", consent=False)
    denied = client.http.get(authorize_at(client.emulator), params=asking(client.emulator))
    assert landed(denied)["error"] == "access_denied"
    _order(client, "auto-approve", upn="adele@cronus.example")
    code = code_of(client.http, client.emulator)
    tokens = redeem_code(client.http, client.emulator, code).json()
    revoked = _order(client, "revoke-refresh-tokens", upn="adele@cronus.example")
    assert revoked == {"revoked": 1}
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert refused(redeem(client.http, client.emulator, **form))[2] == 50173
    counts = client.http.get(f"{DOOR}/token-requests").json()
    assert counts == {"client_credentials": 1, "authorization_code": 1, "refresh_token": 1}
    issued = client.http.get(f"{DOOR}/issued").json()["issued"]
    kinds = [one["kind"] for one in issued]
    assert kinds == ["access_token", "code", "access_token", "refresh_token", "id_token"]
    assert tokens["refresh_token"] in [one["value"] for one in issued]


def test_federated_tokens(client: Client) -> None:
    trust = {"issuer": "https://idp.example", "subject": "dags"}
    _order(client, "applications", federated=[trust])
    token = _order(client, "federated-token", **trust)["token"]
    proof = {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE}
    assert sign_in(client.http, client.emulator, client_secret="-", **proof).is_success
    trust["subject"] = "Dags"
    proof["client_assertion"] = _order(client, "federated-token", **trust)["token"]
    answer = sign_in(client.http, client.emulator, client_secret="-", **proof)
    assert refused(answer)[2] == 7002138


@pytest.mark.parametrize("code", sorted({code for code, case in codes() if not case}))
def test_any_code_can_be_planned(shared: Client, code: int) -> None:
    shared.emulator.authority.refusals.clear()
    _order(shared, "refusals", code=code, what="it")
    answer = sign_in(shared.http, shared.emulator)
    meaning = codes()[code, ""]
    assert refused(answer) == (meaning.status, meaning.error, code)
    assert sign_in(shared.http, shared.emulator).is_success


def test_refusals_by_grant(client: Client) -> None:
    _order(client, "auto-approve", upn="adele@cronus.example")
    _order(client, "refusals", code=50076, grant="refresh_token", times=2)
    _order(client, "refusals", code=65001, grant="authorize")
    assert sign_in(client.http, client.emulator).is_success
    denied = client.http.get(authorize_at(client.emulator), params=asking(client.emulator))
    assert landed(denied)["error_description"].startswith("AADSTS65001: ")
    code = code_of(client.http, client.emulator)
    token = redeem_code(client.http, client.emulator, code).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    body = redeem(client.http, client.emulator, **form).json()
    assert (body["error"], "claims" in body) == ("interaction_required", True)
    assert client.http.delete(f"{DOOR}/refusals").status_code == 200
    assert redeem(client.http, client.emulator, **form).is_success
