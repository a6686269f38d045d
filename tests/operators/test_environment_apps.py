"""The operators of apps, updates and exports."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.database_export import BusinessCentralExportDatabaseOperator
from airflow_provider_bc.operators.environment_apps import (
    BusinessCentralInstallAppOperator,
    BusinessCentralUninstallAppOperator,
    BusinessCentralUpdateAppOperator,
)
from airflow_provider_bc.operators.environment_update import (
    BusinessCentralUpdateEnvironmentOperator,
)
from tests.operators.test_environments import QUICK, begun, tenant
from tests.operators.tries import try_of

__all__ = ["tenant"]

STORAGE = "https://account.blob.core.windows.net/?sv=2024-01-01&se=2099-01-01T00:00:00Z&sp=rwdc&ss=b&srt=co&sig=SECRET"


@pytest.fixture
def app_id(tenant: Server) -> str:
    """An app that can be installed, and is not."""
    emulator = tenant.emulator
    there = emulator.environments[0].apps
    return next(one for one in emulator.tenant.app_source if one not in there)


def install(app_id: str, **arguments: Any) -> BusinessCentralInstallAppOperator:
    told: dict[str, Any] = {"accept_terms": True, "with_dependencies": True}
    return BusinessCentralInstallAppOperator(app_id=app_id, **{**QUICK, **told, **arguments})


def version_of(server: Server, app_id: str) -> str:
    return str(server.emulator.environments[0].apps[app_id].version)


def test_an_app_is_installed_once(tenant: Server, app_id: str) -> None:
    with pytest.raises(AirflowException, match="acceptIsvEula"):
        install(app_id, accept_terms=False).execute(Context())
    assert install(app_id.upper()).execute(Context())["type"] == "environmentappinstall"
    assert install(app_id).execute(Context())["operation_id"] is None
    assert begun(tenant, "environmentAppInstall") == 1


def test_a_retry_adopts_the_installation(tenant: Server, app_id: str) -> None:
    tenant.emulator.faults.add("dropped_midway", where="/install")
    with pytest.raises(AirflowException, match="Unavailable"):
        install(app_id).execute(try_of(1))
    assert install(app_id).execute(try_of(2))["type"] == "environmentappinstall"
    assert begun(tenant, "environmentAppInstall") == 1


def test_an_app_is_uninstalled_and_its_data_only_where_that_is_meant(
    tenant: Server, app_id: str
) -> None:
    install(app_id).execute(Context())
    arguments: dict[str, Any] = {"app_id": app_id, "with_dependents": True, **QUICK}
    with pytest.raises(AirflowFailException, match="Production is a production environment"):
        BusinessCentralUninstallAppOperator(delete_data=True, **arguments).execute(Context())
    uninstall = BusinessCentralUninstallAppOperator(**arguments)
    assert uninstall.execute(Context())["type"] == "environmentappuninstall"
    assert uninstall.execute(Context())["operation_id"] is None
