"""What the Admin Center API tells beside its message."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.api.admin_refusals import details, judge
from airflow_provider_bc.errors import AuthorizationError, Conflict

NEEDED = {"name": "Library", "version": "1.0.0.0", "appId": "a1"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], ""),
        ({}, ""),
        ({"target": "name"}, " (name)"),
        ({"data": {"requirements": [NEEDED]}}, " Needed: Library 1.0.0.0 a1."),
    ],
)
def test_what_is_told_beside_the_message(body: Any, said: str) -> None:
    assert details(body) == said


def test_a_code_says_more_than_a_status_in_any_casing() -> None:
    assert judge(400, "TenantAlreadyProvisioning")[0] is Conflict
    assert judge(403, "")[0] is AuthorizationError
    assert judge(400, "SomethingNew") == (None, "")
