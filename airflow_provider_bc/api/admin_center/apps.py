"""Apps and per-tenant extensions of an environment.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from airflow_provider_bc.api.admin_center.calls import AdminCalls, Json, text_of, within
from airflow_provider_bc.api.admin_center.multipart import multipart
from airflow_provider_bc.api.admin_center.operations import Operation, read_operation
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer

DeploymentSchedule = Literal["Immediate", "UpdateWindow", "NextMinorUpdate", "NextMajorUpdate"]
SyncMode = Literal["Add", "ForceSync"]

LARGEST_EXTENSION = 50 * 1024 * 1024
"""Bytes that the Admin Center API takes."""


@dataclass(frozen=True, slots=True)
class App:
    """An app that is installed.

    :param id: its app id.
    :param name: its name.
    :param publisher: its publisher.
    :param version: e.g. ``1.0.0.0``.
    :param state: e.g. ``Installed``, ``UpdatePending``, ``Updating``.
    :param details: everything the admin center says of it.
    """

    id: str
    name: str
    publisher: str
    version: str
    state: str
    details: Json = field(repr=False)


class Apps:
    """The apps of the tenant's environments.

    :param calls: sends what is asked.
    """

    def __init__(self, calls: AdminCalls) -> None:
        self._calls = calls

    def installed(self, environment: str) -> Conversation[list[App]]:
        """List the installed apps.

        :param environment: its name.
        """
        rows = yield from self._calls.rows(within(environment, "apps"))
        return [_app(row) for row in rows]

    def available_updates(self, environment: str) -> Conversation[list[Json]]:
        """List the apps that have a newer version, with what each of them needs.

        :param environment: its name.
        """
        return (yield from self._calls.rows(within(environment, "apps", "availableUpdates")))

    def operations(
        self, environment: str, app_id: str | None = None
    ) -> Conversation[list[Operation]]:
        """List the operations of apps.

        :param environment: its name.
        :param app_id: of one app; by default of the scheduled per-tenant extensions.
        """
        tail = ("scheduledPteOperations",) if app_id is None else (app_id, "operations")
        rows = yield from self._calls.rows(within(environment, "apps", *tail))
        return [read_operation(row) for row in rows]

    def install(
        self,
        environment: str,
        app_id: str,
        *,
        version: str | None = None,
        in_update_window: bool = False,
        with_dependencies: bool = False,
        allow_preview: bool = False,
        accept_terms: bool = False,
        language_id: str | None = None,
    ) -> Conversation[Operation]:
        """Install an app of AppSource.

        :param environment: its name.
        :param app_id: the app.
        :param version: by default the newest.
        :param in_update_window: wait for the environment's update window.
        :param with_dependencies: install or update what it needs, too.
        :param allow_preview: take a preview version, too.
        :param accept_terms: whether you accept the publisher's terms; without that it is refused.
        :param language_id: e.g. ``1033``.
        :return: the operation to wait for.
        """
        values = {
            "targetVersion": version,
            "useEnvironmentUpdateWindow": in_update_window,
            "allowPreviewVersion": allow_preview,
            "installOrUpdateNeededDependencies": with_dependencies,
            "acceptIsvEula": accept_terms,
            "languageId": language_id,
        }
        return (yield from self._change(environment, app_id, "install", values))

    def update(
        self,
        environment: str,
        app_id: str,
        version: str,
        *,
        in_update_window: bool = False,
        with_dependencies: bool = False,
        allow_preview: bool = False,
    ) -> Conversation[Operation]:
        """Update an app.

        :param environment: its name.
        :param app_id: the app.
        :param version: the new version.
        :param in_update_window: wait for the environment's update window.
        :param with_dependencies: install or update what it needs, too.
        :param allow_preview: take a preview version, too.
        :return: the operation to wait for.
        """
        values = {
            "targetVersion": version,
            "useEnvironmentUpdateWindow": in_update_window,
            "allowPreviewVersion": allow_preview,
            "installOrUpdateNeededDependencies": with_dependencies,
        }
        return (yield from self._change(environment, app_id, "update", values))

    def cancel_update(
        self, environment: str, app_id: str, operation_id: str
    ) -> Conversation[Operation]:
        """Cancel an update that is scheduled; per-tenant extensions have none.

        :param environment: its name.
        :param app_id: the app.
        :param operation_id: of the update.
        """
        path = within(environment, "apps", app_id, "update", "cancel")
        values = {"ScheduledOperationId": operation_id}
        return read_operation((yield from self._calls.send("POST", path, values)))

    def uninstall(
        self,
        environment: str,
        app_id: str,
        *,
        in_update_window: bool = False,
        with_dependents: bool = False,
        delete_data: bool = False,
    ) -> Conversation[Operation]:
        """Uninstall an app.

        :param environment: its name.
        :param app_id: the app.
        :param in_update_window: wait for the environment's update window.
        :param with_dependents: uninstall what needs it, too.
        :param delete_data: delete its data, too.
        :return: the operation to wait for.
        """
        values = {
            "useEnvironmentUpdateWindow": in_update_window,
            "uninstallDependents": with_dependents,
            "deleteData": delete_data,
        }
        return (yield from self._change(environment, app_id, "uninstall", values))

    def uninstall_requirements(self, environment: str, app_id: str) -> Conversation[list[Json]]:
        """List the apps that need an app.

        :param environment: its name.
        :param app_id: the app.
        """
        path = within(environment, "apps", app_id, "uninstallRequirements")
        return (yield from self._calls.rows(path))

    def upload(
        self,
        environment: str,
        content: bytes,
        *,
        schedule: DeploymentSchedule = "Immediate",
        sync_mode: SyncMode = "Add",
        accept_terms: bool = True,
        with_dependencies: bool = False,
        language_id: str | None = None,
    ) -> Conversation[Operation]:
        """Upload a per-tenant extension, and have it installed.

        :param environment: its name.
        :param content: of the .app file, at most 50 MiB.
        :param schedule: when it is installed.
        :param sync_mode: ``ForceSync`` lets a change of the schema delete data.
        :param accept_terms: whether you accept the publisher's terms.
        :param with_dependencies: install or update what it needs, too.
        :param language_id: e.g. ``1033``.
        :return: the operation to wait for.
        :raises ConfigurationError: for a file that is too large.
        """
        _check_size(content)
        fields = {
            "deploymentSchedule": schedule,
            "syncMode": sync_mode,
            "acceptIsvEula": str(accept_terms).lower(),
            "installOrUpdateNeededDependencies": str(with_dependencies).lower(),
        }
        if language_id is not None:
            fields["languageId"] = language_id
        body, headers = multipart(fields, "extensionFile", "extension.app", content)
        path = within(environment, "apps", "pteInstall")
        answer = yield from self._calls.send_content("POST", path, body, headers)
        return read_operation(answer)

    def remove_scheduled(
        self, environment: str, app_id: str, version: str, schedule: DeploymentSchedule
    ) -> Conversation[Operation]:
        """Remove a version of a per-tenant extension that waits for its time.

        :param environment: its name.
        :param app_id: the app.
        :param version: the version that waits.
        :param schedule: what it waits for.
        :return: the operation, canceled.
        """
        values = {"targetVersion": version, "scheduleKind": schedule}
        return (yield from self._change(environment, app_id, "removeScheduledPteVersion", values))

    def _change(
        self, environment: str, app_id: str, action: str, values: Json
    ) -> Conversation[Operation]:
        path = within(environment, "apps", app_id, action)
        return read_operation((yield from self._calls.send("POST", path, values)))


def _check_size(content: bytes) -> None:
    if not 0 < len(content) <= LARGEST_EXTENSION:
        raise ConfigurationError(
            f"The extension has {len(content)} bytes; the Admin Center API takes 1 to "
            f"{LARGEST_EXTENSION}.",
            remedy="Check the file.",
        )


def _app(row: Json) -> App:
    identity = text_of(row, "appId", "id")
    if not identity:
        raise UnexpectedAnswer(
            "The Admin Center API answered with an app that has no id.",
            remedy="Report this answer.",
        )
    return App(
        identity.lower(),
        text_of(row, "name"),
        text_of(row, "publisher"),
        text_of(row, "version"),
        text_of(row, "state", "status"),
        row,
    )
