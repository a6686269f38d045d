"""What the admin center knows of the tenant and of who works in its environments.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from airflow_provider_bc.api.admin_center.calls import FAMILY, AdminCalls, Json, within
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.literals import timestamp


class Tenant:
    """Sessions, telemetry, notifications, support, versions and authorized apps.

    :param calls: sends what is asked.
    """

    def __init__(self, calls: AdminCalls) -> None:
        self._calls = calls

    def sessions(self, environment: str) -> Conversation[list[Json]]:
        """List the sessions of an environment.

        :param environment: its name.
        """
        return (yield from self._calls.rows(within(environment, "sessions")))

    def end_session(self, environment: str, session_id: str) -> Conversation[None]:
        """End a session, and with it what its user was doing.

        :param environment: its name.
        :param session_id: of the session.
        """
        yield from self._calls.send("DELETE", within(environment, "sessions", session_id))

    def telemetry(self, environment: str, start: datetime, end: datetime) -> Conversation[Json]:
        """Read the telemetry that the admin center keeps.

        :param environment: its name.
        :param start: from when, with a time zone.
        :param end: until when, with a time zone.
        :return: ``queryColumns`` and ``queryResults``.
        :raises ConfigurationError: for a moment without a time zone.
        """
        period = {"startDateUtc": timestamp(start), "endDateUtc": timestamp(end)}
        query = urlencode({**period, "logCategory": "All"})
        return (yield from self._calls.get(within(environment, "telemetry"), query))

    def notification_recipients(self) -> Conversation[list[Json]]:
        """List who is told about updates."""
        return (yield from self._calls.rows("/settings/notification/recipients"))

    def add_notification_recipient(self, email: str, name: str) -> Conversation[Json]:
        """Tell somebody about updates.

        :param email: their address.
        :param name: their name.
        """
        values = {"email": email, "name": name}
        return (yield from self._calls.send("PUT", "/settings/notification/recipients", values))

    def remove_notification_recipient(self, recipient_id: str) -> Conversation[None]:
        """Tell somebody nothing more.

        :param recipient_id: from `notification_recipients`.
        """
        path = f"/settings/notification/recipients/{quote(recipient_id, safe='')}"
        yield from self._calls.send("DELETE", path)

    def support_contact(self, environment: str) -> Conversation[Json]:
        """Say whom people of an environment turn to.

        :param environment: its name.
        """
        path = within(environment, "supportcontact", before="/support")
        return (yield from self._calls.get(path))

    def set_support_contact(
        self, environment: str, *, name: str, email: str, url: str
    ) -> Conversation[Json]:
        """Say whom people of an environment shall turn to.

        :param environment: its name.
        :param name: of the contact.
        :param email: of the contact.
        :param url: of the contact.
        """
        values = {"name": name, "email": email, "url": url}
        path = within(environment, "supportcontact", before="/support")
        return (yield from self._calls.send("PUT", path, values))

    def countries(self) -> Conversation[list[Json]]:
        """List the countries and release rings that environments can be made for."""
        return (yield from self._calls.rows("/applications/"))

    def versions(self, country: str, ring: str = "PROD") -> Conversation[list[str]]:
        """List the versions that an environment can be made with.

        :param country: e.g. ``US``.
        :param ring: the release ring.
        """
        names = "/".join(quote(name, safe="") for name in ("Countries", country, "Rings", ring))
        return (yield from self._calls.texts(f"/applications/{FAMILY}/{names}"))

    def manageable_tenants(self) -> Conversation[list[Json]]:
        """List the tenants that have authorized this app; only an app may ask."""
        return (yield from self._calls.rows("/authorizedAadApps/manageableTenants"))
