"""What documentation and observed answers spell differently, under a switch."""

from __future__ import annotations

from .conftest import Administrator

COPY = {"environmentName": "Copy", "type": "Sandbox"}


def test_the_other_spelling(admin: Administrator) -> None:
    usual = admin.at("GET", "Production").json
    app = admin.at("GET", "Production/apps").json["value"][0]
    admin.emulator.tenant.other_spelling = True
    assert admin.at("GET", "Production").json == {"value": usual}
    assert admin.ask("GET", "/applications/environments").json == {"value": [usual]}
    other = admin.at("GET", "Production/apps").json["value"][0]
    assert (other["id"], other["status"], other["publishedAs"]) == (
        app["appId"],
        app["state"],
        "Global",
    )
    admin.emulator.operations.outcomes.plan("canceled", kind="copy")
    number = admin.at("POST", "Production/copy", COPY).json["id"]
    assert admin.operation(number)["status"] == "Scheduled"
    admin.wait(2)
    assert admin.operation(number)["status"] == "Cancelled"
    assert admin.refused(admin.at("GET", "Nowhere")) == (404, "EnvironmentNotFound")
    assert admin.at("POST", "Production/settings/appinsightskey", {"key": "x"}).json is None


def test_an_app_that_is_not_authorized_may_be_refused_otherwise(admin: Administrator) -> None:
    admin.emulator.admin_center_apps.clear()
    assert admin.at("GET", "Production").status == 403
    admin.emulator.tenant.unauthorized_status = 401
    told = admin.at("GET", "Production")
    assert (told.status, told.headers["www-authenticate"]) == (401, "Bearer")
