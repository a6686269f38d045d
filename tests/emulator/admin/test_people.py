"""Sessions, telemetry, notifications, support, authorized apps, and what only people may do."""

from __future__ import annotations

import pytest

from airflow_provider_bc.emulator.admin.endpoint import USERS, Endpoint
from airflow_provider_bc.emulator.admin.routes import ENDPOINTS

from .conftest import Administrator


def test_sessions(admin: Administrator) -> None:
    one, two = admin.at("GET", "Production/sessions").json["value"]
    assert (one["userId"], two["clientType"]) == ("MARIO", "Background")
    path = f"Production/sessions/{one['sessionId']}"
    assert admin.at("GET", path).json == one
    assert admin.at("DELETE", path).status == 204
    for wrong in (path, "Production/sessions/x"):
        assert admin.refused(admin.at("GET", wrong)) == (404, "ResourceDoesNotExist")
    assert admin.at("GET", "Production/sessions").json["value"] == [two]


def test_telemetry(admin: Administrator) -> None:
    admin.have("Test")
    path = "Test/telemetry?startDateUtc=2026-03-01T00:00:00Z&endDateUtc=2026-03-09T00:00:00Z"
    told = admin.at("GET", f"{path}&logCategory=All").json
    assert [one["ordinal"] for one in told["queryColumns"]] == [0, 1, 2, 3]
    (row,) = told["queryResults"]
    assert row[2] == "copy: succeeded"
    assert admin.refused(admin.at("GET", "Test/telemetry")) == (400, "invalidInput")


def test_recipients(admin: Administrator) -> None:
    path = "/settings/notification/recipients"
    assert admin.ask("GET", path).json["value"] == []
    body = {"Email": "adele@cronus.example", "Name": "Adele"}
    one = admin.ask("PUT", path, body).json
    assert admin.ask("GET", path).json["value"] == [one]
    assert admin.ask("GET", "/settings/notification").json["recipients"] == [one]
    assert admin.refused(admin.ask("PUT", path, body | {"Email": "x"})) == (400, "invalidInput")
    assert admin.ask("DELETE", f"{path}/{one['id']}").status == 200
    assert admin.ask("DELETE", f"{path}/{one['id']}").status == 404


def test_support(admin: Administrator) -> None:
    path = "Production/supportcontact"
    assert admin.refused(admin.at("GET", path)) == (404, "resourceDoesNotExist")
    contact = {"name": "Help", "email": "help@cronus.example", "url": "https://cronus.example"}
    assert admin.at("PUT", path, contact).json == contact
    assert admin.at("GET", path).json == contact
    assert admin.refused(admin.at("PUT", path, {"name": "Help"})) == (400, "invalidInput")
    (first, _) = admin.ask("GET", "/support/outageTypes").json["value"]
    assert admin.ask("GET", f"/support/outageTypes/{first}/outageQuestions").json["value"]
    assert admin.ask("GET", "/support/outageTypes/None/outageQuestions").status == 404
    report = "/support/applications/BusinessCentral/environments/Production/reportoutage"
    assert admin.ask("POST", report, {"outageType": "None"}).status == 400
    told = admin.ask("POST", report, {"outageType": first}).json
    assert admin.ask("GET", "/support/reportedoutages").json["value"] == [told]


def test_applications(admin: Administrator) -> None:
    (one,) = admin.ask("GET", "/applications/").json["value"]
    assert one["countriesringDetails"][0]["countryCode"] == "US"
    path = "/applications/BusinessCentral/Countries/us/Rings"
    assert admin.ask("GET", f"{path}/PROD").json["value"] == ["27.0.0.0", "27.1.0.0"]
    told = admin.ask("GET", f"{path}/GOLD")
    assert admin.refused(told) == (404, "ResourceDoesNotExist")


