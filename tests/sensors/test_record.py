"""The record sensor, looking from a worker."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    TaskDeferred,
)

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.sensors.record import BusinessCentralRecordSensor

NOBODY = "00000000-0000-0000-0000-000000000001"


def sensor(**arguments: Any) -> BusinessCentralRecordSensor:
    defaults: dict[str, Any] = {"entity_set": "customers", "poke_interval": 0.01, "timeout": 1}
    return BusinessCentralRecordSensor(task_id="wait", **{**defaults, **arguments})


def test_rows_that_match_are_enough(connection: Server) -> None:
    rows = connection.emulator.companies[0].rows("customers")
    miami = sum(row["city"] == "Miami" for row in rows)
    wait = sensor(where=Field("city") == "Miami", at_least=miami)
    assert wait.execute(Context()) == {"rows": miami}
    assert not sensor(where="city eq 'Miami'", at_least=miami + 1).poke(Context())


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        ("displayName", "Bob's", True),
        ("displayName", "Bob", False),
        ("creditLimit", "0.10", True),
        ("creditLimit", 0.1, True),
        ("creditLimit", "much", False),
        ("taxLiable", False, True),
        ("taxLiable", True, False),
        ("blocked", " ", True),
        ("blocked", "All", False),
        (None, None, True),
    ],
)
def test_a_field_is_compared_as_a_person_would(
    connection: Server, *, field: str | None, value: Any, holds: bool
) -> None:
    values = {"displayName": "Bob's", "creditLimit": Decimal("0.1"), "blocked": " "}
    key = connection.emulator.companies[0].create("customers", {**values, "taxLiable": False})["id"]
    found = sensor(key=key, field=field, value=value).poke(Context())
    assert bool(found) is holds


def test_a_field_that_changes_ends_the_waiting(connection: Server) -> None:
    company = connection.emulator.companies[0]
    key = str(company.create("customers", {"displayName": "New"})["id"])
    wait = sensor(key=key, field="city", value="Kiel")
    assert not wait.poke(Context())
    company.update("customers", key, {"city": "Kiel"})
    assert wait.execute(Context()) == {"key": key, "value": "Kiel"}


def test_a_missing_record_is_an_error_unless_asked_otherwise(connection: Server) -> None:
    with pytest.raises(AirflowFailException, match="NotFound"):
        sensor(key=NOBODY).poke(Context())
    assert not sensor(key=NOBODY, missing_is_pending=True).poke(Context())


def test_a_missing_entity_set_is_an_error_in_any_case(connection: Server) -> None:
    with pytest.raises(AirflowFailException, match="NotFound"):
        sensor(entity_set="custmers", where="city eq 'x'", missing_is_pending=True).poke(Context())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"field": "city"}, "field and value need key"),
        ({"value": "x"}, "field and value need key"),
        ({"key": NOBODY, "where": "city eq 'x'"}, "key and where exclude each other"),
        ({"key": NOBODY, "value": "x"}, "field and value need each other"),
        ({"key": NOBODY, "field": "city"}, "field and value need each other"),
        ({"key": NOBODY, "field": "city", "value": object()}, "value is a object"),
        ({"at_least": 0}, "at_least is 0"),
    ],
)
def test_arguments_that_do_not_fit_are_named(
    connection: Server, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(AirflowFailException, match=said):
        sensor(**arguments).poke(Context())


def test_an_unknown_field_is_named_with_those_there_are(connection: Server) -> None:
    key = connection.emulator.companies[0].rows("customers")[0]["id"]
    with pytest.raises(AirflowFailException, match=r"no field 'cty'; it has .*city"):
        sensor(key=key, field="cty", value="x").poke(Context())


@pytest.mark.parametrize("fault", ["unavailable", "gateway_timeout", "request_timeout"])
def test_a_few_failures_in_a_row_are_forgiven(impatient: Server, fault: str) -> None:
    impatient.emulator.faults.add(fault, times=2, where="/customers")
    wait = sensor(where="city eq 'Miami'", failures_allowed=2, timeout=30)
    assert wait.execute(Context())["rows"] > 0
    impatient.emulator.faults.add(fault, times=3, where="/customers")
    with pytest.raises(AirflowException, match=r"Unavailable|RequestTooLarge") as caught:
        sensor(where="city eq 'Miami'", failures_allowed=2, timeout=30).execute(Context())
    assert not isinstance(caught.value, AirflowFailException)


def test_waiting_ends_at_the_timeout(connection: Server) -> None:
    with pytest.raises(AirflowSensorTimeout):
        sensor(where="city eq 'Nowhere'", timeout=0.05).execute(Context())


def test_a_deferrable_sensor_looks_once_before_it_defers(connection: Server) -> None:
    ready = sensor(where="city eq 'Miami'", deferrable=True)
    assert ready.execute(Context())["rows"] > 0
    with pytest.raises(TaskDeferred) as caught:
        sensor(where="city eq 'Nowhere'", deferrable=True).execute(Context())
    assert caught.value.method_name == "execute_complete"
    _, arguments = caught.value.trigger.serialize()
    assert arguments["bc_conn_id"] == "business_central_default"
    assert connection.emulator.client_secret not in str(arguments)


def test_the_worker_takes_over_what_the_trigger_found() -> None:
    event = {"status": "success", "found": {"rows": 3}}
    assert sensor().execute_complete(Context(), event) == {"rows": 3}
    late = {"status": "timeout", "subject": "customers", "message": ""}
    with pytest.raises(AirflowSensorTimeout, match="customers: not within 1 s"):
        sensor().execute_complete(Context(), late)
    with pytest.raises(AirflowSensorTimeout, match=r"within 1 s\. It was down\."):
        sensor().execute_complete(Context(), {**late, "message": "It was down."})
    with pytest.raises(AirflowFailException, match="AuthorizationError: No"):
        sensor().execute_complete(
            Context(), {"status": "error", "error": "AuthorizationError", "message": "No"}
        )


def test_the_tenant_of_a_task_reaches_the_triggerer(connection: Server) -> None:
    domain = connection.emulator.directory.domain
    with pytest.raises(TaskDeferred) as caught:
        sensor(where="city eq 'Nowhere'", deferrable=True, tenant_id=domain).execute(Context())
    assert caught.value.trigger.serialize()[1]["tenant_id"] == domain
