from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.policy import Policy

BEFORE = timedelta(seconds=-1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"overlap": BEFORE}, "overlap is -1 day, 23:59:59: rows would be skipped"),
        ({"lag": BEFORE}, "lag is -1 day, 23:59:59: rows would be skipped"),
        ({"deletes": "never"}, "deletes is 'never'"),
        ({"most_deleted": 1.1}, "most_deleted is 1.1"),
        ({"most_deleted": -0.1}, "most_deleted is -0.1"),
        ({"workers": 0}, "workers is 0"),
        ({"workers": 26}, "workers is 26"),
    ],
)
def test_a_policy_that_loses_rows_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Policy(**given)


@pytest.mark.parametrize(
    "given",
    [{"overlap": timedelta(0), "lag": timedelta(0)}, {"most_deleted": 0}, {"most_deleted": 1}],
)
def test_the_limits_themselves_are_allowed(given: dict[str, Any]) -> None:
    assert Policy(**given)
