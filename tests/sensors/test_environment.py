"""The sensor of environments, looking from a worker."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowSensorTimeout

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.sensors.environment import BusinessCentralEnvironmentSensor


def sensor(**arguments: Any) -> BusinessCentralEnvironmentSensor:
    defaults: dict[str, Any] = {"poke_interval": 0.01, "timeout": 1, "deferrable": False}
    return BusinessCentralEnvironmentSensor(task_id="wait", **{**defaults, **arguments})


def test_it_has_the_status_and_the_version(connection: Server) -> None:
    version = connection.emulator.environments[0].version
    found = sensor(version=version.partition(".")[0]).execute(Context())
    assert found == {"environment": "Production", "version": version}


@pytest.mark.parametrize("status", ["Preparing", "Upgrading", "SomethingNew"])
def test_what_may_still_come_is_awaited(connection: Server, status: str) -> None:
    connection.emulator.environments[0].status = status
    with pytest.raises(AirflowSensorTimeout):
        sensor(timeout=0.1).execute(Context())


@pytest.mark.parametrize("status", ["CreatingFailed", "RecoveringFailed"])
def test_what_will_not_come_by_itself_fails(connection: Server, status: str) -> None:
    connection.emulator.environments[0].status = status
    with pytest.raises(AirflowException, match=f"it is {status}") as caught:
        sensor().execute(Context())
    assert not isinstance(caught.value, AirflowSensorTimeout)
    assert sensor(status=status).execute(Context())["environment"] == "Production"
