"""What an environment of the tenant is made of.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow_provider_bc.emulator.admin.app import App, microsoft_apps
from airflow_provider_bc.emulator.admin.update import EnvironmentUpdate, offered

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.bc.authorization import AppRecord
    from airflow_provider_bc.emulator.store.company import Company

PRODUCTION, SANDBOX = "Production", "Sandbox"
VERSION = "27.0.0.0"
GONE = ("NotReady", "Preparing", "CreatingFailed", "SoftDeleted")


@dataclass(slots=True)
class Settings:
    """What an administrator sets for an environment.

    :param window: the update window: start and end as `HH:mm`, and the Windows time zone.
    :param security_group: the object id of the group whose members may sign in.
    :param m365_licenses: whether people with Microsoft 365 licenses may read.
    :param cadence: when AppSource apps are updated.
    :param insights_key: the Application Insights key.
    :param support: the support contact.
    :param partner_access: which partners may come in.
    """

    window: tuple[str, str, str] = ("22:00", "06:00", "UTC")
    security_group: str | None = None
    m365_licenses: bool = False
    cadence: str = "Default"
    insights_key: str = ""
    support: dict[str, str] | None = None
    partner_access: dict[str, Any] = field(
        default_factory=lambda: {"status": "AllowAllPartners", "allowedPartnerTenantIds": []}
    )


@dataclass(slots=True, eq=False)
class TenantEnvironment:
    """One environment and everything in it.

    :param name: its name, unique in the tenant whatever the case.
    :param companies: its companies.
    :param app_records: the page "Microsoft Entra Applications", by client id.
    :param type: `Production` or `Sandbox`.
    :param country_code: where it is.
    :param status: what it is doing; only an `Active` one serves data.
    :param version: the application's version.
    :param created: when it was created, in seconds since 1970-01-01T00:00:00Z.
    :param apps: the installed apps by id.
    :param settings: what an administrator set.
    :param updates: the versions it can be updated to, by version.
    :param sessions: who is signed in.
    :param linked: whether it is linked to a Power Platform environment.
    :param deleted: when it was soft-deleted.
    :param purge: when it will be deleted for good.
    :param id: tells it from another one of the same name.
    """

    name: str
    companies: list[Company]
    app_records: dict[str, AppRecord]
    type: str = PRODUCTION
    country_code: str = "US"
    status: str = "Active"
    version: str = VERSION
    created: float = 0.0
    apps: dict[str, App] = field(default_factory=microsoft_apps)
    settings: Settings = field(default_factory=Settings)
    updates: dict[str, EnvironmentUpdate] = field(default_factory=offered)
    sessions: dict[int, dict[str, Any]] = field(default_factory=dict)
    linked: bool = False
    deleted: float | None = None
    purge: float | None = None
    id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def exists(self) -> bool:
        """Whether the data plane knows it at all."""
        return self.status not in GONE

    def fill_from(self, source: TenantEnvironment) -> None:
        """Take over the companies, app records and apps of another environment.

        Settings, sessions and the link to Power Platform stay behind.

        :param source: the other environment.
        """
        known: dict[int, Any] = {}
        self.companies[:] = [company.copied(known) for company in source.companies]
        self.app_records.clear()
        self.app_records.update(deepcopy(source.app_records))
        self.apps = deepcopy(source.apps)
        self.version = source.version
        self.updates = offered(source.version)
