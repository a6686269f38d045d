"""A request that was let in: what it names, and what it says.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.tenant import Tenant

FAMILY = "BusinessCentral"
_ASYNCHRONOUS = 9


@dataclass(frozen=True, slots=True)
class AdminCall:
    """One request to the admin center.

    :param tenant: the tenant.
    :param named: what the path names, by placeholder.
    :param version: the minor version of the API.
    :param origin: scheme and host.
    :param query: the query's parameters.
    :param headers: the headers, names in lower case.
    :param body: the content.
    :param principal: who calls: a client id or a user's name.
    :param kind: `App` or `User`.
    """

    tenant: Tenant
    named: Mapping[str, str]
    version: int
    origin: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    principal: str
    kind: str

    @property
    def creator(self) -> tuple[str, str]:
        """Who calls, and whether it is a `User` or an `App`."""
        return self.principal, self.kind

    @property
    def asynchronous(self) -> bool:
        """Whether the version answers with operations."""
        return self.version >= _ASYNCHRONOUS

    def environment(self) -> TenantEnvironment:
        """Find the environment the path names.

        :returns: the environment.
        :raises RefusalError: 404 if there is no such family or environment.
        """
        self.check_family()
        name = self.named["environment"]
        found = self.tenant.find(name)
        if found is None:
            target = f"{self.named['family']}/{name}"
            text = f"Environment '{name}' was not found."
            raise RefusalError(404, "environmentNotFound", text, target)
        return found

    def active(self) -> TenantEnvironment:
        """Find the environment the path names, which must not be busy.

        :returns: the environment.
        :raises RefusalError: 404 if there is none, 400 if it is not `Active`.
        """
        found = self.environment()
        if found.status != "Active":
            text = f"Environment '{found.name}' is {found.status}, not Active."
            raise RefusalError(400, "invalidStatus", text, found.name)
        return found

    def check_family(self) -> None:
        """Check the application family.

        :raises RefusalError: 404 `applicationTypeDoesNotExist`.
        """
        family = self.named.get("family", FAMILY)
        if family.lower() != FAMILY.lower():
            text = f"Application family '{family}' does not exist."
            raise RefusalError(404, "applicationTypeDoesNotExist", text, family)

    def content(self) -> dict[str, Any]:
        """Read the body.

        :returns: its members, names in lower case, as .NET compares them.
        :raises RefusalError: 400 if there is none, or it is no JSON object.
        """
        if not self.body.strip():
            raise RefusalError(400, "requestBodyRequired", "The request body must be provided.")
        try:
            read = json.loads(self.body)
        except ValueError:
            raise invalid("body", "The request body is not JSON.") from None
        if not isinstance(read, dict):
            raise invalid("body", "The request body must be a JSON object.")
        return {name.lower(): value for name, value in read.items()}

    def text(self, content: Mapping[str, Any], name: str) -> str:
        """Read a member that must be a text with something in it.

        :param content: the members.
        :param name: the member.
        :returns: the text.
        :raises RefusalError: 400 `invalidInput`.
        """
        value = content.get(name.lower())
        if not isinstance(value, str) or not value.strip():
            raise invalid(name, f"The property '{name}' can't be null or whitespace.")
        return value

    def flag(self, content: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
        """Read a member that is true or false.

        :param content: the members.
        :param name: the member.
        :param default: what a missing one means.
        :returns: its value.
        :raises RefusalError: 400 `invalidInput`.
        """
        value = content.get(name.lower(), default)
        if not isinstance(value, bool):
            raise invalid(name, f"The property '{name}' must be true or false.")
        return value

    def period(self, first: str, last: str) -> tuple[float, float]:
        """Read a period from the query.

        :param first: the parameter with its begin.
        :param last: the parameter with its end.
        :returns: both, in seconds since 1970-01-01T00:00:00Z.
        :raises RefusalError: for a parameter that is no date and time.
        """
        return self._moment(first), self._moment(last)

    def _moment(self, name: str) -> float:
        given = {key.lower(): value for key, value in self.query.items()}.get(name.lower(), "")
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            raise invalid(name, f"'{given}' is no date and time.") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
