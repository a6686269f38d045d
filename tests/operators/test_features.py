"""Features are switched by tasks."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.features import BusinessCentralSetFeatureOperator as SetFeature
from tests.operators.automation_context import context


def test_a_feature_is_switched(connection: Server) -> None:
    on = SetFeature(task_id="on", feature="PowerBIAutoRefresh", in_background=True)
    off = SetFeature(task_id="off", feature="PowerBIAutoRefresh", enabled=False)
    assert [one.execute(context()) for one in (on, on, off, off)] == [True, False, True, False]
    assert connection.emulator.log.count(path="activate") == 2
    SetFeature(task_id="on", feature="SalesPrices").execute(context())
    with pytest.raises(AirflowFailException, match="cannot be disabled"):
        SetFeature(task_id="off", feature="SalesPrices", enabled=False).execute(context())
