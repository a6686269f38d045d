"""An API server with the plugin in it, and connections to an emulated Business Central."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import USER
from airflow_provider_bc.emulator.entra.directory import AutoApproval, RedirectUri
from devtools.live import HOST, free_ports
from tests.plugins.site import PASSWORDS, ROLES, Site, running


@pytest.fixture(scope="package")
def site(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Airflow's own app, as its API server makes it: it finds the plugin by its entry point."""
    (port,) = free_ports(1)
    url = f"http://{HOST}:{port}"
    passwords = tmp_path_factory.mktemp("passwords") / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    users = ",".join(f"{name}:{role}" for name, role in ROLES.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", users)
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
        patch.setenv("AIRFLOW__API__BASE_URL", url)
        from airflow.api_fastapi.app import create_app  # noqa: PLC0415 - it reads the address

        with running(create_app(apps="core"), port):
            yield Site(url)


@pytest.fixture
def tenant(site: Site) -> Iterator[Server]:
    """A tenant whose app may send people back to our page, and where Adele signs in at once."""
    with serve(Emulator(limits=False)) as server:
        server.emulator.directory.auto_approval = AutoApproval(USER)
        server.emulator.application.redirect_uris.append(RedirectUri(site.callback))
        yield server


class Connections:
    """Makes connections of environment variables."""

    def __init__(self, server: Server, patch: pytest.MonkeyPatch) -> None:
        self._server = server
        self._patch = patch

    def add(self, grant_type: str = "authorization_code", conn_id: str = "", **changes: Any) -> str:
        """Make one; changes go to its fields, or else to its extra."""
        conn_id = conn_id or f"bc_{uuid4().hex}"
        self._patch.setenv(_variable(conn_id), self._server.connection_json)
        self.change(conn_id, grant_type=grant_type, **changes)
        return conn_id

    def change(self, conn_id: str, **changes: Any) -> None:
        """Change one as an editor does."""
        connection = json.loads(os.environ[_variable(conn_id)])
        for name, value in changes.items():
            (connection if name in connection else connection["extra"])[name] = value
        self._patch.setenv(_variable(conn_id), json.dumps(connection))

    def remove(self, conn_id: str) -> None:
        """Delete one."""
        self._patch.delenv(_variable(conn_id))


def _variable(conn_id: str) -> str:
    return f"AIRFLOW_CONN_{conn_id.upper()}"


@pytest.fixture
def connections(tenant: Server, monkeypatch: pytest.MonkeyPatch) -> Connections:
    return Connections(tenant, monkeypatch)
