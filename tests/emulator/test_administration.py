"""The bound actions of the automation API (facts: bc-admin-automation.md section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.automation_files import app_file, package_file

from .conftest import Client
from .witnesses import code_of, redeem_code

ROUTE = "microsoft/automation/v2.0"
DIALOG = (400, "Application_DialogException")


def url(client: Client, tail: str) -> str:
    client.emulator.roles = ("API.ReadWrite.All", "Automation.ReadWrite.All")
    client.sign_in()
    return f"/v2.0/Production/api/{ROUTE}/companies({client.company.id})/{tail}"


def act(client: Client, tail: str, action: str, body: Any = None) -> Any:
    return client.http.post(url(client, f"{tail}/Microsoft.NAV.{action}"), json=body)


PACKAGES = "configurationPackages"


def state(client: Client, tail: str) -> dict[str, Any]:
    found: dict[str, Any] = client.http.get(url(client, tail)).json()
    return found


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


def test_getting_users_needs_a_person(client: Client) -> None:
    user = client.company.create("users", {"userName": "A"}, ROUTE)
    tail = f"users({user['userSecurityId']})"
    refused = (400, "Internal_ServerError")
    for action in ("getNewUsersFromOffice365", "getNewUsersFromOffice365Async"):
        assert client.error(act(client, tail, action)) == refused
    there = url(client, tail)
    client.emulator.auto_approve("adele@cronus.example")
    code = code_of(client.http, client.emulator)
    token = redeem_code(client.http, client.emulator, code).json()["access_token"]
    client.http.headers["Authorization"] = f"Bearer {token}"
    action = f"{there}/Microsoft.NAV.getNewUsersFromOffice365"
    assert client.http.post(action).status_code == 200
    assert client.http.post(f"{action}Async").status_code == 201


def test_a_package_goes_through_its_states(client: Client) -> None:
    jobs = client.emulator.background
    jobs.seconds, jobs.package_errors = 10, 3
    made = client.http.post(url(client, PACKAGES), json={"code": "P", "packageName": "P"}).json()
    tail = f"{PACKAGES}({made['id']})"
    headers = {"If-Match": "*", "Content-Type": "application/octet-stream"}
    content = url(client, f"{tail}/file('P')/content")
    assert client.http.patch(content, content=package_file(), headers=headers).status_code == 204
    for what in ("import", "apply"):
        assert act(client, tail, what).status_code == 200
        for status in ("Scheduled", "InProgress"):
            assert state(client, tail)[f"{what}Status"] == status
            for again in ("import", "apply"):
                refused = act(client, tail, again)
                assert client.error(refused) == DIALOG
                text = f"Cannot {again} a package while import or apply is in progress."
                assert refused.json()["error"]["message"].startswith(text)
            client.emulator.clock.advance(10)
        assert state(client, tail)[f"{what}Status"] == "Completed"
    assert state(client, tail)["numberOfErrors"] == 3


@pytest.mark.parametrize("what", ["import", "apply"])
def test_a_package_fails(client: Client, what: str) -> None:
    made = client.http.post(url(client, PACKAGES), json={"code": "P", "packageName": "P"}).json()
    tail = f"{PACKAGES}({made['id']})"
    headers = {"If-Match": "*", "Content-Type": "application/octet-stream"}
    client.http.patch(
        url(client, f"{tail}/file('P')/content"), content=package_file(), headers=headers
    )
    order = {"seconds": 5, "failures": {what: "No such table."}}
    assert client.http.post("/_emulator/background", json=order).status_code == 200
    for one in ("import", "apply"):
        act(client, tail, one)
        client.emulator.clock.advance(10)
        found = state(client, tail)
        failed = one == what
        assert found[f"{one}Status"] == ("Error" if failed else "Completed")
        assert found[f"{one}Error"] == ("No such table." if failed else "")
        if failed:
            break
    if what == "import":
        text = act(client, tail, "apply").json()["error"]["message"]
        assert text.startswith("Import Status is not completed.")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"x", "not a configuration package"), (package_file("OTHER"), "must match")],
)
def test_a_package_is_read(client: Client, content: bytes, said: str) -> None:
    made = client.http.post(url(client, PACKAGES), json={"code": "P", "packageName": "P"}).json()
    tail = f"{PACKAGES}({made['id']})"
    headers = {"If-Match": "*", "Content-Type": "application/octet-stream"}
    for one in (content, package_file("P")):
        client.http.patch(url(client, f"{tail}/file('P')/content"), content=one, headers=headers)
        assert act(client, tail, "import").status_code == 200
        found = state(client, tail)
        assert (said in found["importError"]) is (one == content)
    assert (found["packageName"], found["numberOfTables"]) == ("The name in the file", 2)


def upload(client: Client, content: bytes, schedule: str = "Current version") -> Any:
    slot = client.http.post(url(client, "extensionUpload"), json={"schedule": schedule}).json()
    headers = {"If-Match": "*", "Content-Type": "application/octet-stream"}
    edit = slot["extensionContent@odata.mediaEditLink"]
    assert client.http.patch(edit, content=content, headers=headers).status_code == 204
    return act(client, f"extensionUpload({slot['systemId']})", "upload")


def deployments(client: Client) -> list[tuple[str, str, str]]:
    rows = client.http.get(url(client, "extensionDeploymentStatus")).json()["value"]
    return [(row["name"], row["appVersion"], row["status"]) for row in rows]


def published(client: Client) -> dict[str, tuple[int, bool]]:
    rows = client.http.get(url(client, "extensions")).json()["value"]
    return {row["displayName"]: (row["versionMajor"], row["isInstalled"]) for row in rows}


def test_an_uploaded_extension_is_deployed_in_time(client: Client) -> None:
    client.emulator.background.seconds = 10
    assert upload(client, app_file()).status_code == 200
    assert deployments(client) == [("Bonus", "1.0.0.0", "InProgress")]
    assert "Bonus" not in published(client)
    client.emulator.clock.advance(10)
    assert deployments(client) == [("Bonus", "1.0.0.0", "Completed")]
    assert published(client)["Bonus"] == (1, True)
    upload(client, app_file("2.0.0.0"))
    client.emulator.clock.advance(10)
    assert published(client)["Bonus"] == (2, True)
    upload(client, app_file("1.5.0.0"))
    client.emulator.clock.advance(10)
    assert deployments(client)[0] == ("Bonus", "1.5.0.0", "Failed")
    client.emulator.background.failures["deployment"] = ""
    upload(client, app_file("3.0.0.0"))
    client.emulator.clock.advance(10)
    assert deployments(client)[0] == ("Bonus", "3.0.0.0", "Failed")
    client.emulator.background.failures.clear()
    upload(client, app_file("4.0.0.0"), "Next major version")
    client.emulator.clock.advance(10)
    assert deployments(client)[0] == ("Bonus", "4.0.0.0", "Completed")
    assert published(client)["Bonus"] == (2, True)


@pytest.mark.parametrize("content", [b"MZ", b"x" * 60, b"NAVX" + b"\0" * 32 + b"NAVXnozip"])
def test_what_is_no_extension_is_refused(client: Client, content: bytes) -> None:
    assert client.error(upload(client, content)) == DIALOG


def test_a_company_has_one_upload_slot(client: Client) -> None:
    assert client.http.post(url(client, "extensionUpload"), json={}).status_code == 201
    second = client.http.post(url(client, "extensionUpload"), json={})
    assert client.error(second) == (400, "Internal_EntityWithSameKeyExists")


def test_companies_come_and_go(client: Client) -> None:
    there = url(client, "automationCompanies")
    long = "A company whose name is longer than thirty characters"
    made = client.http.post(there, json={"name": "ignored", "displayName": long})
    assert made.status_code == 201
    assert made.json()["name"] == long[:30]
    company = client.http.get(f"/v2.0/Production/api/v2.0/companies({made.json()['id']})").json()
    assert (company["name"], company["displayName"]) == (long[:30], long)
    inside = f"/v2.0/Production/api/v2.0/companies({company['id']})/customers"
    assert client.http.get(inside).json()["value"] == []
    assert client.http.post(inside, json={"displayName": "New"}).status_code == 201
    apps = f"/v2.0/Production/api/{ROUTE}/companies({company['id']})/extensions"
    assert len(client.http.get(apps).json()["value"]) == len(published(client))
    one, star = f"{there}({company['id']})", {"If-Match": "*"}
    renamed = client.http.patch(one, json={"displayName": "Short"}, headers=star)
    assert (renamed.json()["name"], renamed.json()["displayName"]) == (long[:30], "Short")
    taken = client.http.post(there, json={"displayName": long})
    assert client.error(taken) == (400, "Internal_EntityWithSameKeyExists")
    assert client.error(client.http.post(there, json={"displayName": " "})) == DIALOG
    assert client.http.delete(one, headers=star).status_code == 204
    assert client.http.get(inside).status_code == 404
    again = client.http.post(there, json={"displayName": long}).json()
    assert again["id"] != company["id"]
    for number in range(297):
        client.emulator.companies.append(client.company.sibling(f"C{number}", ""))
    assert client.error(client.http.post(there, json={"displayName": "One too many"})) == DIALOG


def test_a_permission_set_is_granted(client: Client) -> None:
    user = client.company.rows("users", ROUTE)[0]["userSecurityId"]
    there = url(client, f"users({user})/userPermissions")
    made = client.http.post(there, json={"roleId": "D365 AUTOMATION"})
    assert made.status_code == 201
    assert made.json()["displayName"] == "Dyn. 365 Automation"
    twice = client.http.post(there, json={"roleId": "D365 AUTOMATION"})
    assert client.error(twice) == (400, "Internal_EntityWithSameKeyExists")
    assert client.error(client.http.post(there, json={"roleId": "NOPE"})) == DIALOG
    ambiguous = client.http.post(there, json={"roleId": "D365 BASIC"})
    text = "The permission set D365 BASIC is defined multiple times in this context."
    assert ambiguous.json()["error"]["message"].startswith(text)
    one = client.http.post(there, json={"roleId": "D365 BASIC", "scope": "System"})
    assert one.status_code == 201
    assert len(client.http.get(there).json()["value"]) == 2


def test_a_job_needs_its_id_or_category(client: Client) -> None:
    job = {"category": "APIUSERJOB", "status": "Ready"}
    made = client.company.create("scheduledJobs", job, ROUTE)
    text = "You must specify a job Id or a job category to get a scheduled job."
    refused = client.http.get(url(client, "scheduledJobs")).json()["error"]["message"]
    assert refused.startswith(text)
    query = {"$filter": "category eq 'APIUSERJOB'"}
    found = client.http.get(url(client, "scheduledJobs"), params=query).json()["value"]
    assert [one["id"] for one in found] == [made["id"]]
    assert client.http.get(url(client, f"scheduledJobs({made['id']})")).status_code == 200
