"""Every way to sign in runs a real DAG: Airflow's own task runner, a real socket, real files."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import httpx
import pytest

from airflow_provider_bc.auth.device_code import DeviceCode
from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import MANAGED_IDENTITY_ID, PUBLIC_CLIENT_ID, USER
from airflow_provider_bc.emulator.entra.directory import AutoApproval
from airflow_provider_bc.emulator.entra.federation import FederatedCredential, ForeignIssuer
from airflow_provider_bc.emulator.entra.managed_identity import IDENTITY_HEADER
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from tests.auth.certificates import PASSPHRASE, pem, pem_certificate, pfx, rsa_key
from tests.conftest import CONNECTION

pytestmark = pytest.mark.usefixtures("airflow_database")

REDIRECT = "http://localhost:8400/callback"
ISSUER = "https://oidc.example.com/"
WORKLOAD = "system:serviceaccount:airflow:worker"


class Tenant:
    """An emulated tenant, and the connection to it.

    :param server: the emulator.
    :param monkeypatch: sets environment variables.
    """

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.set = monkeypatch.setenv

    @property
    def emulator(self) -> Emulator:
        return self.server.emulator

    def connect(self, *, login: str | None, password: str | None = None, **extra: str) -> None:
        """Make it the connection of the example DAGs."""
        own = {"login": login, "password": password}
        connection = {**self.server.connection, **own}
        connection["extra"] = {**connection["extra"], **extra}
        self.set(CONNECTION, json.dumps(connection))

    def certify(self) -> None:
        self.emulator.application.certificates.append(pem_certificate(rsa_key()).decode())

    def workload_token(self) -> str:
        """Let an issuer of somebody else vouch for the worker."""
        self.emulator.application.federated.append(FederatedCredential(ISSUER, WORKLOAD))
        issuer = self.emulator.directory.issuers[ISSUER] = ForeignIssuer(ISSUER)
        return issuer.token(WORKLOAD, self.emulator.clock.now())


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    with serve(Emulator(ledger_entries=50, limits=False)) as server:
        server.emulator.directory.auto_approval = AutoApproval(USER)
        yield Tenant(server, monkeypatch)


def secret(tenant: Tenant, _: Path) -> None:
    emulator = tenant.emulator
    tenant.connect(login=emulator.client_id, password=emulator.client_secret)


def certificate_in_a_file(tenant: Tenant, folder: Path) -> None:
    tenant.certify()
    file = folder / "certificate.pem"
    file.write_bytes(pem(rsa_key()))
    tenant.connect(login=tenant.emulator.client_id, certificate_file=str(file))


def certificate_as_text(tenant: Tenant, _: Path) -> None:
    tenant.certify()
    tenant.connect(
        login=tenant.emulator.client_id,
        private_key=base64.b64encode(pfx(rsa_key(), PASSPHRASE)).decode(),
        private_key_passphrase=PASSPHRASE,
    )


def federated(tenant: Tenant, folder: Path) -> None:
    file = folder / "workload-token"
    file.write_text(tenant.workload_token())
    tenant.connect(
        login=tenant.emulator.client_id,
        grant_type="federated_identity",
        federated_assertion_file=str(file),
    )


def identity_of_a_machine(tenant: Tenant, _: Path) -> None:
    tenant.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", tenant.server.url)
    tenant.connect(login=None, grant_type="managed_identity")


def identity_of_an_app_service(tenant: Tenant, _: Path) -> None:
    tenant.set("IDENTITY_ENDPOINT", f"{tenant.server.url}/msi/token")
    tenant.set("IDENTITY_HEADER", IDENTITY_HEADER)
    tenant.connect(login=MANAGED_IDENTITY_ID, grant_type="managed_identity")


def credential_of_azure_identity(tenant: Tenant, _: Path) -> None:
    tenant.set("IDENTITY_ENDPOINT", f"{tenant.server.url}/msi/token")
    tenant.set("IDENTITY_HEADER", IDENTITY_HEADER)
    tenant.connect(
        login=None,
        grant_type="azure_credential",
        azure_credential="ManagedIdentityCredential",
    )


def person_in_a_browser(tenant: Tenant, _: Path) -> None:
    emulator = tenant.emulator
    tenant.connect(
        login=emulator.client_id,
        password=emulator.client_secret,
        grant_type="authorization_code",
    )
    with BusinessCentralHook() as hook:
        begun = hook.begin_sign_in(REDIRECT)
        came_back = httpx.get(begun.url, follow_redirects=False, trust_env=False)
        assert hook.finish_sign_in(begun, came_back.headers["location"]) == USER


def person_with_a_device_code(tenant: Tenant, _: Path) -> None:
    tenant.connect(login=PUBLIC_CLIENT_ID, grant_type="authorization_code")

    def show(code: DeviceCode) -> None:
        entered = {"user_code": code.user_code}
        httpx.get(code.verification_uri, params=entered, trust_env=False).raise_for_status()

    with BusinessCentralHook() as hook:
        assert hook.sign_in_by_device(show) == USER


WAYS = [
    secret,
    certificate_in_a_file,
    certificate_as_text,
    federated,
    identity_of_a_machine,
    identity_of_an_app_service,
    credential_of_azure_identity,
    person_in_a_browser,
    person_with_a_device_code,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_dag_runs(tenant: Tenant, tmp_path: Path, way: Callable[[Tenant, Path], None]) -> None:
    way(tenant, tmp_path)
    copies = tmp_path / "copies"

    dag = importlib.import_module("incremental_sync").dag
    outcome = dag.test(run_conf={"path": copies.as_uri()})

    assert outcome.state == "success"
    (count,) = duckdb.execute(  # type: ignore[misc]
        f"SELECT count(DISTINCT id) FROM read_parquet('{copies}/*/*/customers/*.parquet')"
    ).fetchone()
    company = tenant.server.connection["extra"]["company"]
    assert count == len(tenant.emulator.company(company).rows("customers"))
