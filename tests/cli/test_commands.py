"""The real command, as a process: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from airflow.models.connection import Connection
from airflow.utils.session import create_session

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.entra.defaults import USER
from tests.hooks.patient import patient, secrets_in

BROWSER = f"{sys.executable} -c 'import httpx,sys;httpx.get(sys.argv[1],follow_redirects=True)' %s"


def airflow(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `airflow business-central …`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["airflow", "business-central", *arguments],
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_doctor_as_json_is_nothing_but_json(business_central: Server) -> None:
    with patient(business_central) as conn_id:
        done = airflow("doctor", conn_id, "--json", "--show-token")
    told = json.loads(done.stdout)
    assert (done.returncode, told["works"], told["conn_id"]) == (0, True, conn_id)
    assert told["token"]["audience"] == "https://api.businesscentral.dynamics.com"
    assert secrets_in(business_central, done.stdout + done.stderr) == []


def test_doctor_fails_where_data_cannot_be_read(business_central: Server) -> None:
    business_central.emulator.app_records.clear()
    with patient(business_central) as conn_id:
        done = airflow("doctor", conn_id)
    assert done.returncode == 1
    assert "\nred    Data API" in done.stdout
    assert "Microsoft Entra Applications" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.fixture
def stored(airflow_database: None, business_central: Server) -> Iterator[str]:
    """A connection in Airflow's database."""
    conn_id = f"bc_{uuid4().hex}"
    with create_session() as session:
        session.add(Connection.from_json(business_central.connection_json, conn_id))
    yield conn_id
    with create_session() as session:
        session.query(Connection).where(Connection.conn_id == conn_id).delete()


def test_a_connection_of_the_database_is_found(stored: str) -> None:
    done = airflow("companies", stored)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("id\tname\tdisplay_name\n")


def test_login_opens_the_browser_and_ends_by_itself(business_central: Server) -> None:
    business_central.emulator.auto_approve(USER)
    with patient(business_central, grant_type="authorization_code") as conn_id:
        done = airflow("login", conn_id, BROWSER=BROWSER)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Signed in as {USER}." in done.stdout
        assert airflow("doctor", conn_id).returncode == 0
    assert secrets_in(business_central, done.stdout + done.stderr) == []


def test_entities_of_an_api_that_is_none(business_central: Server) -> None:
    with patient(business_central) as conn_id:
        done = airflow("entities", conn_id, "--api", "no api")
    assert done.returncode == 1
    assert done.stderr.startswith("'no api' is no API.")
    assert done.stdout == ""
