"""Which operation is the one that an earlier try has begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_bc.api.admin_center.operations import Operation
from airflow_provider_bc.api.admin_center.orders import Order, begun_since

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = Order(
    kind=("pitrestore",),
    about=("Before",),
    submit=lambda center: center.environments.restore("Production", "Before", NOON),
    unless={"environmentType": "Sandbox", "restorePointInTime": NOON},
)


def found(**parameters: str) -> Operation | None:
    """Look for the order among one operation that runs, which asks nobody."""
    running = Operation("1", "pitrestore", "running", "Before", NOON, parameters=parameters)
    nobody: Any = None
    conversation = begun_since(nobody, ORDER, [running], NOON)
    with pytest.raises(StopIteration) as ended:
        next(conversation)
    operation: Operation | None = ended.value.value
    return operation


def test_what_the_service_does_not_tell_is_no_contradiction() -> None:
    assert found()
    assert found(environmentType="", somethingElse="x")


def test_names_and_words_are_compared_without_their_case() -> None:
    assert found(EnvironmentType="sandbox")
    assert found(environmentType="Production") is None


def test_a_moment_is_compared_as_a_moment() -> None:
    east = NOON.astimezone().isoformat()
    assert found(restorePointInTime=east)
    assert found(restorePointInTime="2026-03-01T12:00:00.4Z")
    assert found(restorePointInTime="yesterday")
    assert found(restorePointInTime=(NOON - timedelta(minutes=1)).isoformat()) is None
