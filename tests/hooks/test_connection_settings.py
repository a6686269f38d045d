from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Connection

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.connection_settings import alike, settings_of
from airflow_provider_bc.settings import Settings
from tests.peer import CLIENT, SECRET, TENANT, settings


def read(password: str = SECRET, **extra: Any) -> Settings:
    connection = Connection(
        conn_id="bc",
        conn_type="business_central",
        login=CLIENT,
        password=password,
        extra=json.dumps({"tenant_id": TENANT, **extra}),
    )
    return settings_of("bc", connection)


def test_a_secret_that_soon_expires_is_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    soon = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()

    read(secret_expires_on=soon)

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("Connection 'bc': The client secret expires on")
    assert SECRET not in record.message


def test_a_secret_without_a_doubt_is_not(caplog: pytest.LogCaptureFixture) -> None:
    read()

    assert caplog.messages == []


def test_connections_to_one_place_share_a_load() -> None:
    connections = {"a": settings(), "b": settings(tenant_id=TENANT.upper(), page_size=10)}

    assert alike(connections) is connections


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ({"environment": "Sandbox"}, "environment differ: Production and Sandbox"),
        ({"tenant_id": "contoso.com"}, f"tenant_id differ: {TENANT} and contoso.com"),
    ],
)
def test_connections_to_two_places_do_not(other: dict[str, str], differs: str) -> None:
    with pytest.raises(ConfigurationError, match=differs) as caught:
        alike({"a": settings(), "b": settings(), "c": settings(**other)})

    assert "'a' names 'c'" in str(caught.value)


def test_two_servers_are_two_places() -> None:
    elsewhere = Settings.from_connection(
        login=CLIENT, password=SECRET, host="bc.example.com", extra={"tenant_id": TENANT}
    )

    with pytest.raises(ConfigurationError, match="api_root differ"):
        alike({"a": settings(), "b": elsewhere})
