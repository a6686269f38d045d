"""A configuration package is imported and applied once, however often the task is tried."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.configuration_package import (
    BusinessCentralImportConfigurationPackageOperator,
)
from tests.automation_files import package_file
from tests.operators.task_context import context

ROUTE = "microsoft/automation/v2.0"
IMPORT, APPLY = "/Microsoft.NAV.import", "/Microsoft.NAV.apply"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "standard.rapidstart"
    path.write_bytes(package_file("US.STD"))
    return path


def importing(file: Path, **options: Any) -> BusinessCentralImportConfigurationPackageOperator:
    quick = {"poll_interval": 0.02, "timeout": 10, "deferrable": False, "failures_allowed": 0}
    given = {**quick, "path": file.as_uri(), "company": "CRONUS USA, Inc.", **options}
    return BusinessCentralImportConfigurationPackageOperator(task_id="t", **given)


def packages(server: Server) -> list[tuple[Any, Any, Any]]:
    rows = server.emulator.companies[0].rows("configurationPackages", ROUTE)
    return [(row["code"], row["importStatus"], row["applyStatus"]) for row in rows]


def calls(server: Server) -> tuple[int, int]:
    log = server.emulator.log
    return log.count(path=IMPORT), log.count(path=APPLY)


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_it_is_imported_and_applied(connection: Server, file: Path, seconds: float) -> None:
    connection.emulator.background.seconds = seconds
    done = importing(file).execute(context())
    assert (done["code"], done["tables"], done["errors"]) == ("US.STD", 2, 0)
    assert packages(connection) == [("US.STD", "Completed", "Completed")]
    assert importing(file).execute(context(try_number=2)) == done
    assert calls(connection) == (1, 1)


def test_it_waits_in_the_triggerer(connection: Server, file: Path) -> None:
    connection.emulator.background.seconds = 0.05
    task = importing(file, deferrable=True)
    with pytest.raises(TaskDeferred) as importing_it:
        task.execute(context())
    with pytest.raises(TaskDeferred) as applying_it:
        resumed(file, importing_it.value)
    assert resumed(file, applying_it.value)["code"] == "US.STD"
    assert calls(connection) == (1, 1)


def resumed(file: Path, left: TaskDeferred) -> Any:
    event = json.loads(json.dumps(asyncio.run(first(left.trigger))))
    method = getattr(importing(file, deferrable=True), left.method_name)
    return method(context(), event, **(left.kwargs or {}))


async def first(trigger: Any) -> Any:
    return (await anext(trigger.run())).payload


@pytest.mark.parametrize(
    ("step", "seconds", "before"), [(IMPORT, 0, 3), (IMPORT, 0.3, 3), (APPLY, 0, 8)]
)
def test_a_retry_goes_on_with_what_was_accepted(
    impatient: Server, file: Path, step: str, seconds: float, before: int
) -> None:
    impatient.emulator.background.seconds = seconds
    # The answer is lost, and so is that of the look behind it: nobody knows what was accepted.
    impatient.emulator.faults.add("answer_lost", where=step)
    impatient.emulator.faults.add("unavailable", after=before, where="/configurationPackages(")
    with pytest.raises(AirflowException, match="Unavailable"):
        importing(file).execute(context())
    assert not impatient.emulator.faults.pending
    assert calls(impatient) == ((1, 0) if step == IMPORT else (1, 1))
    assert importing(file).execute(context(try_number=2))["code"] == "US.STD"
    assert calls(impatient) == (1, 1)
    assert packages(impatient) == [("US.STD", "Completed", "Completed")]


def test_another_run_imports_again(connection: Server, file: Path) -> None:
    before = importing(file).execute(context("monday"))
    after = importing(file).execute(context("tuesday"))
    assert before["package_id"] != after["package_id"]
    assert calls(connection) == (2, 2)
    file.write_bytes(package_file("US.STD", tables=3))
    assert importing(file).execute(context("tuesday", 2))["tables"] == 3
    with pytest.raises(AirflowFailException, match="already"):
        importing(file, if_exists="fail").execute(context("friday"))
    company = connection.emulator.companies[0]
    key = str(company.rows("configurationPackages", ROUTE)[0]["id"])
    company.update("configurationPackages", key, {"importStatus": "InProgress"}, ROUTE)
    with pytest.raises(AirflowException, match=r"Another package US\.STD is being"):
        importing(file).execute(context("friday"))


def test_a_package_that_another_run_replaced_is_imported_again(
    connection: Server, file: Path
) -> None:
    with pytest.raises(TaskDeferred) as importing_it:
        importing(file, deferrable=True).execute(context())
    imported = json.loads(json.dumps(asyncio.run(first(importing_it.value.trigger))))
    importing(file).execute(context("tuesday"))
    said = r"OperationFailed: .*another run.*max_active_tis_per_dag=1"
    for ended in (imported, asyncio.run(first(importing_it.value.trigger))):
        with pytest.raises(AirflowException, match=said) as caught:
            importing(file, deferrable=True).imported(context(), ended)
        assert not isinstance(caught.value, AirflowFailException)
    assert importing(file).execute(context(try_number=2))["code"] == "US.STD"
    connection.emulator.companies.pop(0)
    with pytest.raises(AirflowFailException, match="no company"):
        importing(file, deferrable=True).imported(context(), imported)


@pytest.mark.parametrize("step", ["import", "apply"])
def test_its_failure_is_told_and_tried_again(connection: Server, file: Path, step: str) -> None:
    connection.emulator.background.failures[step] = "No such table."
    with pytest.raises(AirflowException, match=r"OperationFailed.*No such table"):
        importing(file).execute(context())
    connection.emulator.background.failures.clear()
    assert importing(file).execute(context(try_number=2))["errors"] == 0


def test_errors_fail_or_warn(connection: Server, file: Path) -> None:
    connection.emulator.background.package_errors = 3
    with pytest.raises(AirflowFailException, match="3 errors"):
        importing(file).execute(context())
    assert importing(file, on_errors="warn").execute(context(try_number=2))["errors"] == 3
    assert calls(connection) == (1, 1)
    connection.emulator.background.package_errors = 0
    with pytest.raises(AirflowFailException, match="3 errors"):
        importing(file).execute(context(try_number=3))
    assert calls(connection) == (1, 1)
    assert importing(file).execute(context(try_number=4, cleared=True))["errors"] == 0
    assert calls(connection) == (1, 2)


def test_what_is_wrong_is_said_at_once(connection: Server, file: Path) -> None:
    for wrong in ({"on_errors": "ignore"}, {"if_exists": "skip"}):
        with pytest.raises(AirflowFailException, match=next(iter(wrong))):
            importing(file, **wrong).execute(context())
    file.write_bytes(b"PK")
    with pytest.raises(AirflowFailException, match="no configuration package"):
        importing(file).execute(context())
    with pytest.raises(AirflowFailException, match="There is no file"):
        importing(file.with_name("nope")).execute(context())
    assert packages(connection) == []
