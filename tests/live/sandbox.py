"""A run of the DAG that builds a sandbox, and what it must have begun: each thing once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_provider_bc.emulator import Emulator
from tests.automation_files import APP_ID, app_file, package_file
from tests.live.live_airflow import LiveAirflow, wait_for

DAG = "business_central_build_sandbox"
WAITING = ("copy_environment", "import_package", "upload_extension")
AUTOMATION = "microsoft/automation/v2.0"


def begin(airflow: LiveAirflow, folder: Path, name: str) -> str:
    """Start a run for a sandbox of a name; return its path."""
    package, extension = folder / "setup.rapidstart", folder / "extension.app"
    package.write_bytes(package_file("SETUP"))
    extension.write_bytes(app_file())
    files = {"package": package.as_uri(), "extension": extension.as_uri()}
    return airflow.trigger(DAG, {"sandbox": name, **files})


def trigger_of(airflow: LiveAirflow, run: str, task_id: str) -> int | None:
    """Give the trigger that a task waits for in the triggerer; None while it does not."""
    (found,) = (one for one in airflow.tasks(run) if one["task_id"] == task_id)
    return int(found["trigger"]["id"]) if found["state"] == "deferred" else None


def deferred(airflow: LiveAirflow, run: str, task_id: str) -> int:
    """Wait until a task waits in the triggerer, and give its trigger."""

    def waits() -> int | None:
        assert airflow.goes_on(run)
        return trigger_of(airflow, run, task_id)

    return wait_for(f"{task_id} in the triggerer", waits)


def slots(airflow: LiveAirflow) -> dict[str, int]:
    """Count the slots that are held, as the page Pools does."""
    pool: dict[str, Any] = airflow.call("GET", "pools/default_pool")
    return {name: int(pool[f"{name}_slots"]) for name in ("occupied", "running", "queued")}


def begun(emulator: Emulator, name: str) -> dict[str, int]:
    """Count what was begun for a sandbox."""
    sandbox = next(one for one in emulator.environments if one.name == name)
    operations = emulator.operations.all(sandbox)
    paths = [one.path for one in emulator.log.entries if f"/{name}/" in one.path]
    company = next(one for one in sandbox.companies if one.name == "Test Company")
    return {
        "copies": sum(one.type == "copy" for one in operations),
        "companies": sum(one.name == "Test Company" for one in sandbox.companies),
        "packages": len(company.rows("configurationPackages", AUTOMATION)),
        "imports": sum(path.endswith("NAV.import") for path in paths),
        "applications": sum(path.endswith("NAV.apply") for path in paths),
        "extensions": sum(one.type == "environmentAppInstall" for one in operations),
    }


def works(emulator: Emulator, name: str) -> bool:
    """Say whether the sandbox has what the DAG wants it to have."""
    sandbox = next(one for one in emulator.environments if one.name == name)
    company = next(one for one in sandbox.companies if one.name == "Test Company")
    (package,) = company.rows("configurationPackages", AUTOMATION)
    return (
        (sandbox.type, sandbox.status) == ("Sandbox", "Active")
        and package["applyStatus"] == "Completed"
        and sandbox.apps[APP_ID].version == "1.0.0.0"
    )
