"""Users and their permission sets.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_userpermission
"""

from __future__ import annotations

from typing import Any, Literal

from airflow_provider_bc.api.automation.automation_route import AutomationRoute
from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.exchange import looked_after
from airflow_provider_bc.api.records import DUPLICATE
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, RequestRejected
from airflow_provider_bc.odata.page import Row

_USERS = "users"


class Users:
    """The users of an environment.

    :param route: the Automation API.
    """

    def __init__(self, route: AutomationRoute) -> None:
        self._route = route

    def all(self) -> Conversation[list[Row]]:
        """List the users."""
        place = yield from self._route.environment()
        return (yield from self._route.rows(_USERS, place))

    def find(self, user: str) -> Conversation[Row]:
        """Find a user.

        :param user: security id, user name, contact email or display name.
        :raises ConfigurationError: when there is none, several fit, or `user` is blank.
        """
        refuse_blank(user=user)
        rows = yield from self.all()
        for name in ("userSecurityId", "userName", "contactEmail", "displayName"):
            found = [row for row in rows if str(row.get(name) or "").casefold() == user.casefold()]
            if len(found) == 1:
                return found[0]
            if found:
                raise ConfigurationError(
                    f"{len(found)} users have the {name} {user!r}.", remedy="Give the user name."
                )
        raise ConfigurationError(
            f"There is no user {user!r}.",
            remedy="Correct it; the page Users in Business Central lists them.",
        )

    def update(self, user: str, **values: Any) -> Conversation[Row]:
        """Change a user: ``state="Disabled"``, ``expiryDate``, ``contactEmail``.

        :param user: see `find`.
        :param values: by property.
        """
        found = yield from self.find(user)
        place = yield from self._route.environment()
        return (yield from self._route.records.update(_USERS, found, values, **place))

    def permissions(self, user: str) -> Conversation[list[Row]]:
        """List the permission sets of a user.

        :param user: see `find`.
        """
        found = yield from self.find(user)
        place = yield from self._route.environment()
        return (yield from self._route.rows(_permissions(found), place))

    def grant(
        self,
        user: str,
        role_id: str,
        *,
        company: str | None = None,
        app_id: str | None = None,
        scope: Literal["System", "Tenant"] | None = None,
    ) -> Conversation[bool]:
        """Give a user a permission set.

        :param user: see `find`.
        :param role_id: e.g. ``D365 BASIC``.
        :param company: the name of the company it is for; None for all.
        :param app_id: of the extension that defines it, where several do.
        :param scope: where it is defined, where that is ambiguous.
        :return: False when the user has it already.
        :raises ConfigurationError: when `user` is nobody's, or `role_id` is blank.
        :raises ApplicationRejected: when it is unknown, or ambiguous.
        """
        wanted = _permission(role_id, company)
        found = yield from self.find(user)
        place = yield from self._route.environment()
        wanted |= {"appId": app_id} if app_id else {}
        wanted |= {"scope": scope} if scope else {}
        path = _permissions(found)
        if _held((yield from self._route.rows(path, place)), wanted):
            return False

        def is_held() -> Conversation[bool]:
            return _held((yield from self._route.rows(path, place)), wanted)

        creating = self._route.records.create(path, wanted, record_id=None, **place)
        try:
            yield from looked_after(creating, is_held)
        except RequestRejected as error:
            if error.code != DUPLICATE or not (yield from is_held()):
                raise
        return True

    def revoke(self, user: str, role_id: str, *, company: str | None = None) -> Conversation[int]:
        """Take a permission set from a user.

        :param user: see `find`.
        :param role_id: e.g. ``D365 BASIC``.
        :param company: the name of the company it is for; None for the one for all.
        :return: how many there were; a name may be defined several times.
        """
        wanted = _permission(role_id, company)
        found = yield from self.find(user)
        place = yield from self._route.environment()
        path = _permissions(found)
        held = [row for row in (yield from self._route.rows(path, place)) if _is(row, wanted)]
        for row in held:
            yield from self._route.records.delete(path, row, missing_ok=True, **place)
        return len(held)


def _permission(role_id: str, company: str | None) -> dict[str, Any]:
    refuse_blank(role_id=role_id)
    if company is not None:
        refuse_blank(company=company)
    return {"roleId": role_id, "company": company or ""}


def _permissions(user: Row) -> str:
    return f"{_USERS}({user['userSecurityId']})/userPermissions"


def _held(rows: list[Row], wanted: dict[str, Any]) -> bool:
    return any(_is(row, wanted) for row in rows)


def _is(row: Row, wanted: dict[str, Any]) -> bool:
    return all(str(row.get(n) or "").casefold() == str(v).casefold() for n, v in wanted.items())
