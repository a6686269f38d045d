"""The authority: its tenants, its keys, its clock and what it granted.

https://learn.microsoft.com/entra/identity-platform/v2-protocols
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.entra.directory import EVERYBODY, Application, Directory, User
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.grants import Grants
from airflow_provider_bc.emulator.entra.refusals import Refusals

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.entra.tokens import TokenIssuer

SHARED = ("common", "organizations", "consumers")
_GUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")


@dataclass(slots=True)
class Authority:
    """What all endpoints share.

    :param directories: the tenants; the first is the one that Business Central belongs to.
    :param issuer: what makes tokens.
    :param clock: the time.
    :param grants: what was granted.
    :param sessions: who is signed in, by the session id in the browser's cookie.
    :param refusals: what a test wants refused.
    """

    directories: Sequence[Directory]
    issuer: TokenIssuer
    clock: Clock
    grants: Grants = field(default_factory=Grants)
    sessions: dict[str, User] = field(default_factory=dict)
    refusals: Refusals = field(default_factory=Refusals)

    def directory(self, tenant: str) -> Directory:
        """Find the tenant that a path names.

        :param tenant: the path segment.
        :returns: the tenant.
        :raises EntraError: AADSTS900023 or 90002.
        """
        if not _GUID.fullmatch(tenant) and not _DOMAIN.fullmatch(tenant):
            raise EntraError(900023, tenant)
        for directory in self.directories:
            if directory.is_tenant(tenant):
                return directory
        raise EntraError(90002, tenant)

    def check(self, tenant: str) -> None:
        """Check the tenant in a path before anything else.

        :param tenant: the path segment; `common` and its like will do.
        :raises EntraError: AADSTS900023 or 90002.
        """
        if tenant.lower() not in SHARED:
            self.directory(tenant)

    def enter(self, tenant: str, client_id: str) -> tuple[Directory, Application]:
        """Find the tenant and the app of a request.

        :param tenant: the path segment.
        :param client_id: the app.
        :returns: the tenant and the app in it; for `common` and `organizations` the tenant that
            has the app.
        :raises EntraError: AADSTS900023, 90002, 9001023, 700016, 50194, 7000229 or 7000112.
        """
        if tenant.lower() == "consumers":
            raise EntraError(9001023)
        shared = tenant.lower() in SHARED
        places = self.directories if shared else [self.directory(tenant)]
        for directory in places:
            application = directory.application(client_id)
            if application is None:
                continue
            if shared and not application.multi_tenant:
                raise EntraError(50194, application.client_id)
            if not application.service_principal:
                raise EntraError(7000229, application.client_id)
            if not application.enabled:
                raise EntraError(7000112, application.client_id)
            return directory, application
        raise EntraError(700016, client_id)

    def consent(self, application: Application, user: User | None, scopes: Sequence[str]) -> None:
        """Write down that somebody consented.

        :param application: the app.
        :param user: the user, None for an administrator on everybody's behalf.
        :param scopes: what was consented to.
        """
        who = EVERYBODY if user is None else user.object_id
        application.consents.setdefault(who, set()).update(scopes)
