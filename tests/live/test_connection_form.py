"""The connection in the browser: what a person sees, fills in, saves and tests."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.provider_info import PROVIDER_INFO
from tests.live.browser import SCREEN, ConnectionsPage, Form, browser
from tests.live.live_airflow import LiveAirflow
from tests.live.tenant import WRONG_SECRET, black_hole

pytestmark = pytest.mark.live

(CONNECTION_TYPE,) = PROVIDER_INFO["connection-types"]
EXTRA: dict[str, dict[str, Any]] = CONNECTION_TYPE["conn-fields"]
PLACEHOLDERS: dict[str, str] = CONNECTION_TYPE["ui-field-behaviour"]["placeholders"]
SECTIONS = ("Extra Fields", "Sign-in", "Requests", "Links")
BY_HAND = "bc_by_hand"
SPOILT = "bc_spoilt"
MASK = "***"
LONGEST_TEST = 10.0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go, for a person to look at."""
    named = os.environ.get("BC_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def connections(
    chromium: Browser, airflow: LiveAirflow, pictures: Path
) -> Iterator[ConnectionsPage]:
    """A new visit to the connections page, which must ask nobody but Airflow."""
    with chromium.new_context(viewport=SCREEN) as context:
        visit = ConnectionsPage(context.new_page(), airflow.url, pictures)
        yield visit
        assert visit.asked
        assert visit.strangers == set()


@pytest.fixture
def form(connections: ConnectionsPage) -> Form:
    """The form of a new connection of our type, empty."""
    return connections.add()


def standard_label(name: str) -> str:
    return str(CONNECTION_TYPE["ui-field-behaviour"]["relabeling"][name])


def test_standard_fields_have_our_labels_and_placeholders(
    connections: ConnectionsPage, form: Form
) -> None:
    connections.picture("1-standard-fields")
    for name in ("login", "password", "host", "port"):
        assert form.words_of(name)[0] == standard_label(name)
    for name, placeholder in PLACEHOLDERS.items():
        assert form.field(name).get_attribute("placeholder") == placeholder


def test_fields_that_mean_nothing_here_are_hidden(form: Form) -> None:
    assert form.field("schema").count() == 0


def test_each_extra_field_is_there_with_label_description_and_default(
    connections: ConnectionsPage, form: Form
) -> None:
    shown = {}
    for number, section in enumerate(SECTIONS, 2):
        form.open(section)
        connections.picture(f"{number}-{section.lower().replace(' ', '-')}")
        for name in (one for one in EXTRA if section_of(one) == section):
            words = form.words_of(f"element_{name}")
            shown[name] = (words[0], EXTRA[name]["description"] in words, default_in(form, name))
    assert shown == {
        name: (f"{one['label']}*" if name == "tenant_id" else one["label"], True, default_of(name))
        for name, one in EXTRA.items()
    }


def section_of(name: str) -> str:
    return str(EXTRA[name]["schema"].get("section", SECTIONS[0]))


def default_of(name: str) -> Any:
    default = EXTRA[name]["schema"].get("default", "")
    return default if isinstance(default, bool) else str(default)


def default_in(form: Form, name: str) -> Any:
    value = form.value_of(f"element_{name}")
    return value if isinstance(value, bool) else value.replace(",", "")


def test_the_secret_is_masked_while_it_is_typed(connections: ConnectionsPage, form: Form) -> None:
    form.field("password").fill("what a neighbour must not read")
    connections.picture("5-typed-secret")
    assert form.field("password").get_attribute("type") == "password"


def test_save_waits_for_the_tenant(
    connections: ConnectionsPage, form: Form, server: Server
) -> None:
    form.field("connection_id").fill("bc_without_tenant")
    form.open("Extra Fields")
    expect(form.save).to_be_disabled()
    assert "This field is required" in form.words_of("element_tenant_id")
    connections.picture("6-tenant-is-missing")
    form.field("element_tenant_id").fill(server.emulator.tenant_id)
    expect(form.save).to_be_enabled()


