"""What the doctor says, word for word, in a pipe, in a terminal and as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from airflow_provider_bc.cli.doctor import examine
from airflow_provider_bc.emulator import Server
from tests.cli.screens import Screens, arguments
from tests.hooks.patient import patient, secrets_in

CLIENT = "3f0f6a3c-8a52-4c0e-9d0d-6f4b6f2f7a11"
TENANT = "5b2f3b37-2b52-460e-8863-3561295b1e08"

GREEN = f"""\
green  Settings                 Complete: tenant {TENANT}, environment 'Production', grant type client_credentials.
green  Credential               A client secret; Secret expires on is empty, so nothing warns before its end.
green  Way to Microsoft Entra   HOST answers, without TLS.
green  Way to Business Central  HOST answers, without TLS.
green  Clock                    Right to 1 s.
green  Sign-in                  Signed in as app {CLIENT}, with a client secret.
green  Token                    Issued for https://api.businesscentral.dynamics.com in tenant {TENANT}, with API.ReadWrite.All, for 60 minutes.
green  Environment              'Production' answers.
green  Data API                 2 companies seen.
green  Company                  'CRONUS USA, Inc.', one of 2.
green  Page of data             5 rows of customers read.
note   Automation API           Not granted.
       cause                    The token does not carry the role Automation.ReadWrite.All, only API.ReadWrite.All.
       remedy                   Only for companies, packages, extensions and users. In Entra, App registrations > your app > API permissions: add Dynamics 365 Business Central > Application permissions > Automation.ReadWrite.All, then Grant admin consent.
note   Admin center API         Not granted.
       cause                    The token does not carry the role AdminCenter.ReadWrite.All, only API.ReadWrite.All.
       remedy                   Only for environments: creating, copying, restoring, updating them. In Entra, App registrations > your app > API permissions: add Dynamics 365 Business Central > Application permissions > AdminCenter.ReadWrite.All, then Grant admin consent.

Data can be read.
"""  # noqa: E501 - the words as they are

RED = """\
red    Sign-in                  The sign-in was refused.
       cause                    Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'APP'.
       remedy                   Copy the secret's Value (not its Secret ID) again from Certificates & secrets of this app, and check that the connection holds it whole: in a connection URI it must be percent-encoded.
       for support              AADSTS7000215, HTTP 401, correlation id CORRELATION, POST http://HOST/TENANT/oauth2/v2.0/token
grey   Token                    Not tried, since Sign-in is red.
grey   Environment              Not tried, since Sign-in is red.
grey   Data API                 Not tried, since Sign-in is red.
grey   Company                  Not tried, since Sign-in is red.
grey   Page of data             Not tried, since Sign-in is red.
grey   Automation API           Not tried, since Sign-in is red.
grey   Admin center API         Not tried, since Sign-in is red.

