"""Operations, as Microsoft's pages spell them and as the service does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_bc.api.admin_center.operations import read_operation
from airflow_provider_bc.errors import UnexpectedAnswer


def test_both_spellings_are_read_alike() -> None:
    documented = {
        "id": "1",
        "type": "copy",
        "status": "Canceled",
        "createdOn": "2026-03-01T08:00:00",
    }
    wire = {
        "operationId": "1",
        "type": "Copy",
        "state": "cancelled",
        "createdOn": "2026-03-01T08:00Z",
    }
    assert read_operation(documented) == read_operation(wire)
    assert read_operation(wire).created_on == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert read_operation(wire).ended_badly


def test_a_moment_that_is_none_is_left_out() -> None:
    assert read_operation({"id": "1", "createdOn": "soon"}).created_on is None


def test_an_operation_without_an_id_is_no_operation() -> None:
    with pytest.raises(UnexpectedAnswer, match="has no id"):
        read_operation({"status": "running"})
