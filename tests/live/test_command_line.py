"""What a person sees who works with the command `airflow`."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from airflow_provider_bc import __version__
from airflow_provider_bc.emulator import Server
from tests.live.live_airflow import LiveAirflow
from tests.live.tenant import WRONG_SECRET, black_hole

pytestmark = pytest.mark.live

LONGEST_TEST = 10.0


def words(text: str) -> str:
    """The text as one line: the command breaks lines after 80 characters."""
    return " ".join(text.split())


def test_providers_list_names_this_provider_and_its_version(airflow: LiveAirflow) -> None:
    listed = airflow.command("providers", "list", "--output", "json")
    versions = {one["package_name"]: one["version"] for one in json.loads(listed.stdout)}
    assert versions["airflow-provider-bc"] == __version__


def test_a_connection_that_works_passes_its_test(airflow: LiveAirflow) -> None:
    tested = airflow.command("connections", "test", "business_central_default")
    assert "Connection success!" in tested.stdout
    assert tested.returncode == 0


def test_a_wrong_secret_is_named_with_its_code_and_its_remedy(
    airflow: LiveAirflow, server: Server
) -> None:
    wrong = {**server.connection, "password": WRONG_SECRET}
    airflow.command("connections", "add", "bc_wrong_secret", "--conn-json", json.dumps(wrong))
    tested = airflow.command("connections", "test", "bc_wrong_secret")
    said = words(tested.stdout)
    assert tested.returncode == 1
    assert "Connection failed!" in said
    assert "AADSTS7000215" in said
    assert "Copy the secret's Value (not its Secret ID) again" in said


def test_a_stored_connection_is_encrypted(airflow: LiveAirflow, server: Server) -> None:
    (row,) = airflow.rows("SELECT * FROM connection WHERE conn_id = ?", "business_central_default")
    assert (row["is_encrypted"], row["is_extra_encrypted"]) == (1, 1)
    assert airflow.fernet.decrypt(row["password"]).decode() == server.connection["password"]


def test_an_api_that_never_answers_ends_the_command_within_ten_seconds(
    airflow: LiveAirflow, server: Server
) -> None:
    with black_hole() as hole:
        mute = {**server.connection, "port": hole.port}
        added = json.dumps(mute)
        airflow.command("connections", "add", "bc_mute_api", "--conn-json", added)
        seconds_since = airflow.seconds_until(
            "Connection failed!", "connections", "test", "bc_mute_api"
        )
    assert seconds_since(hole.arrivals[0]) < LONGEST_TEST


@pytest.mark.parametrize("mute", ["the API", "the sign-in"])
def test_a_service_that_never_answers_ends_the_button_within_ten_seconds(
    airflow: LiveAirflow, server: Server, mute: str
) -> None:
    with black_hole() as hole:
        connection: dict[str, Any] = {**server.connection}
        if mute == "the API":
            connection["port"] = hole.port
        else:
            connection["extra"] = {**connection["extra"], "authority_host": hole.url}
        name = f"bc_mute_{len(mute)}"
        airflow.add_connection(name, {**connection, "extra": json.dumps(connection["extra"])})
        works, said = airflow.test_connection(name)
        seconds = time.monotonic() - hole.arrivals[0]
    assert not works
    assert str(hole.port) in said or "No answer within" in said
    assert seconds < LONGEST_TEST
