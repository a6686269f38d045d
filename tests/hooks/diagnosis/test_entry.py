"""Settings, credential, sign-in and token: each mistake that people make there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from airflow_provider_bc.auth.token import Claims
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.entra.defaults import PUBLIC_CLIENT_ID
from airflow_provider_bc.emulator.entra.directory import ALL_ROLES
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.entry import check_token
from airflow_provider_bc.settings import Settings
from tests.auth.certificates import pem, pem_certificate, rsa_key
from tests.hooks.patient import data_can_be_read, examine, states
from tests.peer import CLIENT, TENANT, settings

ELSEWHERE = "11111111-1111-1111-1111-111111111111"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RESOURCE = "https://api.businesscentral.dynamics.com"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"login": None}, "Application (client) ID (client_id) is missing."),
        ({"password": None}, "Client secret (client_secret) is missing; a certificate may take"),
        ({"tenant_id": None}, "Directory (tenant) ID (tenant_id) is missing."),
        ({"tenant_id": "{x}"}, "Directory (tenant) ID (tenant_id) is neither a GUID nor a domain"),
        ({"login": "Airflow"}, "Application (client) ID (client_id) is not a GUID."),
        ({"grant_type": "password"}, "Grant type (grant_type)"),
        ({"scopes": "x"}, "scopes: unknown field; did you mean scope?"),
    ],
)
def test_each_field_that_is_wrong_is_named(
    business_central: Server, changes: dict[str, Any], cause: str
) -> None:
    results = examine(business_central, **changes)
    assert states(results) == "r" + "-" * 12
    assert cause in results["settings"].cause
    assert results["settings"].remedy == "Correct the connection or the DAG."
    assert not data_can_be_read(results)


def test_a_connection_that_is_not_there_is_said_so() -> None:
    first, *_ = BusinessCentralHook("bc_nowhere").diagnose()
    assert (first.state, first.found) == ("red", "There is no connection 'bc_nowhere'.")
    assert "airflow connections add" in first.remedy


def test_a_certificate_that_cannot_be_read(business_central: Server, tmp_path: Path) -> None:
    missing = str(tmp_path / "no.pem")
    results = examine(business_central, password=None, certificate_file=missing)
    assert states(results) == "gr" + "-" * 11
    assert missing in results["credential"].cause


def test_a_certificate_is_named_as_the_credential(business_central: Server, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_bytes(pem(rsa_key()))
    public = pem_certificate(rsa_key()).decode()
    business_central.emulator.application.certificates.append(public)
    results = examine(business_central, password=None, certificate_file=str(tmp_path / "app.pem"))
    assert results["credential"].found == "A certificate."
    assert results["sign_in"].found.endswith("with a certificate.")


@pytest.mark.parametrize(
    ("days", "state", "said"),
    [
        (90, "green", "(90 days)"),
        (61, "green", "(61 days)"),
        (60, "note", "in 60 days. Renew it soon"),
        (30, "note", "Renew it within a month"),
        (7, "note", "Renew it within a week"),
        (0, "note", "expires today"),
        (-1, "note", "The client secret expired on"),
    ],
)
def test_the_end_of_a_secret_is_told_in_time(
    business_central: Server, days: int, state: str, said: str
) -> None:
    ends = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    results = examine(business_central, secret_expires_on=ends)
    told = results["credential"]
    assert told.state == state
    assert said in f"{told.found} {told.cause}"
    assert data_can_be_read(results)


@pytest.mark.parametrize(
    ("changes", "code", "remedy"),
    [
        ({"password": "wrong~and+long=enough"}, "AADSTS7000215", "not its Secret ID"),
        ({"login": ELSEWHERE}, "AADSTS700016", "client ID and tenant ID belong together"),
        ({"scope": "https://wrong.example/.default"}, "AADSTS500011", "scope is mistyped"),
        ({"tenant_id": ELSEWHERE}, "AADSTS90002", "There is no such tenant in this cloud."),
    ],
)
def test_a_refused_sign_in_has_entras_code_and_the_remedy(
    business_central: Server, changes: dict[str, Any], code: str, remedy: str
) -> None:
    results = examine(business_central, **changes)
    refused = results["sign_in"]
    assert states(results) == "gggggr" + "-" * 7
    assert (refused.state, refused.details["code"]) == ("red", code)
    assert refused.details["correlation_id"]
    assert remedy in refused.remedy


def test_an_expired_secret(business_central: Server) -> None:
    emulator = business_central.emulator
    emulator.application.secrets[0].expires = emulator.clock.now() - 1
    refused = examine(business_central)["sign_in"]
    assert refused.details["code"] == "AADSTS7000222"
    assert "create a new one in Certificates & secrets" in refused.remedy


def test_a_secret_id_in_place_of_the_value(business_central: Server) -> None:
    pasted = business_central.emulator.application.secrets[0].id
    results = examine(business_central, password=pasted)
    assert results["credential"].state == "note"
    assert results["sign_in"].remedy.startswith("Client secret looks like a Secret ID")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (7000229, "az ad sp create"),
        (7000112, "Enable the enterprise application"),
        (53003, "Conditional Access"),
        (650052, "buy it, or start a trial"),
    ],
)
def test_any_code_of_entra_reaches_the_list(
    business_central: Server, code: int, remedy: str
) -> None:
    business_central.emulator.authority.refusals.add(code, times=9)
    refused = examine(business_central)["sign_in"]
    assert refused.details["code"] == f"AADSTS{code}"
    assert remedy in refused.remedy


def test_before_a_person_signed_in_the_list_says_how(business_central: Server) -> None:
    extra: dict[str, Any] = {
        "login": PUBLIC_CLIENT_ID,
        "password": None,
        "grant_type": "authorization_code",
    }
    results = examine(business_central, **extra)
    assert results["credential"].found == "A person who signed in."
    assert "airflow business-central login bc_" in results["sign_in"].remedy


def test_a_token_that_lives_for_minutes_is_worth_a_note(business_central: Server) -> None:
    business_central.emulator.token_lifetime = 120
    told = examine(business_central)["token"]
    assert told.state == "note"
    assert "token lifetime policy" in told.cause


def test_a_token_that_is_past_its_end_is_red(business_central: Server) -> None:
    business_central.emulator.token_lifetime = -60
    results = examine(business_central)
    assert results["token"].state == "red"
    assert results["data_api"].because == "token"


def claimed(claims: Claims, connection: Settings | None = None) -> Case:
    """A case whose token says this; nothing is asked of it."""

    def connect(_: Settings) -> Any:
        raise ConfigurationError("not asked for")

    case = Case("bc", lambda: connection or settings(), connect, lambda: NOW)
    case.claims, case.ahead = claims, timedelta(0)
    return case


FITTING = Claims(CLIENT, TENANT, ALL_ROLES, audience=RESOURCE)


@pytest.mark.parametrize(
    ("claims", "state", "said"),
    [
        (FITTING, "green", "Issued for https://api.businesscentral.dynamics.com in tenant"),
        (Claims(CLIENT, TENANT, (), audience=f"{RESOURCE}/"), "green", "with no roles"),
        (
            Claims(CLIENT, TENANT, (), audience="996def3d-b36c-4153-8607-a6fd3c01b89f"),
            "green",
            "Issued for 996def3d",
        ),
        (Claims(None, None, ()), "note", "cannot be read"),
        (Claims(CLIENT, TENANT, (), audience="https://graph"), "red", "is for https://graph"),
        (Claims(CLIENT, ELSEWHERE, (), audience=RESOURCE), "red", f"of tenant {ELSEWHERE}"),
        (Claims(ELSEWHERE, TENANT, (), audience=RESOURCE), "red", f"of app {ELSEWHERE}"),
    ],
)
def test_what_the_token_says_is_held_against_the_connection(
    claims: Claims, state: str, said: str
) -> None:
    finding = check_token(claimed(claims))
    assert finding.state == state
    assert said in finding.found
    assert (finding.remedy != "") == (state == "red")


def test_the_ids_of_a_tenant_and_an_app_have_no_case() -> None:
    upper = Claims(CLIENT.upper(), TENANT.upper(), (), audience=RESOURCE)
    assert check_token(claimed(upper)).state == "green"


def test_a_tenant_named_by_its_domain_is_not_compared() -> None:
    named = settings(tenant_id="cronus.example")
    assert check_token(claimed(FITTING, named)).state == "green"


def test_an_azure_credential_is_named(business_central: Server) -> None:
    kind = f"NoSuch{uuid4().hex}Credential"
    extra: dict[str, Any] = {"login": None, "password": None, "grant_type": "azure_credential"}
    results = examine(business_central, **extra, azure_credential=kind)
    assert results["credential"].found == f"A credential {kind} of azure-identity."
    assert results["authority"].found.startswith("Not used")
    assert results["sign_in"].state == "red"
