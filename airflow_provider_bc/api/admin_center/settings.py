"""Settings of an environment, and the version it shall be updated to.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_settings
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from airflow_provider_bc.api.admin_center.calls import AdminCalls, Json, within
from airflow_provider_bc.api.moment import moment_of
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.literals import timestamp

UpdateCadence = Literal["Default", "DuringMajorUpgrade", "DuringMajorMinorUpgrade"]


class EnvironmentSettings:
    """The settings of the tenant's environments.

    :param calls: sends what is asked.
    """

    def __init__(self, calls: AdminCalls) -> None:
        self._calls = calls

    def update_window(self, environment: str) -> Conversation[Json]:
        """Say when the environment may be updated; nothing where nobody has said.

        :param environment: its name.
        """
        return (yield from self._calls.find(within(environment, "settings", "upgrade")))

    def set_update_window(
        self, environment: str, start: str, end: str, time_zone: str
    ) -> Conversation[Json]:
        """Say when the environment may be updated, at least six hours a day.

        :param environment: its name.
        :param start: e.g. ``22:00``.
        :param end: e.g. ``06:00``.
        :param time_zone: the Windows id of the time zone; `time_zones` lists them.
        """
        values = {"preferredStartTime": start, "preferredEndTime": end, "timeZoneId": time_zone}
        path = within(environment, "settings", "upgrade")
        return (yield from self._calls.send("PUT", path, values))

    def time_zones(self) -> Conversation[list[Json]]:
        """List the time zones that an update window can be in."""
        return (yield from self._calls.rows("/applications/settings/timezones"))

    def set_application_insights(self, environment: str, key: str) -> Conversation[Json]:
        """Send telemetry to Application Insights; the environment restarts.

        :param environment: its name.
        :param key: the connection string; "" for none.
        """
        path = within(environment, "settings", "appinsightskey")
        return (yield from self._calls.send("POST", path, {"key": key}))

    def security_group(self, environment: str) -> Conversation[Json]:
        """Say which security group may use the environment; nothing where everybody may.

        :param environment: its name.
        """
        path = within(environment, "settings", "securitygroupaccess")
        return (yield from self._calls.find(path))

    def set_security_group(self, environment: str, group_id: str | None) -> Conversation[Json]:
        """Let only a security group use the environment.

        :param environment: its name.
        :param group_id: the object id of the group; None for everybody.
        """
        path = within(environment, "settings", "securitygroupaccess")
        if group_id is None:
            return (yield from self._calls.send("DELETE", path))
        return (yield from self._calls.send("POST", path, {"Value": group_id}))

    def microsoft_365_access(self, environment: str) -> Conversation[Json]:
        """Say whether people with a Microsoft 365 licence alone may read.

        :param environment: its name.
        """
        path = within(environment, "settings", "accesswithm365licenses")
        return (yield from self._calls.get(path))

    def set_microsoft_365_access(self, environment: str, *, enabled: bool) -> Conversation[Json]:
        """Let people with a Microsoft 365 licence alone read, or not.

        :param environment: its name.
        :param enabled: whether they may.
        """
        path = within(environment, "settings", "accesswithm365licenses")
        return (yield from self._calls.send("POST", path, {"enabled": enabled}))

    def set_app_update_cadence(
        self, environment: str, cadence: UpdateCadence
    ) -> Conversation[Json]:
        """Say with which updates of the environment its apps are updated, too.

        :param environment: its name.
        :param cadence: with which.
        """
        path = within(environment, "settings", "appSourceAppsUpdateCadence")
        return (yield from self._calls.send("PUT", path, {"value": cadence}))

    def updates(self, environment: str) -> Conversation[list[Json]]:
        """List the versions that the environment can be updated to.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#get-flexible-updates

        :param environment: its name.
        :return: each with ``targetVersion``, ``available``, ``selected`` and ``scheduleDetails``.
        """
        return (yield from self._calls.rows(within(environment, "updates")))

    def select_update(
        self,
        environment: str,
        version: str,
        *,
        at: datetime | None = None,
        ignore_update_window: bool = False,
    ) -> Conversation[Json]:
        """Choose the version that the environment is updated to next, and when.

        :param environment: its name.
        :param version: one of `updates`.
        :param at: when, with a time zone; by default as soon as the update window allows it.
        :param ignore_update_window: whether it may begin outside the update window.
        :raises ConfigurationError: for a moment without a time zone.
        """
        details: Json = {"ignoreUpdateWindow": ignore_update_window}
        if at is not None:
            details["selectedDateTime"] = timestamp(moment_of("at", at))
        values = {"selected": True, "scheduleDetails": details}
        return (
            yield from self._calls.send("PATCH", within(environment, "updates", version), values)
        )
