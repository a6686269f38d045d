"""Extensions: installed, uninstalled, unpublished, and deployed from an uploaded file.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_extension
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.bc.app_file import App, read_app
from airflow_provider_bc.emulator.schema.model import EMPTY_GUID
from airflow_provider_bc.emulator.store.rules import ApplicationError
from airflow_provider_bc.emulator.store.shared import AUTOMATION

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import EntitySet, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_EXTENSIONS, _UPLOAD, _STATUS = "extensions", "extensionUpload", "extensionDeploymentStatus"
_PARTS = ("versionMajor", "versionMinor", "versionBuild", "versionRevision")
_BYTES = "latin-1"  # as `media` keeps contents
_LAST = 10**8  # keys that count down: the newest row is the first


def install(company: Company, row: Row) -> None:
    """Install a published extension.

    :param company: the company.
    :param row: the extension.
    :raises ApplicationError: if it is installed.
    """
    if row["isInstalled"]:
        raise ApplicationError(f"The extension {row['displayName']} is already installed.")
    company.update(_EXTENSIONS, row.key, {"isInstalled": True}, AUTOMATION)


def uninstall(company: Company, row: Row) -> None:
    """Uninstall an extension; it stays published.

    :param company: the company.
    :param row: the extension.
    :raises ApplicationError: if it is not installed.
    """
    if not row["isInstalled"]:
        raise ApplicationError(f"The extension {row['displayName']} is not installed.")
    company.update(_EXTENSIONS, row.key, {"isInstalled": False}, AUTOMATION)


def unpublish(company: Company, row: Row) -> None:
    """Unpublish an extension, which disappears.

    :param company: the company.
    :param row: the extension.
    :raises ApplicationError: if it is installed.
    """
    if row["isInstalled"]:
        text = f"The extension {row['displayName']} cannot be unpublished because it is installed."
        raise ApplicationError(text)
    company.delete(_EXTENSIONS, row.key, AUTOMATION)


def refuse_second_upload(schema: EntitySet, company: Company) -> None:
    """Refuse a second upload: the key of their table is always 0, so a company has one slot.

    :param schema: the entity set of a record that is to be created; any other passes.
    :param company: the company.
    :raises ApplicationError: if the slot is taken.
    """
    if schema.name == _UPLOAD and len(company.table(_UPLOAD, AUTOMATION)):
        text = "The record in table API Extension Upload already exists."
        raise ApplicationError(text, "Internal_EntityWithSameKeyExists")


def upload(company: Company, row: Row) -> None:
    """Begin to deploy an uploaded extension; the upload slot is empty again.

    :param company: the company.
    :param row: the upload.
    :raises ApplicationError: if no content was uploaded, or it is no extension.
    """
    place = f"{_UPLOAD}/{row.key}/extensionContent"
    stored = company.media(AUTOMATION).get(place)
    if stored is None:
        raise ApplicationError("Extension content is empty")
    app = read_app(str(stored["content"]).encode(_BYTES))
    if app is None:
        raise ApplicationError("The file is not a valid extension package.")
    company.media(AUTOMATION).remove(place)
    company.delete(_UPLOAD, row.key, AUTOMATION)
    _deploy(company, app, str(row["schedule"]))


def _deploy(company: Company, app: App, schedule: str) -> None:
    here = company if not company.background.seconds else company.real
    table = here.table(_STATUS, AUTOMATION)
    key = f"{_LAST - len(table):09d}"
    begun: dict[str, Value] = {"operationType": "Upload", "status": "InProgress"}
    begun |= {"name": app.name, "publisher": app.publisher, "schedule": schedule}
    begun |= {"appVersion": ".".join(map(str, app.version)), "startedOn": company.now()}
    begun = company.blank(_STATUS, AUTOMATION) | begun
    table.put(key, begun)
    fails = "deployment" in company.background.failures

    def end() -> None:
        done = not fails and _publish(here, app, at_once=schedule.startswith("Current"))
        table.put(key, begun | {"status": "Completed" if done else "Failed"})

    company.background.plan(end)


def _publish(company: Company, app: App, *, at_once: bool) -> bool:
    """Put a version in place of an older one; a newer or the same one stays, and it fails."""
    old = company.table(_EXTENSIONS, AUTOMATION).linked(("id",), (app.id,))
    if any(tuple(int(str(row[part])) for part in _PARTS) >= app.version for row in old):
        return False
    if not at_once:
        return True
    for row in old:
        company.delete(_EXTENSIONS, row.key, AUTOMATION)
    package = str(uuid5(UUID(EMPTY_GUID), f"{app.id}/{app.version}"))
    values: dict[str, Value] = {"packageId": package, "id": app.id, "displayName": app.name}
    values |= {"publisher": app.publisher, "isInstalled": True, "publishedAs": "PTE"}
    company.create(_EXTENSIONS, values | dict(zip(_PARTS, app.version, strict=True)), AUTOMATION)
    return True
