"""An extension is uploaded once, however often the task is tried."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.upload_extension import BusinessCentralUploadExtensionOperator
from tests.automation_files import APP_ID, app_file
from tests.operators.task_context import context

ROUTE = "microsoft/automation/v2.0"
UPLOAD = "/Microsoft.NAV.upload"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bonus.app"
    path.write_bytes(app_file())
    return path


def uploading(file: Path, **options: Any) -> BusinessCentralUploadExtensionOperator:
    quick = {"poll_interval": 0.02, "timeout": 10, "deferrable": False, "failures_allowed": 0}
    given = {**quick, "path": file.as_uri(), "backend": "automation", **options}
    return BusinessCentralUploadExtensionOperator(task_id="t", **given)


def deployments(server: Server) -> list[Any]:
    rows = server.emulator.companies[1].rows("extensionDeploymentStatus", ROUTE)
    return [row["status"] for row in rows]


def by_the_admin_center(file: Path, **options: Any) -> BusinessCentralUploadExtensionOperator:
    return uploading(file, backend="admin", **options)


def test_the_admin_center_deploys_it_once(connection: Server, file: Path) -> None:
    connection.emulator.operation_seconds = 0
    assert by_the_admin_center(file).execute(context())["type"] == "environmentappinstall"
    assert connection.emulator.environments[0].apps[APP_ID].version == "1.0.0.0"
    assert by_the_admin_center(file).execute(context("tuesday"))["operation_id"] is None
    assert connection.emulator.log.count(path="/pteInstall") == 1


def test_a_retry_adopts_what_the_admin_center_accepted(impatient: Server, file: Path) -> None:
    impatient.emulator.operation_seconds = 0.1
    impatient.emulator.faults.add("answer_lost", where="/pteInstall")
    with pytest.raises(AirflowException, match="Unavailable"):
        by_the_admin_center(file).execute(context())
    found = by_the_admin_center(file).execute(context(try_number=2))
    assert found["type"] == "environmentappinstall"
    assert impatient.emulator.log.count(path="/pteInstall") == 1


@pytest.mark.parametrize("seconds", [0, 0.1])
def test_it_is_uploaded_and_deployed(connection: Server, file: Path, seconds: float) -> None:
    connection.emulator.background.seconds = seconds
    done = uploading(file).execute(context())
    assert (done["name"], done["version"]) == ("Bonus", "1.0.0.0")
    assert uploading(file).execute(context(try_number=2)) == done
    assert deployments(connection) == ["Completed"]
    with pytest.raises(AirflowException, match="OperationFailed"):
        uploading(file).execute(context("tuesday"))
    assert deployments(connection) == ["Failed", "Completed"]


def test_it_waits_in_the_triggerer(connection: Server, file: Path) -> None:
    connection.emulator.background.seconds = 0.05
    with pytest.raises(TaskDeferred) as caught:
        uploading(file, deferrable=True).execute(context())
    event = json.loads(json.dumps(asyncio.run(first(caught.value.trigger))))
    task = uploading(file, deferrable=True)
    done = task.deployed(context(), event)
    assert done["publisher"] == "Contoso & Co."


async def first(trigger: Any) -> Any:
    return (await anext(trigger.run())).payload


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_a_retry_waits_for_what_was_accepted(impatient: Server, file: Path, seconds: float) -> None:
    impatient.emulator.background.seconds = seconds
    # The answer is lost, and so is that of the look behind it: nobody knows what was accepted.
    impatient.emulator.faults.add("answer_lost", where=UPLOAD)
    impatient.emulator.faults.add("unavailable", after=2, where="/extensionUpload(")
    with pytest.raises(AirflowException, match="Unavailable"):
        uploading(file).execute(context())
    assert not impatient.emulator.faults.pending
    assert uploading(file).execute(context(try_number=2))["version"] == "1.0.0.0"
    assert impatient.emulator.log.count(path=UPLOAD) == 1
    assert deployments(impatient) == ["Completed"]


def test_an_installation_is_no_upload_of_an_earlier_try(connection: Server, file: Path) -> None:
    company = connection.emulator.companies[1]
    row = company.blank("extensionDeploymentStatus", ROUTE) | {"operationType": "Install"}
    row |= {"name": "Bonus", "publisher": "Contoso & Co.", "appVersion": "1.0.0.0"}
    row |= {"status": "Completed", "startedOn": company.now()}
    company.table("extensionDeploymentStatus", ROUTE).put("000000001", row)
    assert uploading(file).execute(context(try_number=2))["version"] == "1.0.0.0"
    assert connection.emulator.log.count(path=UPLOAD) == 1


def test_a_failure_is_told_and_tried_again(connection: Server, file: Path) -> None:
    connection.emulator.background.failures["deployment"] = ""
    with pytest.raises(AirflowException, match="OperationFailed"):
        uploading(file).execute(context())
    connection.emulator.background.failures.clear()
    assert uploading(file).execute(context(try_number=2))["name"] == "Bonus"
    assert deployments(connection) == ["Completed", "Failed"]


def test_what_is_accepted_is_not_awaited(connection: Server, file: Path) -> None:
    connection.emulator.background.seconds = 100
    app = {"name": "Bonus", "publisher": "Contoso & Co.", "version": "1.0.0.0"}
    for try_number in (1, 2):
        accepted = uploading(file, wait_for="accepted", deferrable=True)
        assert accepted.execute(context(try_number=try_number)) == app
    assert deployments(connection) == ["InProgress"]


@pytest.mark.parametrize("backend", ["admin", "automation"])
def test_no_data_of_production_is_deleted_by_accident(
    connection: Server, file: Path, backend: str
) -> None:
    connection.emulator.operation_seconds = 0
    force = {"backend": backend, "schema_sync_mode": "Force Sync"}
    for kind in ("Production", "Preview"):
        connection.emulator.environments[0].type = kind
        with pytest.raises(AirflowFailException, match=r"Production.*allow_production"):
            uploading(file, **force).execute(context())
    assert connection.emulator.log.count(path=UPLOAD) == 0
    assert connection.emulator.log.count(path="/pteInstall") == 0
    assert uploading(file, **force, allow_production=True).execute(context())
    connection.emulator.environments[0].type = "Sandbox"
    file.write_bytes(app_file("2.0.0.0"))
    assert uploading(file, **force).execute(context())


def test_what_is_wrong_is_said_at_once(connection: Server, file: Path) -> None:
    for wrong in ("backend", "schedule", "schema_sync_mode", "wait_for"):
        with pytest.raises(AirflowFailException, match=f"{wrong} is 'soap'"):
            uploading(file, **{wrong: "soap"}).execute(context())
    file.write_bytes(b"MZ")
    with pytest.raises(AirflowFailException, match="no extension"):
        uploading(file).execute(context())
    assert deployments(connection) == []
