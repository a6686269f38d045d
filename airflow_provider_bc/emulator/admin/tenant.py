"""The tenant as its administrator sees it: environments, operations, and what is allowed.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/tenant-admin-center-environments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.app import app_source
from airflow_provider_bc.emulator.admin.operations import Operations
from airflow_provider_bc.emulator.admin.session import signed_in
from airflow_provider_bc.emulator.agenda import Agenda

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.entra.directory import Directory
    from airflow_provider_bc.emulator.store.company import Company

PROVISIONING = ("create", "copy", "pitRestore")


class Tenant:
    """One tenant.

    :param directory: its users and apps.
    :param clock: the emulator's time.
    :param first: the environment that is there from the start.
    :param authorized: the client ids on the page "Authorized Microsoft Entra apps".
    :param found: makes the companies of a new environment.
    """

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        first: TenantEnvironment,
        authorized: set[str],
        found: Callable[[], list[Company]],
    ) -> None:
        self.directory = directory
        self.authorized = authorized
        self.found = found
        self.agenda = Agenda(clock)
        self.operations = Operations(self.agenda)
        self.environments = [first]
        self.app_source = app_source()
        self.quotas = {"Production": 3, "Sandbox": 9}
        self.storage = {"default": 83_886_080, "userLicenses": 0, "additionalCapacity": 0}
        self.apps_in_new_environments = False
        self.exports: list[tuple[str, float]] = []
        self.restores: list[tuple[str, float]] = []
        self.recipients: dict[str, dict[str, Any]] = {}
        self.groups = {"6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d": "Finance"}
        self.blobs: list[tuple[str, str]] = []
        self.outages: list[dict[str, Any]] = []
        first.created = clock.now()
        first.sessions = signed_in(clock.now())

    @property
    def now(self) -> float:
        """The time, in seconds since 1970-01-01T00:00:00Z."""
        return self.agenda.now

    def settle(self) -> None:
        """Let everything happen that is due."""
        self.agenda.settle()

    def find(self, name: str) -> TenantEnvironment | None:
        """Find an environment.

        :param name: its name, in any case.
        :returns: the environment, None if there is none.
        """
        wanted = name.lower()
        return next((one for one in self.environments if one.name.lower() == wanted), None)

    def remove(self, environment: TenantEnvironment) -> None:
        """Forget an environment for good.

        :param environment: the environment.
        """
        if environment in self.environments:
            self.environments.remove(environment)

    @property
    def provisioning(self) -> bool:
        """Whether an environment is being created."""
        busy = (one for one in self.operations.all() if not one.ended)
        return any(one.type in PROVISIONING for one in busy)
