"""The bound actions of the automation API (facts: bc-admin-automation.md section 4)."""

from __future__ import annotations

from typing import Any

from .conftest import Client

ROUTE = "microsoft/automation/v2.0"
DIALOG = (400, "Application_DialogException")


def url(client: Client, tail: str) -> str:
    client.emulator.roles = ("API.ReadWrite.All", "Automation.ReadWrite.All")
    client.sign_in()
    return f"/v2.0/Production/api/{ROUTE}/companies({client.company.id})/{tail}"


def act(client: Client, tail: str, action: str, body: Any = None) -> Any:
    return client.http.post(url(client, f"{tail}/Microsoft.NAV.{action}"), json=body)


def test_extensions(client: Client) -> None:
    made = client.company.create("extensions", {"displayName": "App"}, ROUTE)
    tail = f"extensions({made['packageId']})"
    assert act(client, tail, "install").status_code == 204
    assert client.error(act(client, tail, "install")) == DIALOG
    assert client.error(act(client, tail, "unpublish")) == DIALOG
    assert act(client, tail, "uninstall").status_code == 200
    assert client.error(act(client, tail, "uninstallAndDeleteExtensionData")) == DIALOG
    assert act(client, tail, "unpublish").status_code == 204
    assert client.http.get(url(client, tail)).status_code == 404


def test_features(client: Client) -> None:
    for key, one_way in (("Two-way", False), ("One-way", True)):
        client.company.create("features", {"id": key, "isOneWay": one_way}, ROUTE)
    tail = "features('Two-way')"
    assert client.error(act(client, tail, "deactivate")) == DIALOG
    wrong: list[dict[str, Any]] = [{"nope": 1}, {"updateInBackground": 1}, {"startDateTime": "x"}]
    for body in [*wrong, {"startDateTime": 1}]:
        assert client.error(act(client, tail, "activate", body)) == (400, "BadRequest")
    right = {"UpdateInBackground": False, "startDateTime": "2026-03-02T08:00:00Z"}
    assert act(client, tail, "activate", right).status_code == 200
    assert client.error(act(client, tail, "activate")) == DIALOG
    assert client.http.get(url(client, tail)).json()["enabled"] == "All Users"
    assert act(client, tail, "deactivate").status_code == 200
    assert act(client, "features('One-way')", "activate").status_code == 200
    assert client.error(act(client, "features('One-way')", "deactivate")) == DIALOG


def test_users(client: Client) -> None:
    user = client.company.create("users", {"userName": "A"}, ROUTE)
    tail = f"users({user['userSecurityId']})"
    assert act(client, tail, "getNewUsersFromOffice365").status_code == 200
    assert act(client, tail, "getNewUsersFromOffice365Async").status_code == 201
