"""The operators of environments: begun once, awaited here or in the triggerer, never by mistake."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.operators.environments import (
    BusinessCentralCopyEnvironmentOperator,
    BusinessCentralCreateEnvironmentOperator,
    BusinessCentralDeleteEnvironmentOperator,
    BusinessCentralRecoverEnvironmentOperator,
    BusinessCentralRenameEnvironmentOperator,
    BusinessCentralRestoreEnvironmentOperator,
)
from tests.operators.task_context import context

QUICK: dict[str, Any] = {
    "task_id": "t",
    "poll_interval": 0.02,
    "timeout": 20,
    "deferrable": False,
}


@pytest.fixture
def tenant(connection: Server) -> Server:
    """A tenant whose operations take no time."""
    connection.emulator.operation_seconds = 0
    return connection


def copy(**arguments: Any) -> BusinessCentralCopyEnvironmentOperator:
    return BusinessCentralCopyEnvironmentOperator(**{"name": "Nightly", **QUICK, **arguments})


def begun(server: Server, kind: str) -> int:
    """Count the operations of a type."""
    return sum(one.type.lower() == kind.lower() for one in server.emulator.operations.all())


def names(server: Server) -> dict[str, str]:
    return {one.name: one.status for one in server.emulator.environments}


def deferred(task: BusinessCentralCopyEnvironmentOperator, context: Context) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        task.execute(context)
    return caught.value


def event_of(left: TaskDeferred) -> dict[str, Any]:
    async def first() -> Any:
        return (await anext(left.trigger.run())).payload

    payload: dict[str, Any] = json.loads(json.dumps(asyncio.run(first())))
    return payload


def test_an_environment_is_copied_and_can_be_used(tenant: Server) -> None:
    found = copy().execute(Context())
    assert (found["environment"], found["type"]) == ("Nightly", "copy")
    assert names(tenant) == {"Production": "Active", "Nightly": "Active"}
    twin = tenant.emulator.environments[1].companies[0]
    ours = tenant.emulator.companies[0]
    assert [row["id"] for row in twin.rows("customers")] == [
        row["id"] for row in ours.rows("customers")
    ]


def test_each_of_them_does_what_it_says(tenant: Server) -> None:
    create = BusinessCentralCreateEnvironmentOperator(name="New", country="US", **QUICK)
    assert create.execute(Context())["type"] == "create"
    rename = BusinessCentralRenameEnvironmentOperator(environment="New", new_name="Newer", **QUICK)
    assert rename.execute(Context())["environment"] == "Newer"
    delete = BusinessCentralDeleteEnvironmentOperator(environment="Newer", **QUICK)
    assert delete.execute(Context())["type"] == "softdelete"
    (gone,) = [name for name in names(tenant) if name.startswith("Newer-")]
    recover = BusinessCentralRecoverEnvironmentOperator(environment=gone, **QUICK)
    assert recover.execute(Context())["environment"] == gone
    assert names(tenant)[gone] == "Active"


def test_an_environment_is_restored(tenant: Server) -> None:
    tenant.emulator.clock.advance(3600)
    moment = datetime.fromtimestamp(tenant.emulator.clock.now() - 600, UTC)
    moments: list[datetime | str] = [moment, moment.isoformat()]
    for number, given in enumerate(moments):
        restore = BusinessCentralRestoreEnvironmentOperator(
            name=f"Before{number}", point_in_time=given, skip_extensions=True, **QUICK
        )
        assert restore.execute(Context())["type"] == "pitrestore"
    wrong = BusinessCentralRestoreEnvironmentOperator(
        name="Before", point_in_time="yesterday", **QUICK
    )
    with pytest.raises(AirflowFailException, match="point_in_time is 'yesterday'"):
        wrong.execute(Context())


def test_it_waits_in_the_triggerer(connection: Server) -> None:
    connection.emulator.operation_seconds = 3600
    left = deferred(copy(deferrable=True), Context())
    arguments = left.trigger.serialize()[1]
    assert all(isinstance(one, str | int | float | bool | None) for one in arguments.values())
    assert connection.emulator.client_secret not in str(arguments)
    assert names(connection)["Nightly"] != "Active"
    connection.emulator.clock.advance(3 * 3600)  # it waits, runs, and becomes active
    found = copy(deferrable=True).ended(Context(), event_of(left))
    assert found["environment"] == "Nightly"
    assert names(connection)["Nightly"] == "Active"


def test_a_task_may_go_on_as_soon_as_it_is_begun(connection: Server) -> None:
    connection.emulator.operation_seconds = 3600
    assert copy(wait_for="accepted").execute(Context())["type"] == "copy"
    assert names(connection)["Nightly"] != "Active"
    with pytest.raises(AirflowFailException, match="wait_for is 'sometimes'"):
        copy(wait_for="sometimes").execute(Context())


def test_a_retry_adopts_what_a_try_began_before_its_answer_was_lost(tenant: Server) -> None:
    tenant.emulator.faults.add("dropped_midway", where="/copy")
    with pytest.raises(AirflowException, match="Unavailable"):
        copy().execute(context())
    assert begun(tenant, "copy") == 1
    assert copy().execute(context(try_number=2))["environment"] == "Nightly"
    assert begun(tenant, "copy") == 1


def test_a_retry_adopts_what_still_runs(tenant: Server) -> None:
    tenant.emulator.operations.outcomes.plan("stuck")
    begun_first = copy(wait_for="accepted").execute(context())
    left = deferred(copy(deferrable=True), context(try_number=2))
    assert [one.status for one in tenant.emulator.operations.all()] == ["running"]
    tenant.emulator.operations.release()
    found = copy(deferrable=True).ended(Context(), event_of(left))
    assert found["operation_id"] == begun_first["operation_id"]
    assert begun(tenant, "copy") == 1


def test_what_an_earlier_run_made_is_not_adopted(tenant: Server) -> None:
    copy().execute(context())
    with pytest.raises(AirflowException, match="resourceExists"):
        copy().execute(context(try_number=2, minutes=-1))


def test_what_is_gone_again_is_not_adopted(tenant: Server) -> None:
    copy().execute(context())
    BusinessCentralDeleteEnvironmentOperator(environment="Nightly", **QUICK).execute(Context())
    copy().execute(context(try_number=2))
    assert begun(tenant, "copy") == 2
    assert names(tenant)["Nightly"] == "Active"


def test_a_copy_of_another_environment_is_not_adopted(tenant: Server) -> None:
    copy(name="Other").execute(context("sunday"))
    copy(environment="Other").execute(context("tuesday"))
    with pytest.raises(AirflowException, match="resourceExists"):
        copy().execute(context(try_number=2))


def test_a_new_environment_of_another_country_is_not_adopted(tenant: Server) -> None:
    def create(country: str) -> BusinessCentralCreateEnvironmentOperator:
        return BusinessCentralCreateEnvironmentOperator(name="New", country=country, **QUICK)

    made = create("DK").execute(context("tuesday"))
    assert create("DK").execute(context(try_number=2)) == made
    with pytest.raises(AirflowException, match="resourceExists"):
        create("US").execute(context(try_number=2))


def test_what_was_restored_from_another_moment_is_not_adopted(tenant: Server) -> None:
    tenant.emulator.clock.advance(3600)
    moment = datetime.fromtimestamp(tenant.emulator.clock.now() - 600, UTC)

    def restore(at: datetime) -> BusinessCentralRestoreEnvironmentOperator:
        return BusinessCentralRestoreEnvironmentOperator(name="Old", point_in_time=at, **QUICK)

    made = restore(moment).execute(context("tuesday"))
    assert restore(moment).execute(context(try_number=2)) == made
    with pytest.raises(AirflowException, match="resourceExists"):
        restore(moment - timedelta(minutes=5)).execute(context(try_number=2))


def test_the_new_name_of_another_environment_is_not_adopted(tenant: Server) -> None:
    for name in ("One", "Two"):
        copy(name=name).execute(context("sunday"))

    def rename(environment: str) -> BusinessCentralRenameEnvironmentOperator:
        return BusinessCentralRenameEnvironmentOperator(
            environment=environment, new_name="New", **QUICK
        )

    made = rename("One").execute(context("tuesday"))
    assert rename("One").execute(context(try_number=2)) == made
    with pytest.raises(AirflowException, match="resourceExists"):
        rename("Two").execute(context(try_number=2))
    assert names(tenant)["Two"] == "Active"


@pytest.mark.parametrize("nothing", [None, "", " ", "None"])
@pytest.mark.parametrize(
    "kind", [BusinessCentralDeleteEnvironmentOperator, BusinessCentralRecoverEnvironmentOperator]
)
def test_the_environment_of_the_connection_is_never_meant_by_chance(
    tenant: Server, kind: Any, nothing: Any
) -> None:
    operator = kind(environment=nothing, allow_production=True, **QUICK)
    with pytest.raises(AirflowFailException, match="environment is blank"):
        operator.execute(Context())
    with pytest.raises(AirflowFailException, match="environment is blank"):
        BusinessCentralRenameEnvironmentOperator(
            environment=nothing, new_name="X", allow_production=True, **QUICK
        ).execute(Context())
    assert names(tenant) == {"Production": "Active"}


def test_a_failed_operation_says_why_and_a_retry_begins_anew(tenant: Server) -> None:
    tenant.emulator.operations.outcomes.plan("failed", "The disk is full")
    with pytest.raises(AirflowException, match=r"copy_it .*: failed: The disk is full") as caught:
        copy(task_id="copy_it").execute(context())
    assert not isinstance(caught.value, AirflowFailException)
    for gone in [one for one in tenant.emulator.environments if one.name == "Nightly"]:
        tenant.emulator.tenant.remove(gone)
    assert copy().execute(context(try_number=2))["environment"] == "Nightly"
    assert begun(tenant, "copy") == 2


@pytest.mark.parametrize("outcome", ["canceled", "skipped"])
def test_an_operation_that_did_not_happen_is_no_success(tenant: Server, outcome: str) -> None:
    tenant.emulator.operations.outcomes.plan(outcome)
    with pytest.raises(AirflowException, match=outcome):
        copy().execute(Context())


def test_one_that_is_there_may_be_taken(tenant: Server) -> None:
    copy().execute(Context())
    again = copy(if_exists="skip").execute(Context())
    assert again == {"environment": "Nightly", "operation_id": None, "type": None}
    with pytest.raises(AirflowException, match="resourceExists"):
        copy().execute(Context())
    with pytest.raises(AirflowFailException, match="Nightly is there already, as Sandbox"):
        copy(if_exists="skip", environment_type="Production").execute(Context())


def test_one_that_is_being_made_is_awaited(connection: Server) -> None:
    connection.emulator.operation_seconds = 3600
    somebodys = copy(wait_for="accepted").execute(context("tuesday"))
    skip = copy(if_exists="skip", deferrable=True)
    left = deferred(skip, context())
    assert names(connection)["Nightly"] != "Active"
    connection.emulator.clock.advance(3 * 3600)  # it waits, runs, and becomes active
    assert skip.ended(Context(), event_of(left)) == somebodys
    assert names(connection)["Nightly"] == "Active"
    assert begun(connection, "copy") == 1


def test_production_is_known_by_its_type_and_refused(tenant: Server) -> None:
    copy(name="Sandbox2", environment_type="Production").execute(Context())
    arguments: dict[str, Any] = {"environment": "Sandbox2", **QUICK}
    with pytest.raises(AirflowFailException, match="Sandbox2 is a production environment"):
        BusinessCentralDeleteEnvironmentOperator(**arguments).execute(Context())
    with pytest.raises(AirflowFailException, match="allow_production=True"):
        BusinessCentralRenameEnvironmentOperator(new_name="X", **arguments).execute(Context())
    assert names(tenant)["Sandbox2"] == "Active"
    meant = BusinessCentralDeleteEnvironmentOperator(allow_production=True, **arguments)
    assert meant.execute(Context())["type"] == "softdelete"


def test_one_that_is_gone_may_count_as_deleted(tenant: Server) -> None:
    arguments: dict[str, Any] = {"environment": "Nowhere", **QUICK}
    with pytest.raises(AirflowFailException, match="environmentNotFound"):
        BusinessCentralDeleteEnvironmentOperator(**arguments).execute(Context())
    gone = BusinessCentralDeleteEnvironmentOperator(missing_ok=True, **arguments)
    assert gone.execute(Context())["operation_id"] is None
    assert begun(tenant, "softDelete") == 0


def test_a_retry_of_a_deletion_deletes_nothing_else(tenant: Server) -> None:
    copy().execute(Context())
    delete = BusinessCentralDeleteEnvironmentOperator(environment="Nightly", **QUICK)
    tenant.emulator.faults.add("dropped_midway", after=1, where="environments/Nightly")
    with pytest.raises(AirflowException, match="Unavailable"):
        delete.execute(context())
    assert delete.execute(context(try_number=2))["type"] == "softdelete"
    assert begun(tenant, "softDelete") == 1


def test_a_retry_is_not_taken_in_by_a_deletion_of_before(tenant: Server) -> None:
    delete = BusinessCentralDeleteEnvironmentOperator(environment="Nightly", **QUICK)
    copy().execute(context())
    delete.execute(context())
    copy().execute(context())
    delete.execute(context(try_number=2))
    assert "Nightly" not in names(tenant)
    assert begun(tenant, "softDelete") == 2


def test_a_retry_adopts_by_the_clock_of_the_service(tenant: Server) -> None:
    tenant.emulator.clock.step(-120)
    first = copy().execute(context())
    assert copy().execute(context(try_number=2)) == first
    assert begun(tenant, "copy") == 1
