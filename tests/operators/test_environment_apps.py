"""The operators of apps, updates and exports."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    TaskDeferralTimeout,
    TaskDeferred,
)

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.database_export import BusinessCentralExportDatabaseOperator
from airflow_provider_bc.operators.environment_apps import (
    BusinessCentralInstallAppOperator,
    BusinessCentralUninstallAppOperator,
    BusinessCentralUpdateAppOperator,
)
from airflow_provider_bc.operators.environment_update import (
    BusinessCentralUpdateEnvironmentOperator,
)
from tests.operators.task_context import context
from tests.operators.test_environments import QUICK, begun, tenant

__all__ = ["tenant"]

STORAGE = (
    "https://account.blob.core.windows.net/"
    "?sv=2024-01-01&se=2099-01-01T00:00:00Z&sp=rwdc&ss=b&srt=co&sig=SECRET"
)


@pytest.fixture
def app_id(tenant: Server) -> str:
    """An app that can be installed, and is not."""
    emulator = tenant.emulator
    there = emulator.environments[0].apps
    return next(one for one in emulator.tenant.app_source if one not in there)


def install(app_id: str, **arguments: Any) -> BusinessCentralInstallAppOperator:
    told: dict[str, Any] = {"accept_terms": True, "with_dependencies": True}
    return BusinessCentralInstallAppOperator(app_id=app_id, **{**QUICK, **told, **arguments})


def version_of(server: Server, app_id: str) -> str:
    return str(server.emulator.environments[0].apps[app_id].version)


def test_an_app_is_installed_once(tenant: Server, app_id: str) -> None:
    with pytest.raises(AirflowException, match="acceptIsvEula"):
        install(app_id, accept_terms=False).execute(Context())
    assert install(app_id.upper()).execute(Context())["type"] == "environmentappinstall"
    assert install(app_id).execute(Context())["operation_id"] is None
    assert begun(tenant, "environmentAppInstall") == 1


def test_a_retry_adopts_the_installation(tenant: Server, app_id: str) -> None:
    tenant.emulator.faults.add("dropped_midway", where="/install")
    with pytest.raises(AirflowException, match="Unavailable"):
        install(app_id).execute(context())
    assert install(app_id).execute(context(try_number=2))["type"] == "environmentappinstall"
    assert begun(tenant, "environmentAppInstall") == 1


def test_a_retry_adopts_no_installation_that_was_undone(tenant: Server, app_id: str) -> None:
    def uninstall() -> BusinessCentralUninstallAppOperator:
        return BusinessCentralUninstallAppOperator(app_id=app_id, with_dependents=True, **QUICK)

    install(app_id).execute(context())
    uninstall().execute(context())
    install(app_id).execute(context(try_number=2))
    assert begun(tenant, "environmentAppInstall") == 2
    uninstall().execute(context(try_number=2))
    assert begun(tenant, "environmentAppUninstall") == 2
    assert app_id not in tenant.emulator.environments[0].apps


def test_a_retry_adopts_no_installation_of_another_version(tenant: Server, app_id: str) -> None:
    tenant.emulator.operations.outcomes.plan("waiting", kind="environmentAppInstall")
    install(app_id, version="1.0.0.0", wait_for="accepted").execute(context("tuesday"))
    with pytest.raises(AirflowException, match="EntityValidationFailed"):
        install(app_id, version="1.1.0.0", wait_for="accepted").execute(context(try_number=2))


@pytest.mark.parametrize("nothing", ["", "None", "my-app", None])
def test_an_app_that_is_none_is_not_gone(tenant: Server, nothing: Any) -> None:
    operator = BusinessCentralUninstallAppOperator(app_id=nothing, **QUICK)
    with pytest.raises(AirflowFailException, match="which is no GUID"):
        operator.execute(Context())


def test_a_list_that_is_a_part_is_no_answer(tenant: Server, app_id: str) -> None:
    tenant.emulator.faults.add("empty_page_with_next_link", where="/apps")
    operator = BusinessCentralUninstallAppOperator(app_id=app_id, **QUICK)
    with pytest.raises(AirflowFailException, match="a part of a list"):
        operator.execute(Context())


def test_an_app_is_uninstalled_and_its_data_only_where_that_is_meant(
    tenant: Server, app_id: str
) -> None:
    install(app_id).execute(Context())
    arguments: dict[str, Any] = {"app_id": app_id, "with_dependents": True, **QUICK}
    with pytest.raises(AirflowFailException, match="Production is a production environment"):
        BusinessCentralUninstallAppOperator(delete_data=True, **arguments).execute(Context())
    uninstall = BusinessCentralUninstallAppOperator(**arguments)
    assert uninstall.execute(Context())["type"] == "environmentappuninstall"
    assert uninstall.execute(Context())["operation_id"] is None


def test_ending_the_update_of_an_app_cancels_it(tenant: Server, app_id: str) -> None:
    install(app_id, version="1.0.0.0").execute(Context())
    tenant.emulator.operations.outcomes.plan("waiting", kind="environmentAppUpdate")
    update = BusinessCentralUpdateAppOperator(
        app_id=app_id, version="1.1.0.0", **{**QUICK, "deferrable": True}
    )
    with pytest.raises(TaskDeferred) as caught:
        update.execute(Context())
    asyncio.run(caught.value.trigger.on_kill())
    (operation,) = [
        one for one in tenant.emulator.operations.all() if one.type == "environmentAppUpdate"
    ]
    assert operation.status.lower() == "canceled"


def test_an_app_is_updated_once(tenant: Server, app_id: str) -> None:
    install(app_id, version="1.0.0.0").execute(Context())
    update = BusinessCentralUpdateAppOperator(app_id=app_id, version="1.1.0.0", **QUICK)
    assert update.execute(Context())["type"] == "environmentappupdate"
    assert version_of(tenant, app_id) == "1.1.0.0"
    assert update.execute(Context())["operation_id"] is None


def test_an_environment_is_updated_to_a_version_that_it_is_offered(tenant: Server) -> None:
    offered = next(one for one in tenant.emulator.environments[0].updates.values() if one.available)
    version = offered.version
    arguments: dict[str, Any] = {"ignore_update_window": True, **QUICK}
    update = BusinessCentralUpdateEnvironmentOperator(version=version, **arguments)
    assert update.execute(Context()) == {"environment": "Production", "version": version}
    waits = BusinessCentralUpdateEnvironmentOperator(
        version=version, wait_for="completed", **arguments
    )
    assert waits.execute(Context())["version"].startswith(version)
    wrong = BusinessCentralUpdateEnvironmentOperator(version="99.9", **QUICK)
    with pytest.raises(AirflowFailException, match=r"cannot be updated to '99.9'; it is offered"):
        wrong.execute(Context())


def update(server: Server, **arguments: Any) -> BusinessCentralUpdateEnvironmentOperator:
    offered = server.emulator.environments[0].updates.values()
    version = next(one.version for one in offered if one.available)
    return BusinessCentralUpdateEnvironmentOperator(**{"version": version, **QUICK, **arguments})


def chosen(server: Server) -> int:
    return server.emulator.log.count(method="PATCH", path="/updates/")


def test_a_retry_does_not_choose_again_what_is_planned(connection: Server) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    update(connection, at=at).execute(context())
    update(connection, at=at).execute(context(try_number=2))
    assert chosen(connection) == 1
    update(connection, at=at + timedelta(hours=1)).execute(context(try_number=2))
    assert chosen(connection) == 2
    update(connection).execute(context(try_number=2))
    assert chosen(connection) == 3


def test_an_update_that_runs_is_awaited(tenant: Server) -> None:
    tenant.emulator.operations.outcomes.plan("stuck", kind="update")
    impatient = update(tenant, wait_for="completed", timeout=0.1)
    patient = update(tenant, wait_for="completed")
    update(tenant, ignore_update_window=True).execute(context())
    with pytest.raises(TaskDeferralTimeout):
        impatient.execute(context(try_number=2))
    tenant.emulator.operations.release()
    assert patient.execute(context(try_number=3))["version"].startswith(patient.version)
    assert chosen(tenant) == 1
    assert begun(tenant, "update") == 1


def export(**arguments: Any) -> BusinessCentralExportDatabaseOperator:
    told = {"storage_conn_id": "storage", "container": "exports", "blob": "a.bacpac"}
    return BusinessCentralExportDatabaseOperator(task_id="t", **{**told, **arguments})


@pytest.mark.usefixtures("storage")
def test_a_database_is_exported_and_the_signature_told_nobody(
    tenant: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = export().execute(Context())
    assert found == {"environment": "Production", "container": "exports", "blob": "a.bacpac"}
    assert len(tenant.emulator.tenant.exports) == 1
    with pytest.raises(AirflowException) as caught:
        export(environment="Nowhere").execute(Context())
    assert "SECRET" not in f"{caught.value} {caplog.text} {found}"
    monkeypatch.setenv("AIRFLOW_CONN_STORAGE", json.dumps({"conn_type": "generic"}))
    with pytest.raises(AirflowFailException, match="password of the connection storage is no URI"):
        export().execute(Context())


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"conn_type": "generic", "password": STORAGE}
    monkeypatch.setenv("AIRFLOW_CONN_STORAGE", json.dumps(settings))


@pytest.mark.usefixtures("storage")
def test_an_export_in_doubt_fails_and_is_found_when_the_task_is_run_again(tenant: Server) -> None:
    tenant.emulator.faults.add("answer_lost", where="/exports")
    with pytest.raises(AirflowFailException, match="OutcomeUnknown"):
        export().execute(context())
    tenant.emulator.faults.add("bad_gateway", where="/exports/history")
    assert export().execute(context(try_number=2))["blob"] == "a.bacpac"
    assert len(tenant.emulator.tenant.exports) == 1
    export().execute(context(try_number=2, cleared=True))
    assert len(tenant.emulator.tenant.exports) == 2


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize(
    ("blob", "minutes"), [("b.bacpac", 1), ("a.bacpac", -1)], ids=["another", "an earlier one"]
)
def test_a_retry_begins_an_export_that_was_not_begun(
    tenant: Server, blob: str, minutes: float
) -> None:
    export().execute(context("sunday"))
    export(blob=blob).execute(context(try_number=2, minutes=minutes))
    assert len(tenant.emulator.tenant.exports) == 2


def test_an_update_that_fails_is_not_awaited_to_the_end(tenant: Server) -> None:
    tenant.emulator.operations.outcomes.plan("failed", "An extension does not compile")
    update = BusinessCentralUpdateEnvironmentOperator(
        version="27.1.0.0", ignore_update_window=True, wait_for="completed", **QUICK
    )
    with pytest.raises(AirflowException, match=r"the update to 27\.1\.0\.0 has failed") as caught:
        update.execute(Context())
    assert not isinstance(caught.value, AirflowFailException)
    assert update.execute(Context()) == {"environment": "Production", "version": "27.1.0.0"}