def test_manageable_tenants(admin: Administrator) -> None:
    path = "/authorizedAadApps/manageableTenants"
    (one,) = admin.ask("GET", path).json["value"]
    assert one["entraTenantId"] == admin.emulator.tenant_id
    other = "11111111-2222-3333-4444-555555555555"
    admin.emulator.admin_center_apps.add(other)
    assert admin.ask("DELETE", f"/authorizedAadApps/{other}").status == 200
    assert admin.ask("DELETE", f"/authorizedAadApps/{other}").status == 404


@pytest.mark.parametrize(
    "endpoint", [one for one in ENDPOINTS if one.only == USERS], ids=lambda one: one.path
)
def test_what_apps_may_not_do(admin: Administrator, endpoint: Endpoint) -> None:
    path = endpoint.path.replace("{family}", "BusinessCentral").replace(
        "{environment}", "Production"
    )
    assert admin.refused(admin.ask(endpoint.method, path)) == (403, "Forbidden")


@pytest.fixture
def megan(admin: Administrator) -> Administrator:
    admin.become("megan@cronus.example")
    return admin


def test_authorized_apps(megan: Administrator) -> None:
    other = "11111111-2222-3333-4444-555555555555"
    before = megan.ask("GET", "/authorizedAadApps").json
    assert megan.emulator.client_id in [one["appId"] for one in before]
    assert megan.ask("PUT", f"/authorizedAadApps/{other}").json["appId"] == other
    assert len(megan.ask("GET", "/authorizedAadApps").json) == len(before) + 1
    assert megan.refused(megan.ask("PUT", "/authorizedAadApps/x")) == (400, "invalidInput")
    told = megan.ask("GET", "/authorizedAadApps/manageableTenants")
    assert megan.refused(told) == (403, "Forbidden")


def test_partner_access(megan: Administrator) -> None:
    path = "Production/settings/partneraccess"
    assert megan.at("GET", path).json["status"] == "AllowAllPartners"
    wanted = {"status": "AllowSome", "allowedPartnerTenantIds": ["a"]}
    assert megan.at("PUT", path, wanted).status == 200
    assert megan.at("GET", path).json == wanted
    many = wanted | {"allowedPartnerTenantIds": list("abcdefghijk")}
    assert megan.refused(megan.at("PUT", path, many)) == (400, "invalidInput")
    (one,) = megan.ask("GET", "/environments/operations").json["value"]
    assert (one["createdBy"], one["creatorPrincipalType"]) == ("megan@cronus.example", "User")


def test_transfers(megan: Administrator) -> None:
    path = "/transfers/outgoing/applications/BusinessCentral/environments/Production"
    assert megan.ask("DELETE", path).status == 404
    body = {"destinationEntraTenantId": "11111111-2222-3333-4444-555555555555"}
    told = megan.ask("POST", path, body)
    assert (told.status, told.json["status"]) == (202, "scheduled")
    assert megan.refused(megan.ask("POST", path, body)) == (400, "EntityValidationFailed")
    assert megan.ask("GET", "/transfers/outgoing").json["value"] == [told.json]
    assert megan.ask("DELETE", path).status == 204
    number = megan.ask("POST", path, body).json["id"]
    megan.emulator.clock.advance(8 * 3600)
    assert megan.operation(number)["status"] == "skipped"
    assert megan.ask("POST", "/transfers/incoming", body).status == 404
    assert megan.ask("GET", "/transfers/incoming/x").json["value"] == []


def test_power_platform(megan: Administrator) -> None:
    path = "/bap/applications/BusinessCentral/environments/Production"
    query = "?powerPlatformEnvironmentId=x"
    assert megan.refused(megan.ask("POST", f"{path}/linkEnvironment")) == (400, "BadArgument")
    assert megan.ask("POST", f"{path}/linkEnvironment{query}").status == 200
    assert megan.at("DELETE", "Production").status == 400
    assert megan.ask("POST", f"{path}/unlinkEnvironment{query}").status == 200
    told = megan.ask("POST", f"{path}/unlinkEnvironment{query}")
    assert megan.refused(told) == (400, "BadArgument")
