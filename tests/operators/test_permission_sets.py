"""Permission sets are given by tasks."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.permission_sets import (
    BusinessCentralGrantPermissionSetOperator as Grant,
)
from tests.operators.task_context import context


def test_a_permission_set_is_given_once(connection: Server) -> None:
    grant = Grant(task_id="g", user="MARIO", role_id="D365 BASIC", scope="System")
    assert [grant.execute(context()) for _ in range(2)] == [True, False]
    rows = connection.emulator.companies[1].rows("userPermissions", "microsoft/automation/v2.0")
    assert [(row["roleId"], row["company"]) for row in rows] == [("D365 BASIC", "")]
    with pytest.raises(AirflowFailException, match="multiple times"):
        Grant(task_id="g", user="ANNETTE", role_id="D365 BASIC").execute(context())
    with pytest.raises(AirflowFailException, match="no user"):
        Grant(task_id="g", user="nobody", role_id="D365 BASIC").execute(context())
    with pytest.raises(AirflowFailException, match="company is blank"):
        Grant(task_id="g", user="MARIO", role_id="D365 BASIC", company_name=" ").execute(context())
    with pytest.raises(AirflowFailException, match="user is blank"):
        Grant(task_id="g", user="", role_id="D365 BASIC").execute(context())
