"""Extensions are installed and uninstalled by tasks."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.extensions import (
    BusinessCentralInstallExtensionOperator as Install,
)
from airflow_provider_bc.operators.extensions import (
    BusinessCentralUninstallExtensionOperator as Uninstall,
)
from tests.operators.task_context import context

AUTOMATION = "microsoft/automation/v2.0"
NEWER = "00000000-0000-0000-0000-0000000000ff"
DELETE_DATA = "/Microsoft.NAV.uninstallAndDeleteExtensionData"


def test_an_extension_is_installed_and_uninstalled(connection: Server) -> None:
    install = Install(task_id="i", extension="Loyalty", publisher="CRONUS")
    assert install.execute(context())
    assert not install.execute(context())
    assert Uninstall(task_id="u", extension="Loyalty").execute(context())
    assert not Uninstall(task_id="u", extension="Loyalty").execute(context())
    with pytest.raises(AirflowFailException, match="no extension"):
        Install(task_id="i", extension="Nope").execute(context())
    assert connection.emulator.log.count(path=DELETE_DATA) == 0


def test_the_installed_version_is_uninstalled(connection: Server) -> None:
    company = connection.emulator.companies[0]
    Install(task_id="i", extension="Loyalty").execute(context())
    (old,) = [row for row in company.rows("extensions", AUTOMATION) if row["isInstalled"]]
    newer = {"packageId": NEWER, "versionMajor": 99, "isInstalled": False}
    company.create("extensions", {**old, **newer}, AUTOMATION)
    assert not Uninstall(task_id="u", extension=NEWER).execute(context())
    assert Uninstall(task_id="u", extension="Loyalty").execute(context())
    assert not any(row["isInstalled"] for row in company.rows("extensions", AUTOMATION))
    assert not Uninstall(task_id="u", extension="Loyalty").execute(context())


def test_a_blank_extension_is_none(connection: Server) -> None:
    for operator in (Install, Uninstall):
        with pytest.raises(AirflowFailException, match="extension is blank"):
            operator(task_id="t", extension=" ").execute(context())


def test_no_data_of_production_is_deleted_by_accident(connection: Server) -> None:
    Install(task_id="i", extension="Loyalty").execute(context())
    careless = Uninstall(task_id="u", extension="Loyalty", delete_data=True)
    with pytest.raises(AirflowFailException, match="allow_production"):
        careless.execute(context())
    meant = Uninstall(task_id="u", extension="Loyalty", delete_data=True, allow_production=True)
    assert meant.execute(context())
    assert connection.emulator.log.count(path=DELETE_DATA) == 1
