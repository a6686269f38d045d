"""From an empty form to a DAG that reads as a person: form, check, Connect, run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.entra.defaults import USER
from airflow_provider_bc.emulator.entra.directory import RedirectUri
from airflow_provider_bc.plugins import PREFIX
from tests.live.browser import SCREEN, ConnectionsPage, browser
from tests.live.hunt import Hunt
from tests.live.live_airflow import LiveAirflow
from tests.live.sign_in_pages import ConnectPage
from tests.live.tenant import WRONG_SECRET, RememberingEmulator

pytestmark = pytest.mark.live

CONN_ID = "bc_adele"
DAG = f"""
from airflow.sdk import DAG, task, timezone
from airflow_provider_bc.hooks.business_central import BusinessCentralHook

with DAG("reads_as_adele", schedule=None, start_date=timezone.datetime(2026, 1, 1)):
    @task
    def companies():
        with BusinessCentralHook("{CONN_ID}") as hook:
            return [company.name for company in hook.companies()]
    companies()
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go, for a person to look at."""
    named = os.environ.get("BC_SCREENSHOTS")
    folder = Path(named, "connect") if named else tmp_path_factory.mktemp("connect")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def story(
    chromium: Browser, airflow: LiveAirflow, server: Server, dags: Path, pictures: Path
) -> dict[str, Any]:
    """What a person saw, from an empty form to a run; the colours are dark."""
    (dags / "reads_as_adele.py").write_text(DAG)
    server.emulator.application.redirect_uris.append(RedirectUri(f"{airflow.url}{PREFIX}/callback"))
    told: dict[str, Any] = {}
    with chromium.new_context(viewport=SCREEN, color_scheme="dark") as context:
        connections = ConnectionsPage(context.new_page(), airflow.url, pictures)
        fill_in(connections, server, WRONG_SECRET)
        ours = ConnectPage(from_the_menu(connections.page), airflow.url, pictures)
        ours.open(CONN_ID)
        told["unsigned"] = (ours.check("1-nobody-signed-in"), ours.states())
        told["wrong secret"] = connect(ours, "That did not work", "2-wrong-secret")
        mend(connections, server.emulator.client_secret)
        told["denied"] = connect(ours, "That did not work", "3-denied", account=None)
        told["connected"] = connect(ours, "Connected", "4-connected")
        told["signed in"] = (ours.check("5-works"), ours.states())
        told["pages"] = ours.seen
    run = airflow.trigger("reads_as_adele")
    airflow.end_of(run)
    told["companies"] = airflow.result(run, "companies")
    return told


def fill_in(connections: ConnectionsPage, server: Server, secret: str) -> None:
    """Add the connection by hand, for a person who signs in."""
    connection = server.connection
    form = connections.add()
    form.field("connection_id").fill(CONN_ID)
    for name in ("login", "host", "port"):
        form.field(name).fill(str(connection[name]))
    form.field("password").fill(secret)
    form.open("Extra Fields")
    form.field("element_tenant_id").fill(connection["extra"]["tenant_id"])
    form.field("element_company").fill(connection["extra"]["company"])
    form.open("Sign-in")
    form.field("element_authority_host").fill(connection["extra"]["authority_host"])
    form.box.locator("#element_grant_type").get_by_role("combobox").click()
    connections.page.get_by_role("option", name="Person who signs in").click()
    form.store()
    connections.row(CONN_ID).wait_for()


def mend(connections: ConnectionsPage, secret: str) -> None:
    """Correct the secret in the form."""
    form = connections.edit(CONN_ID)
    form.field("password").fill(secret)
    form.store()


def from_the_menu(page: Page) -> Page:
    """Open our page as a person finds it: under Admin, in a tab of its own."""
    page.get_by_role("button", name="Admin").click()
    with page.context.expect_page() as opened:
        page.get_by_role("menuitem", name="Business Central").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Business Central")
    return opened.value


def connect(ours: ConnectPage, heading: str, name: str, account: str | None = "Adele Vance") -> str:
    """Connect, by an account or not at all, and read the last page."""
    ours.open(CONN_ID)
    ours.leave()
    if account:
        ours.choose(account)
    else:
        ours.cancel()
    return ours.end(heading, name)


def test_the_check_says_that_nobody_has_signed_in(story: dict[str, Any]) -> None:
    verdict, states = story["unsigned"]
    assert "does not work yet" in verdict
    assert states["Sign-in"] == "red"
    assert states["Settings"] == "green"
    assert states["Company"] == "grey"


def test_a_wrong_secret_comes_back_with_its_code_and_its_remedy(story: dict[str, Any]) -> None:
    assert "AADSTS7000215" in story["wrong secret"]
    assert "Copy the secret's Value" in story["wrong secret"]
    assert re.search(r"Correlation id\s+[0-9a-f-]{36}", story["wrong secret"])


def test_a_denied_sign_in_is_no_sign_in(story: dict[str, Any]) -> None:
    assert "AADSTS65004" in story["denied"] or "declined" in story["denied"].lower()


def test_the_last_page_names_the_account_and_may_be_closed(story: dict[str, Any]) -> None:
    assert USER in story["connected"]
    assert "You may close this tab" in story["connected"]


def test_the_check_is_green_then(story: dict[str, Any]) -> None:
    verdict, states = story["signed in"]
    assert verdict == "This connection works."
    assert "red" not in states.values()


def test_a_dag_reads_with_the_token_obtained(story: dict[str, Any], server: Server) -> None:
    assert story["companies"] == [company.name for company in server.emulator.companies]


def test_no_page_holds_anything_of_a_sign_in(
    story: dict[str, Any], emulator: RememberingEmulator
) -> None:
    secrets = [*emulator.tokens, *emulator.of_sign_ins, emulator.client_secret]
    assert len(emulator.of_sign_ins) > 6
    assert [one for one in secrets if any(one in text for text in story["pages"])] == []


def test_no_log_file_or_row_holds_anything_of_a_sign_in(
    story: dict[str, Any], airflow: LiveAirflow, emulator: RememberingEmulator
) -> None:
    named = {f"part {number}": text for number, text in enumerate(sorted(emulator.of_sign_ins))}
    hunt = Hunt({**named, "client secret": emulator.client_secret})
    assert hunt.in_folder(airflow.home) == []
    assert hunt.in_cells(airflow.cells(), airflow.fernet) == []
    callback = Hunt({"path": f"{PREFIX}/callback"})
    assert any("standalone.log" in find for find in callback.in_folder(airflow.home))


def test_both_themes_follow_the_system_and_airflows_own_choice(
    chromium: Browser, airflow: LiveAirflow, story: dict[str, Any], pictures: Path
) -> None:
    colours = {}
    for system in ("light", "dark"):
        for chosen in ("", "light", "dark"):
            with chromium.new_context(viewport=SCREEN, color_scheme=system) as context:
                page = context.new_page()
                page.goto(f"{airflow.url}{PREFIX}/")
                if chosen:
                    page.evaluate("theme => localStorage.setItem('theme', theme)", chosen)
                    page.reload()
                colours[system, chosen] = page.evaluate(
                    "getComputedStyle(document.body).backgroundColor"
                )
                page.screenshot(path=pictures / f"list-{system}-{chosen or 'system'}.png")
    for system in ("light", "dark"):
        assert colours[system, ""] == colours[system, system]
        assert colours[system, "light"] == colours["light", ""]
        assert colours[system, "dark"] == colours["dark", ""]
    assert colours["light", ""] != colours["dark", ""]
