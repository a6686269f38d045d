"""Extensions: installed, uninstalled, unpublished, uploaded, and how their deployment goes.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_extension
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO, Literal

from airflow_provider_bc.api.automation.app_file import AppManifest
from airflow_provider_bc.api.automation.automation_route import AutomationRoute
from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.exchange import looked_after
from airflow_provider_bc.api.options import Place
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, NotFound
from airflow_provider_bc.odata.page import Row

Schedule = Literal["Current version", "Next minor version", "Next major version"]
SchemaSyncMode = Literal["Add", "Force Sync"]

_EXTENSIONS, _UPLOAD, _STATUS = "extensions", "extensionUpload", "extensionDeploymentStatus"
_UPLOADED = "Upload"


class Extensions:
    """The extensions of an environment.

    :param route: the Automation API.
    """

    def __init__(self, route: AutomationRoute) -> None:
        self._route = route

    def all(self) -> Conversation[list[Row]]:
        """List the extensions that are installed, and those of this tenant only."""
        place = yield from self._route.environment()
        return (yield from self._route.rows(_EXTENSIONS, place))

    def find(
        self, name_or_id: str, publisher: str | None = None, *, installed: bool = False
    ) -> Conversation[Row]:
        """Find an extension; of several versions the newest.

        :param name_or_id: its name, app id or package id.
        :param publisher: tells apart what has the same name.
        :param installed: prefer the version that is installed to one that is only published.
        :raises ConfigurationError: when there is none, several publishers have one, or the name is
            blank.
        """
        refuse_blank(extension=name_or_id)
        wanted = name_or_id.casefold()
        found = [
            row
            for row in (yield from self.all())
            if wanted in {str(row[n]).casefold() for n in ("packageId", "id", "displayName")}
            and (publisher is None or row["publisher"] == publisher)
        ]
        if not found:
            raise ConfigurationError(
                f"There is no extension {name_or_id!r}.",
                remedy="Publish it first, or correct the name; `extensions.all` lists them.",
            )
        if len({row["id"] for row in found}) > 1:
            raise ConfigurationError(
                f"Several extensions are called {name_or_id!r}.",
                remedy="Give the publisher, or the app id.",
            )
        return max(found, key=lambda row: (installed and row["isInstalled"], version_of(row)))

    def install(self, package_id: str) -> Conversation[bool]:
        """Install a published extension.

        :param package_id: the ``packageId`` of the version.
        :return: False when it is installed already.
        """
        return (yield from self._set(package_id, "install", installed=True))

    def uninstall(self, package_id: str, *, delete_data: bool = False) -> Conversation[bool]:
        """Uninstall an extension; it stays published.

        :param package_id: the ``packageId`` of the version.
        :param delete_data: whether its data is deleted, for ever.
        :return: False when it is not installed.
        """
        action = "uninstallAndDeleteExtensionData" if delete_data else "uninstall"
        return (yield from self._set(package_id, action, installed=False))

    def unpublish(self, package_id: str) -> Conversation[None]:
        """Unpublish an extension that is not installed; Business Central 25.4 and later.

        :param package_id: the ``packageId`` of the version.
        """
        place = yield from self._route.environment()
        unpublishing = self._route.actions.act(_EXTENSIONS, package_id, "unpublish", **place)
        yield from looked_after(unpublishing, lambda: self._gone(_EXTENSIONS, package_id, place))

    def begin_upload(
        self,
        source: Callable[[], BinaryIO],
        size: int | None = None,
        *,
        schedule: Schedule = "Current version",
        schema_sync_mode: SchemaSyncMode = "Add",
        company: str | None = None,
    ) -> Conversation[None]:
        """Upload an extension and begin to deploy it; one upload at a time in a company.

        Microsoft has announced that this part of the API goes in 2027; the Admin Center API has
        another.

        :param source: opens the ``.app`` file.
        :param size: its bytes, where that is known.
        :param schedule: which version of Business Central it is for.
        :param schema_sync_mode: ``Force Sync`` deletes data that the new version has no place for.
        :param company: whose slot is used; by default any.
        """
        anywhere = company is None
        place = yield from (self._route.environment() if anywhere else self._route.company(company))
        slot = yield from self._slot(place, schedule, schema_sync_mode)
        yield from self._route.media.upload(
            _UPLOAD, slot, "extensionContent", source, size=size, **place
        )
        uploading = self._route.actions.act(_UPLOAD, slot, "upload", **place)
        # The slot is emptied by what was accepted.
        yield from looked_after(uploading, lambda: self._gone(_UPLOAD, slot, place))

    def deployments(self, app: AppManifest | None = None) -> Conversation[list[Row]]:
        """List the deployments, the newest first.

        :param app: only the uploads of this version of this app, no installations.
        """
        place = yield from self._route.environment()
        rows = yield from self._route.rows(_STATUS, place)
        if app is not None:
            wanted = (app.name, app.publisher, app.version)
            rows = [
                row
                for row in rows
                if (row["name"], row["publisher"], row["appVersion"]) == wanted
                and str(row.get("operationType") or _UPLOADED) == _UPLOADED
            ]
        return sorted(rows, key=started_on, reverse=True)

    def _slot(self, place: Place, schedule: str, schema_sync_mode: str) -> Conversation[str]:
        values = {"schedule": schedule, "schemaSyncMode": schema_sync_mode}
        taken = yield from self._route.rows(_UPLOAD, place)
        if taken:
            slot = str(taken[0]["systemId"])
            yield from self._route.records.update(_UPLOAD, slot, values, etag="*", **place)
            return slot
        row = yield from self._route.records.create(_UPLOAD, values, record_id=None, **place)
        return str(row["systemId"])

    def _set(self, package_id: str, action: str, *, installed: bool) -> Conversation[bool]:
        place = yield from self._route.environment()
        before = yield from self._route.read(_EXTENSIONS, package_id, place)
        if before["isInstalled"] is installed:
            return False

        def is_done() -> Conversation[bool]:
            now = yield from self._route.read(_EXTENSIONS, package_id, place)
            return now["isInstalled"] is installed

        acting = self._route.actions.act(_EXTENSIONS, package_id, action, **place)
        yield from looked_after(acting, is_done)
        return True

    def _gone(self, entity_set: str, key: str, place: Place) -> Conversation[bool]:
        try:
            yield from self._route.read(entity_set, key, place)
        except NotFound:
            return True
        return False


def version_of(row: Row) -> tuple[int, ...]:
    """Give the version of an extension as numbers that compare.

    :param row: as it was read.
    """
    parts = ("versionMajor", "versionMinor", "versionBuild", "versionRevision")
    return tuple(int(row[part]) for part in parts)


def started_on(deployment: Row) -> datetime:
    """Give the moment when a deployment began.

    :param deployment: as it was read.
    """
    return datetime.fromisoformat(str(deployment["startedOn"]))
