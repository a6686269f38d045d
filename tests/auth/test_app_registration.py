"""The commands and the address that register an app: the ids are Microsoft's."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_bc.auth.app_registration import admin_consent_url, az_lines
from airflow_provider_bc.settings import Settings
from tests.peer import CLIENT, SECRET, TENANT

ROLES = ("API.ReadWrite.All", "Automation.ReadWrite.All", "AdminCenter.ReadWrite.All", "app_access")
LINES = f"""\
az login --tenant {TENANT} --allow-no-subscriptions
# only where there is no app yet; its appId is the client ID:
az ad app create --display-name airflow --sign-in-audience AzureADMyOrg
# the service principal, the permissions, the consent:
az ad sp create --id {CLIENT}
az ad app permission add --id {CLIENT} --api 996def3d-b36c-4153-8607-a6fd3c01b89f \
--api-permissions a42b0b75-311e-488d-b67e-8fe84f924341=Role \
d365bc00-a990-0000-00bc-160000000001=Role a20fe46f-4f63-4666-8e0e-9b882d90b837=Role \
3983b928-ed40-4111-bbad-e7910cf234bd=Role
az ad app permission admin-consent --id {CLIENT}
# a new secret, beside the others; it is shown once:
az ad app credential reset --id {CLIENT} --append --years 1"""


def of(password: str | None = SECRET, client: str | None = CLIENT, **extra: Any) -> Settings:
    return Settings.from_connection(
        login=client, password=password, extra={"tenant_id": TENANT, **extra}
    )


def test_the_commands_for_an_app_with_every_role() -> None:
    assert "\n".join(az_lines(of(), ROLES)) == LINES


def test_the_data_api_alone_is_the_default() -> None:
    assert sum("=Role" in line for line in az_lines(of())) == 1
    assert "d365bc00" not in "\n".join(az_lines(of()))


@pytest.mark.parametrize(
    ("redirect_uri", "registered"),
    [(None, "http://localhost/callback"), ("https://a.example/b", "https://a.example/b")],
)
def test_a_person_delegates(redirect_uri: str | None, registered: str) -> None:
    extra = {"grant_type": "authorization_code", "redirect_uri": redirect_uri}
    lines = "\n".join(az_lines(of(None, **extra)))
    assert "bce0976a-cb0b-473b-8800-84eda9f8e447=Scope" in lines
    assert "2fb13c28-9d89-417f-9af2-ec3065bc16e6=Scope" in lines
    assert f"--web-redirect-uris {registered}" in lines
    assert "credential reset" not in lines


@pytest.mark.parametrize("client", [CLIENT, None])
def test_a_managed_identity_is_assigned_its_roles(client: str | None) -> None:
    lines = az_lines(of(None, client, grant_type="managed_identity"), ROLES[:2])
    assert (client or "<client ID of the identity>") in lines[0]
    assert [line.count("appRoleAssignments") for line in lines] == [0, 0, 1, 1]
    assert "d365bc00-a990-0000-00bc-160000000001" in lines[3]


def test_an_app_without_a_client_id_has_a_place_for_one() -> None:
    found = of(None, None, grant_type="azure_credential", azure_credential="AzureCliCredential")
    assert "--id <client ID>" in "\n".join(az_lines(found))


@pytest.mark.parametrize(
    ("redirect_uri", "back"),
    [
        (None, "https://businesscentral.dynamics.com/OAuthLanding.htm"),
        ("https://a.example/b?c=d", "https://a.example/b?c=d"),
    ],
)
def test_the_page_of_consent(redirect_uri: str | None, back: str) -> None:
    parts = urlsplit(admin_consent_url(of(redirect_uri=redirect_uri)))
    assert parts.netloc == "login.microsoftonline.com"
    assert parts.path == f"/{TENANT}/adminconsent"
    assert parse_qs(parts.query) == {"client_id": [CLIENT], "redirect_uri": [back]}