@pytest.fixture(scope="module")
def by_hand(
    chromium: Browser, airflow: LiveAirflow, server: Server, pictures: Path
) -> dict[str, Any]:
    """A connection that was filled in and saved by hand, as it is stored."""
    connection = server.connection
    with chromium.new_context(viewport=SCREEN) as context:
        connections = ConnectionsPage(context.new_page(), airflow.url, pictures)
        form = connections.add()
        form.field("connection_id").fill(BY_HAND)
        for name in ("login", "password", "host", "port"):
            form.field(name).fill(str(connection[name]))
        form.open("Extra Fields")
        for name in ("tenant_id", "company"):
            form.field(f"element_{name}").fill(connection["extra"][name])
        form.open("Sign-in")
        form.field("element_authority_host").fill(connection["extra"]["authority_host"])
        form.store()
        connections.row(BY_HAND).wait_for()
        connections.picture("7-saved")
    stored: dict[str, Any] = airflow.call("GET", f"connections/{BY_HAND}")
    return stored


def test_what_was_filled_in_is_stored_with_the_defaults(
    by_hand: dict[str, Any], server: Server
) -> None:
    defaults = {name: one["schema"].get("default") for name, one in EXTRA.items()}
    typed = server.connection["extra"]
    assert json.loads(by_hand["extra"]) == {**defaults, **typed}
    assert by_hand["conn_type"] == "business_central"
    assert by_hand["port"] == server.port


def test_the_button_names_environment_company_app_and_roles(
    connections: ConnectionsPage, by_hand: dict[str, Any], server: Server
) -> None:
    title, said = connections.test(by_hand["connection_id"])
    connections.picture("8-test-succeeds")
    emulator = server.emulator
    assert title == "Test Connection Successful"
    for known in (
        f"environment {emulator.environment}",
        f"app {emulator.client_id}",
        *emulator.roles,
        f'Company: "{emulator.companies[0].name}".',
    ):
        assert known in said


def test_the_form_of_a_stored_connection_does_not_hold_its_secret(
    connections: ConnectionsPage, by_hand: dict[str, Any]
) -> None:
    form = connections.edit(by_hand["connection_id"])
    form.box.get_by_role("button", name="Show value").click()
    connections.picture("9-stored-secret")
    assert form.value_of("password") == MASK


def test_saving_a_stored_connection_keeps_what_was_not_touched(
    connections: ConnectionsPage, airflow: LiveAirflow, by_hand: dict[str, Any]
) -> None:
    form = connections.edit(by_hand["connection_id"])
    form.field("description").fill("Touched")
    form.store()
    stored = airflow.call("GET", f"connections/{BY_HAND}")
    assert json.loads(stored["extra"]) == json.loads(by_hand["extra"])
    assert airflow.test_connection(BY_HAND)[0]


def test_a_wrong_secret_fails_with_its_code_and_its_remedy(
    connections: ConnectionsPage, airflow: LiveAirflow, server: Server
) -> None:
    connection = server.connection
    airflow.add_connection(SPOILT, {**connection, "extra": json.dumps(connection["extra"])})
    connections.page.reload()
    form = connections.edit(SPOILT)
    form.field("password").fill(WRONG_SECRET)
    form.store()
    title, said = connections.test(SPOILT)
    connections.picture("10-test-fails")
    assert title == "Test Connection Failed"
    assert "AADSTS7000215" in said
    assert "Copy the secret's Value (not its Secret ID) again" in said
    assert WRONG_SECRET not in said


def test_an_api_that_never_answers_ends_the_button_within_ten_seconds(
    connections: ConnectionsPage, airflow: LiveAirflow, server: Server
) -> None:
    with black_hole() as hole:
        mute = {**server.connection, "port": hole.port}
        airflow.add_connection("bc_mute", {**mute, "extra": json.dumps(mute["extra"])})
        connections.page.reload()
        connections.row("bc_mute").wait_for()
        answered: list[float] = []
        connections.page.on(
            "response",
            lambda one: (
                answered.append(time.monotonic()) if "/connections/test" in one.url else None
            ),
        )
        title, said = connections.test("bc_mute")
        seconds = answered[0] - hole.arrivals[0]
    connections.picture("11-no-answer")
    assert title == "Test Connection Failed"
    assert "Check" in said
    assert seconds < LONGEST_TEST
