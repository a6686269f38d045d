"""The vocabulary of the Admin Center API.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

from airflow_provider_bc.api.admin_center.apps import Apps
from airflow_provider_bc.api.admin_center.calls import AdminCalls
from airflow_provider_bc.api.admin_center.environments import Environments
from airflow_provider_bc.api.admin_center.exports import Exports
from airflow_provider_bc.api.admin_center.operations import Operations
from airflow_provider_bc.api.admin_center.settings import EnvironmentSettings
from airflow_provider_bc.api.admin_center.tenant import Tenant
from airflow_provider_bc.api.exchange import Exchange


class AdminCenter:
    """What can be asked of the admin center, each as a conversation that a driver performs.

    It needs the permission ``AdminCenter.ReadWrite.All``, and the app on the admin center's page
    *Authorized Microsoft Entra apps*.

    :param exchange: how requests are exchanged.
    :ivar environments: create, copy, rename, delete, recover, restore.
    :ivar operations: what is done in the background.
    :ivar apps: apps and per-tenant extensions.
    :ivar settings: settings of environments, and the version they are updated to.
    :ivar exports: exports of databases.
    :ivar tenant: sessions, telemetry, notifications, support, versions, authorized apps.
    """

    def __init__(self, exchange: Exchange) -> None:
        calls = AdminCalls(exchange)
        self.environments = Environments(calls)
        self.operations = Operations(calls)
        self.apps = Apps(calls)
        self.settings = EnvironmentSettings(calls)
        self.exports = Exports(calls)
        self.tenant = Tenant(calls)
