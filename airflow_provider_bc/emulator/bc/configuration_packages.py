"""Configuration packages: imported, then applied, each by a job of its own.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_configurationpackage
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.bc.package_file import read_package
from airflow_provider_bc.emulator.store.rules import ApplicationError
from airflow_provider_bc.emulator.store.shared import AUTOMATION

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

PACKAGES = "configurationPackages"
_BYTES = "latin-1"  # as `media` keeps contents
_BUSY = ("Scheduled", "InProgress")
_NO_FILE = "Please upload a Rapid Start File, before running the import."
_NOT_IMPORTED = "Import Status is not completed. You must import the package before you apply it."


def import_package(company: Company, row: Row) -> None:
    """Begin to import a configuration package.

    :param company: the company.
    :param row: the package.
    :raises ApplicationError: if the package is busy, or no file was uploaded.
    """
    _refuse_busy(row, "import")
    stored = company.media(AUTOMATION).get(f"file/{row['code']}/content".lower())
    if stored is None:
        raise ApplicationError(_NO_FILE)
    file = read_package(str(stored["content"]).encode(_BYTES))
    if file is None:
        _begin(company, row.key, "import", {}, "The file is not a configuration package.")
    elif file.code.upper() != str(row["code"]).upper():
        _begin(company, row.key, "import", {}, "The package code must match that of the file.")
    else:
        outcome: dict[str, Value] = {"packageName": file.name, "numberOfTables": file.tables}
        _begin(company, row.key, "import", outcome)


def apply_package(company: Company, row: Row) -> None:
    """Begin to apply an imported configuration package.

    :param company: the company.
    :param row: the package.
    :raises ApplicationError: if the package is busy, or was not imported.
    """
    _refuse_busy(row, "apply")
    if row["importStatus"] != "Completed":
        raise ApplicationError(_NOT_IMPORTED)
    _begin(company, row.key, "apply", {"numberOfErrors": company.background.package_errors})


def _begin(
    company: Company, key: str, what: str, outcome: dict[str, Value], wrong: str | None = None
) -> None:
    """Schedule a job; its end depends on the switches as they are now."""
    status, error = f"{what}Status", f"{what}Error"
    failure = company.background.failures.get(what, wrong)
    end: dict[str, Value] = {status: "Completed", error: "", **outcome}
    if failure is not None:
        end = {status: "Error", error: failure or f"{_gerund(what)} configuration package failed."}
    company.update(PACKAGES, key, {status: "Scheduled", error: ""}, AUTOMATION)
    here = company if not company.background.seconds else company.real

    def step(before: str, values: dict[str, Value]) -> None:
        row = here.table(PACKAGES, AUTOMATION).get(key)
        if row is not None and row[status] == before:
            here.update(PACKAGES, key, values, AUTOMATION)

    company.background.plan(
        lambda: step("Scheduled", {status: "InProgress"}), lambda: step("InProgress", end)
    )


def _gerund(what: str) -> str:
    return {"import": "Importing", "apply": "Applying"}[what]


def _refuse_busy(row: Row, what: str) -> None:
    if row["importStatus"] in _BUSY or row["applyStatus"] in _BUSY:
        text = f"Cannot {what} a package while import or apply is in progress."
        raise ApplicationError(text)
