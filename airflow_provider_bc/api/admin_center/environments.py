"""Environments: create, copy, rename, delete, recover, restore.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from airflow_provider_bc.api.admin_center.calls import FAMILY, AdminCalls, Json, text_of, within
from airflow_provider_bc.api.admin_center.operations import Operation, read_operation
from airflow_provider_bc.api.moment import moment_of
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.odata.literals import timestamp

EnvironmentType = Literal["Production", "Sandbox"]

ACTIVE = "active"
SANDBOX = "sandbox"
FAILED = frozenset({"creatingfailed", "removingfailed", "recoveringfailed", "softdeletingfailed"})
"""Statuses that an environment does not leave by itself."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment as the admin center knows it.

    :param name: its name.
    :param type: ``Production`` or ``Sandbox``.
    :param status: e.g. ``Active``, ``Preparing``, ``SoftDeleted``.
    :param version: of the application, e.g. ``27.0.38460.0``.
    :param country: e.g. ``US``.
    :param details: everything the admin center says of it.
    """

    name: str
    type: str
    status: str
    version: str
    country: str
    details: Json = field(repr=False)

    @property
    def active(self) -> bool:
        """Whether it can be used."""
        return self.status.lower() == ACTIVE

    @property
    def failed(self) -> bool:
        """Whether it stays as it is until somebody does something about it."""
        return self.status.lower() in FAILED

    @property
    def production(self) -> bool:
        """Whether it is for production, whatever its name says; only a sandbox certainly is not."""
        return self.type.lower() != SANDBOX


class Environments:
    """The environments of the tenant.

    :param calls: sends what is asked.
    """

    def __init__(self, calls: AdminCalls) -> None:
        self._calls = calls

    def all(self) -> Conversation[list[Environment]]:
        """List the environments that the app may see, deleted ones included for 14 days."""
        rows = yield from self._calls.rows(f"/applications/{FAMILY}/environments")
        return [read_environment(row) for row in rows]

    def get(self, name: str | None = None) -> Conversation[Environment]:
        """Look at an environment.

        :param name: its name; by default the connection's.
        :raises NotFound: when there is none that the app may see.
        """
        path = within(name or self._calls.environment)
        return read_environment((yield from self._calls.get(path)))

    def create(
        self,
        name: str,
        environment_type: EnvironmentType,
        country: str,
        *,
        version: str | None = None,
        ring: str | None = None,
    ) -> Conversation[Operation]:
        """Create an environment.

        :param name: at most 29 letters, digits, ``_`` and ``-``; the first one is a letter.
        :param environment_type: ``Production`` or ``Sandbox``.
        :param country: the code of its localization, e.g. ``US``.
        :param version: of the application; by default the newest.
        :param ring: its release ring, for previews.
        :return: the operation to wait for.
        """
        values = {
            "environmentType": environment_type,
            "countryCode": country,
            "applicationVersion": version,
            "ringName": ring,
        }
        return read_operation((yield from self._calls.send("PUT", within(name), values)))

    def copy(
        self, source: str, name: str, environment_type: EnvironmentType = "Sandbox"
    ) -> Conversation[Operation]:
        """Copy an environment with all its data.

        :param source: the environment that is copied.
        :param name: of the new one.
        :param environment_type: of the new one.
        :return: the operation to wait for.
        """
        values = {"environmentName": name, "type": environment_type}
        path = within(source, "copy")
        return read_operation((yield from self._calls.send("POST", path, values)))

    def rename(self, name: str, new_name: str) -> Conversation[Operation]:
        """Rename an environment, which restarts; nothing finds it by the old name any more.

        :param name: its name.
        :param new_name: its new name.
        :return: the operation to wait for.
        """
        values = {"NewEnvironmentName": new_name}
        path = within(name, "rename")
        return read_operation((yield from self._calls.send("POST", path, values)))

    def delete(self, name: str) -> Conversation[Operation | None]:
        """Delete an environment, which can be recovered for 14 days.

        :param name: its name.
        :return: the operation to wait for; None where it is gone at once.
        """
        answer = yield from self._calls.send("DELETE", within(name))
        return read_operation(answer) if answer else None

    def recover(self, name: str) -> Conversation[Operation]:
        """Recover a deleted environment; it keeps the name that the deletion gave it.

        :param name: the name that the deletion gave it.
        :return: the operation to wait for.
        """
        return read_operation((yield from self._calls.send("POST", within(name, "recover"))))

    def restore(
        self,
        source: str,
        name: str,
        point_in_time: datetime,
        environment_type: EnvironmentType = "Sandbox",
        *,
        skip_extensions: bool = False,
        skip_third_party_apps: bool = False,
        skip_cleanup: bool = False,
    ) -> Conversation[Operation]:
        """Restore an environment as it was, into a new one.

        :param source: the environment.
        :param name: of the new one.
        :param point_in_time: within one of `restore_periods`; with a time zone.
        :param environment_type: of the new one.
        :param skip_extensions: leave out per-tenant extensions.
        :param skip_third_party_apps: leave out apps of third parties.
        :param skip_cleanup: keep job queue entries and the like running.
        :return: the operation to wait for.
        :raises ConfigurationError: for a moment without a time zone.
        """
        values: dict[str, Any] = {
            "EnvironmentName": name,
            "EnvironmentType": environment_type,
            "PointInTime": timestamp(moment_of("point_in_time", point_in_time)),
            "SkipInstallingPTEs": skip_extensions or None,
            "SkipInstallingThirdPartyGlobalApps": skip_third_party_apps or None,
            "SkipEnvironmentCleanup": skip_cleanup or None,
        }
        path = within(source, "restore")
        return read_operation((yield from self._calls.send("POST", path, values)))

    def restore_periods(self, name: str) -> Conversation[list[Json]]:
        """List the periods that an environment can be restored from.

        :param name: its name.
        :return: each with ``from``, ``to`` and the version of then.
        """
        return (yield from self._calls.rows(within(name, "availableRestorePeriods")))

    def used_storage(self, name: str | None = None) -> Conversation[list[Json]]:
        """Say how much storage environments use.

        :param name: of one; by default all.
        :return: each with ``databaseStorageInKilobytes``, -1 where that is not known.
        """
        if name is None:
            return (yield from self._calls.rows("/environments/usedstorage"))
        return [(yield from self._calls.get(within(name, "usedstorage")))]

    def quotas(self) -> Conversation[Json]:
        """Say how many environments, and how much storage, the tenant may have."""
        return (yield from self._calls.get("/environments/quotas"))


def read_environment(row: Json) -> Environment:
    """Read an environment.

    :param row: the answer.
    :raises UnexpectedAnswer: for one without name or type.
    """
    name, kind = text_of(row, "name"), text_of(row, "type", "environmentType")
    if not name or not kind:
        raise UnexpectedAnswer(
            "The Admin Center API answered with an environment that has no name or no type.",
            remedy="Report this answer.",
        )
    versions = row.get("versionDetails")
    version = text_of(versions, "version") if isinstance(versions, dict) else ""
    return Environment(
        name,
        kind,
        text_of(row, "status"),
        version or text_of(row, "applicationVersion"),
        text_of(row, "countryCode"),
        row,
    )
