"""The bound actions of the automation API, and restarting a job.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.store.rules import ApplicationError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

ROUTE = "microsoft/automation/v2.0"
_BUSY = ("Scheduled", "InProgress")


def install(company: Company, row: Row) -> None:
    """Install a published extension.

    :param company: the company.
    :param row: the extension.
    :raises ApplicationError: if it is installed.
    """
    if row["isInstalled"]:
        raise ApplicationError(f"The extension {row['displayName']} is already installed.")
    _set(company, "extensions", row, {"isInstalled": True})


def uninstall(company: Company, row: Row) -> None:
    """Uninstall an extension; it stays published.

    :param company: the company.
    :param row: the extension.
    :raises ApplicationError: if it is not installed.
    """
    if not row["isInstalled"]:
        raise ApplicationError(f"The extension {row['displayName']} is not installed.")
    _set(company, "extensions", row, {"isInstalled": False})


def unpublish(company: Company, row: Row) -> None:
    """Unpublish an extension, which disappears.

    :param company: the company.
    :param row: the extension.
    :raises ApplicationError: if it is installed.
    """
    if row["isInstalled"]:
        text = f"The extension {row['displayName']} cannot be unpublished because it is installed."
        raise ApplicationError(text)
    company.delete("extensions", row.key, ROUTE)


def upload(company: Company, row: Row) -> None:
    """Deploy an uploaded extension; the upload slot is empty again.

    :param company: the company.
    :param row: the upload.
    :raises ApplicationError: if no content was uploaded.
    """
    place = f"extensionUpload/{row.key}/extensionContent"
    if company.media(ROUTE).get(place) is None:
        raise ApplicationError("Extension content is empty")
    company.media(ROUTE).remove(place)
    company.delete("extensionUpload", row.key, ROUTE)
    status: dict[str, Value] = {"operationType": "Upload", "status": "Completed"}
    values = company.blank("extensionDeploymentStatus", ROUTE) | status
    values |= {"schedule": row["schedule"], "startedOn": company.now()}
    table = company.table("extensionDeploymentStatus", ROUTE)
    table.put(f"{len(table):08d}", values)


def import_package(company: Company, row: Row) -> None:
    """Import a configuration package; it is done at once.

    :param company: the company.
    :param row: the package.
    :raises ApplicationError: if the package is busy, or no file was uploaded.
    """
    _refuse_busy(row, "import")
    if company.media(ROUTE).get(f"file/{row['code']}/content".lower()) is None:
        text = "Please upload a Rapid Start File, before running the import."
        raise ApplicationError(text)
    _set(company, "configurationPackages", row, {"importStatus": "Completed"})


def apply_package(company: Company, row: Row) -> None:
    """Apply an imported configuration package; it is done at once.

    :param company: the company.
    :param row: the package.
    :raises ApplicationError: if the package is busy, or was not imported.
    """
    _refuse_busy(row, "apply")
    if row["importStatus"] != "Completed":
        text = "Import Status is not completed. You must import the package before you apply it."
        raise ApplicationError(text)
    _set(company, "configurationPackages", row, {"applyStatus": "Completed"})


def activate(company: Company, row: Row) -> None:
    """Enable a feature for all users, at once.

    :param company: the company.
    :param row: the feature.
    :raises ApplicationError: if it is enabled.
    """
    if row["enabled"] == "All Users":
        raise ApplicationError("This feature has already been enabled")
    _set(company, "features", row, {"enabled": "All Users"})


def deactivate(company: Company, row: Row) -> None:
    """Disable a feature.

    :param company: the company.
    :param row: the feature.
    :raises ApplicationError: if it is disabled, or can only be enabled.
    """
    if row["enabled"] != "All Users":
        raise ApplicationError("This feature has already been disabled.")
    if row["isOneWay"]:
        text = "This feature has already been enabled and cannot be disabled."
        raise ApplicationError(text)
    _set(company, "features", row, {"enabled": "None"})


def restart(company: Company, row: Row) -> None:
    """Let a job queue entry be ready again.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_jobqueueentry

    :param company: the company.
    :param row: the entry.
    """
    ready: dict[str, Value] = {"status": "Ready", "errorMessage": "", "numberOfAttemptsToRun": 0}
    company.update("jobQueueEntries", row.key, ready)


def fetch_users(company: Company, row: Row) -> None:
    """Get new users from Microsoft 365: there are none.

    :param company: the company.
    :param row: the user the action is bound to.
    """
    del company, row


def _set(company: Company, entity_set: str, row: Row, values: dict[str, Value]) -> None:
    company.update(entity_set, row.key, values, ROUTE)


def _refuse_busy(row: Row, what: str) -> None:
    if row["importStatus"] in _BUSY or row["applyStatus"] in _BUSY:
        text = f"Cannot {what} a package while import or apply is in progress."
        raise ApplicationError(text)
