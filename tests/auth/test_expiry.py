from __future__ import annotations

from datetime import date, timedelta

import pytest

from airflow_provider_bc.auth.expiry import credential_warnings
from airflow_provider_bc.settings import Settings
from tests.peer import CLIENT, SECRET, TENANT, settings

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (61, None),
        (60, "in 60 days. Renew it soon"),
        (31, "in 31 days. Renew it soon"),
        (30, "Renew it within a month"),
        (7, "Renew it within a week"),
        (1, "in 1 days. Renew it within a week"),
        (0, "expires today, 2026-03-01. Renew it now"),
        (-1, "expired on 2026-02-28"),
    ],
)
def test_a_secret_is_spoken_of_before_it_expires(days: int, said: str | None) -> None:
    ends = (TODAY + timedelta(days)).isoformat()

    found = credential_warnings(settings(secret_expires_on=ends), TODAY)

    if said is None:
        assert found == []
    else:
        assert said in found[0]
        assert "Certificates & secrets" in found[0]
        assert SECRET not in found[0]


def test_a_secret_without_a_date_is_not_spoken_of() -> None:
    assert credential_warnings(settings(), TODAY) == []


def test_a_secret_that_is_a_guid_is_probably_its_id() -> None:
    guid = "0b1c2d3e-0000-4000-8000-000000000000"
    pasted = Settings.from_connection(login=CLIENT, password=guid, extra={"tenant_id": TENANT})

    (found,) = credential_warnings(pasted, TODAY)

    assert "Secret ID" in found
    assert guid not in found
