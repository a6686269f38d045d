"""The retry policy, by itself and in Airflow's own task runner."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Any

import airflow
import pytest
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Context
from airflow.sdk.exceptions import AirflowException, AirflowOptionalProviderFeatureException
from packaging.version import Version

from airflow_provider_bc import errors
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures, error_event, raise_for_event
from airflow_provider_bc.operators.request import BusinessCentralRequestOperator
from tests.dag_runs import run

HAS_POLICIES = Version(airflow.__version__) >= Version("3.3")
needs_policies = pytest.mark.skipif(not HAS_POLICIES, reason="retry policies need Airflow 3.3")
MINUTE = timedelta(minutes=1)


def policy(**waits: timedelta) -> Any:
    module = importlib.import_module("airflow_provider_bc.hooks.retry_policy")
    return module.BusinessCentralRetryPolicy(**waits)


def decision(error: BaseException, try_number: int = 1, **waits: timedelta) -> tuple[str, Any]:
    made = policy(**waits).evaluate(error, try_number, 5, Context())
    return made.action.value, made.retry_delay


def throttled(seconds: float | None) -> errors.Unavailable:
    error = errors.Unavailable("429")
    error.retry_after = seconds
    return error


@pytest.mark.skipif(HAS_POLICIES, reason="Airflow has retry policies")
def test_an_older_airflow_is_told_what_to_do() -> None:
    with pytest.raises(AirflowOptionalProviderFeatureException, match="leave out retry_policy"):
        policy()


@needs_policies
class TestDecisions:
    def test_a_conflict_is_tried_again_at_once(self) -> None:
        assert decision(errors.Conflict("409")) == ("retry", timedelta(0))

    def test_a_wait_that_the_service_asks_for_is_kept(self) -> None:
        action, delay = decision(throttled(600.0), longest=MINUTE)
        assert action == "retry"
        assert 10 * MINUTE <= delay <= 11 * MINUTE

    def test_otherwise_the_wait_doubles_up_to_the_longest(self) -> None:
        waits = {"shortest": MINUTE, "longest": 10 * MINUTE}
        for try_number, longest in ((1, 1), (2, 2), (3, 4), (5, 10), (5_000, 10)):
            action, delay = decision(throttled(None), try_number, **waits)
            assert action == "retry"
            assert 0.75 * longest * MINUTE <= delay <= longest * MINUTE

    @pytest.mark.parametrize(
        "kind",
        [
            errors.ConfigurationError,
            errors.AuthenticationError,
            errors.AuthorizationError,
            errors.NotFound,
            errors.ApplicationRejected,
            errors.UnexpectedAnswer,
            errors.OutcomeUnknown,
        ],
    )
    def test_what_no_retry_can_cure_fails_at_once(
        self, kind: type[errors.BusinessCentralError]
    ) -> None:
        assert decision(kind("no")) == ("fail", None)

    @pytest.mark.parametrize("kind", [errors.RequestTooLarge, errors.GarbledAnswer])
    def test_what_may_pass_waits_as_the_task_says(
        self, kind: type[errors.BusinessCentralError]
    ) -> None:
        assert decision(kind("perhaps")) == ("default", None)

    def test_errors_of_others_are_left_to_airflow(self) -> None:
        assert decision(ValueError("theirs")) == ("default", None)

    def test_the_cause_of_an_operator_s_failure_counts(self) -> None:
        with pytest.raises(AirflowException) as caught, airflow_failures():
            raise errors.Conflict("409")
        assert decision(caught.value) == ("retry", timedelta(0))

    def test_what_a_task_handled_does_not(self) -> None:
        raised = ConnectionError("the warehouse is down")
        raised.__context__ = errors.NotFound("404")
        assert decision(raised) == ("default", None)

    def test_so_does_what_a_trigger_tells(self) -> None:
        event = {"status": "error", "error": "Conflict", "message": "409"}
        with pytest.raises(AirflowException) as caught:
            raise_for_event(event)
        assert decision(caught.value) == ("retry", timedelta(0))

    def test_and_how_long_the_service_asked_it_to_wait(self) -> None:
        with pytest.raises(AirflowException) as caught:
            raise_for_event(error_event(throttled(90)))
        action, delay = decision(caught.value)
        assert action == "retry"
        assert delay is not None
        assert timedelta(seconds=90) <= delay <= timedelta(seconds=135)

    def test_causes_in_a_circle_end(self) -> None:
        one, other = ValueError("one"), ValueError("other")
        one.__cause__, other.__cause__ = other, one
        assert decision(one) == ("default", None)

    def test_it_survives_serialisation(self) -> None:
        one = policy(shortest=MINUTE, longest=2 * MINUTE)
        again = type(one).deserialize(one.serialize())
        assert (again.shortest, again.longest) == (MINUTE, 2 * MINUTE)


@needs_policies
@pytest.mark.usefixtures("airflow_database")
class TestTasks:
    def test_tasks_are_tried_as_often_as_it_promises_something(self, impatient: Server) -> None:
        attempts: list[str] = []
        options: dict[str, Any] = {
            "retries": 2,
            "retry_delay": timedelta(hours=1),
            "retry_policy": policy(),
        }

        def changed_meanwhile() -> None:
            attempts.append("changed_meanwhile")
            with BusinessCentralHook() as hook:
                row = next(hook.read("customers", top=1))
                stale = attempts.count("changed_meanwhile") == 1
                city = {"city": f"Atlanta {len(attempts)}"}
                hook.update("customers", row, city, etag='W/"stale"' if stale else None)

        def misspelt() -> None:
            attempts.append("misspelt")
            with BusinessCentralHook() as hook:
                next(hook.read("customer"))

        with DAG("retry_policy", schedule=None) as dag:
            for one in (changed_meanwhile, misspelt):
                PythonOperator(task_id=one.__name__, python_callable=one, **options)
            BusinessCentralRequestOperator(task_id="throttled", path="items?$top=1", **options)
        impatient.emulator.faults.add("throttled", where="/items", retry_after=1)
        ended = run(dag)
        tries = {one.task_id: (one.state, one.try_number) for one in ended.get_task_instances()}
        assert tries["misspelt"] == ("failed", 1)
        assert tries["changed_meanwhile"] == ("success", 2)
        assert tries["throttled"] == ("success", 2)
        assert attempts.count("changed_meanwhile") == 2
        assert attempts.count("misspelt") == 1