Data cannot be read. Red: Sign-in.
"""  # noqa: E501 - the words as they are


def run(
    server: Server, *, terminal: bool = False, changes: dict[str, Any] | None = None, **options: Any
) -> tuple[int, str]:
    """Run the command; what it says never holds a secret."""
    screens, changes = Screens(terminal=terminal), changes or {}
    with patient(server, **changes) as conn_id:
        code = examine(arguments(conn_id, **options), screens.out, screens.complaints)
    assert screens.complained == ""
    assert secrets_in(server, screens.said, **changes) == []
    return code, screens.said.replace(server.url.removeprefix("http://"), "HOST")


def test_green_in_a_pipe(business_central: Server) -> None:
    business_central.emulator.roles = ("API.ReadWrite.All",)
    code, said = run(business_central)
    assert code == 0
    assert said.startswith(GREEN)


def test_red_in_a_pipe(business_central: Server) -> None:
    code, said = run(business_central, changes={"password": "wrong~and+long=enough"})
    said = re.sub(r"correlation id [\w-]{36}", "correlation id CORRELATION", said)
    said = said.replace(CLIENT, "APP").replace(TENANT, "TENANT")
    assert code == 1
    assert RED in said


def test_all_green_says_no_more_than_that(business_central: Server) -> None:
    code, said = run(business_central)
    assert (code, said.splitlines()[-1]) == (0, "Data can be read.")
    assert len(said.splitlines()) == 15


def test_red_beside_data_is_told_and_does_not_fail(business_central: Server) -> None:
    business_central.emulator.admin_center_apps.clear()
    code, said = run(business_central)
    assert code == 0
    assert "Data can be read. Red, but not needed: Admin center API." in said


def test_the_consent_and_the_registration_are_ready_to_be_copied(business_central: Server) -> None:
    business_central.emulator.roles = ()
    _, said = run(business_central)
    assert f"  http://HOST/{TENANT}/adminconsent?client_id={CLIENT}&redirect_uri=https" in said
    assert f"  az ad app permission admin-consent --id {CLIENT}\n" in said
    assert "a42b0b75-311e-488d-b67e-8fe84f924341=Role" in said


def test_a_terminal_has_marks_and_colours(business_central: Server) -> None:
    business_central.emulator.roles = ("API.ReadWrite.All",)
    _, said = run(business_central, terminal=True)
    assert "\x1b[32m✔\x1b[0m" in said
    assert "\x1b[33m!\x1b[0m" in said
    checks = re.sub(r"\x1b\[[\d;]*m", "", said.partition("Data can be read")[0])
    assert max(len(line) for line in checks.splitlines()) <= 100


def test_json_for_machines(business_central: Server) -> None:
    code, said = run(business_central, json=True)
    told = json.loads(said)
    assert code == 0
    assert [*told] == ["conn_id", "works", "checks", "app_registration"]
    assert told["works"] is True
    assert [*told["app_registration"]] == ["admin_consent_url", "az"]
    assert [one["name"] for one in told["checks"]][:3] == ["settings", "credential", "authority"]


def test_json_of_a_connection_that_cannot_be_read(business_central: Server) -> None:
    code, said = run(business_central, json=True, show_token=True, changes={"tenant_id": "{}"})
    told = json.loads(said)
    assert (code, told["works"], [*told]) == (1, False, ["conn_id", "works", "checks"])


def test_show_token_shows_claims_and_never_the_token(business_central: Server) -> None:
    _, said = run(business_central, show_token=True)
    assert "audience: https://api.businesscentral.dynamics.com\n" in said
    assert "roles: API.ReadWrite.All, Automation.ReadWrite.All" in said
    assert "user: none\n" in said
    assert "scopes: none\n" in said
    assert re.search(r"expires: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", said)


def test_show_token_without_a_token_says_why(business_central: Server) -> None:
    changes = {"password": "wrong~and+long=enough"}
    _, said = run(business_central, json=True, show_token=True, changes=changes)
    assert "AADSTS7000215" in json.loads(said)["token"]["error"]


def test_show_token_is_json_whatever_happens(business_central: Server) -> None:
    _, said = run(business_central, json=True, show_token=True, changes={"principals": "bc_gone"})
    assert "names 'bc_gone'" in json.loads(said)["token"]["error"]


def test_show_token_of_a_certificate_that_is_not_there_is_json(business_central: Server) -> None:
    changes = {"password": None, "certificate_file": "/nowhere.pem"}
    code, said = run(business_central, json=True, show_token=True, changes=changes)
    assert code == 1
    assert "/nowhere.pem" in json.loads(said)["token"]["error"]


@pytest.mark.parametrize("name", ["customers", "items"])
def test_the_entity_set_of_the_page_is_free(business_central: Server, name: str) -> None:
    assert f"rows of {name} read." in run(business_central, entity_set=name)[1]


def test_a_connection_without_an_app_has_no_page_of_consent(business_central: Server) -> None:
    changes = {
        "login": None,
        "password": None,
        "grant_type": "azure_credential",
        "azure_credential": "NoSuchCredential",
    }
    _, said = run(business_central, changes=changes)
    assert "Admin consent" not in said
    assert "az ad sp create --id <client ID>" in said
