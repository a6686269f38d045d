"""The example DAGs, run by a real scheduler, its workers and a real triggerer."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from airflow_provider_bc.emulator import Server
from tests.live.conftest import WEB_CLIENT
from tests.live.live_airflow import LiveAirflow, wait_for
from tests.live.runs import (
    APPROVAL,
    ENTITY_SETS,
    AnsweredRun,
    CopiedRuns,
    MappedRun,
    WaitedRun,
    ids_of,
)
from tests.live.tenant import RememberingEmulator

pytestmark = pytest.mark.live

TRIGGER = "airflow_provider_bc.triggers.record.BusinessCentralRecordTrigger"


class TestWaiting:
    def test_waits_in_the_triggerer_until_an_order_is_open(self, waited: WaitedRun) -> None:
        assert [trigger["classpath"] for trigger in waited.triggers] == [TRIGGER]
        assert waited.looks >= 2
        assert waited.state == "success"
        assert waited.found == {"rows": 1}

    def test_then_acts_on_what_was_waited_for(self, waited: WaitedRun) -> None:
        assert [order["number"] for order in waited.listed["value"]] == [waited.order]

    def test_tells_the_triggerer_which_connection_and_nothing_of_it(
        self, waited: WaitedRun, server: Server
    ) -> None:
        (trigger,) = waited.triggers
        arguments = json.loads(trigger["kwargs"])
        assert arguments["bc_conn_id"] == "business_central_default"
        assert arguments["entity_set"] == "salesOrders"
        connection = server.connection
        for known in (
            connection["login"],
            connection["password"],
            connection["extra"]["tenant_id"],
        ):
            assert known not in trigger["kwargs"]


class TestApproval:
    def test_a_person_is_asked_before_anything_is_posted(
        self, answered: dict[str, AnsweredRun]
    ) -> None:
        for run in answered.values():
            assert run.before == "Draft"
            assert run.question["options"] == ["Approve", "Reject"]
            assert run.draft["customerName"] in run.question["subject"]
            assert run.draft["number"] in run.question["body"]
            assert run.draft["totalAmountIncludingTax"] in run.question["body"]

    def test_an_approved_invoice_is_posted(self, answered: dict[str, AnsweredRun]) -> None:
        run = answered["Approve"]
        assert run.tasks == dict.fromkeys(("draft_invoice", "ask", "post"), "success")
        assert run.after["status"] == "Open"

    def test_a_rejected_one_stays_a_draft(self, answered: dict[str, AnsweredRun]) -> None:
        run = answered["Reject"]
        assert run.tasks == {"draft_invoice": "success", "ask": "success", "post": "skipped"}
        assert run.after["status"] == "Draft"

    def test_the_task_s_page_leads_to_the_posted_invoice(
        self, answered: dict[str, AnsweredRun], server: Server
    ) -> None:
        address = answered["Approve"].links["Business Central"]
        assert address is not None
        tenant = server.connection["extra"]["tenant_id"]
        assert address.startswith(f"{WEB_CLIENT}/{tenant}/Production/?company=")
        number = quote(f"'No.' IS '{answered['Approve'].after['number']}'", safe="")
        assert address.endswith(f"&page=132&filter={number}")
        assert answered["Reject"].links == {"Business Central": None}


class TestMapping:
    def test_runs_one_task_for_each_company(
        self, mapped: MappedRun, emulator: RememberingEmulator
    ) -> None:
        assert mapped.state == "success"
        assert mapped.tasks == {0: "success", 1: "success"}
        assert set(mapped.ids) == {company.name for company in emulator.companies}

    def test_copies_each_company_s_own_customers(
        self, mapped: MappedRun, emulator: RememberingEmulator
    ) -> None:
        other = emulator.companies[1]
        assert sorted(mapped.ids[other.name]) == sorted(ids_of(other, "customers"))


class TestIncrementalCopy:
    @pytest.mark.parametrize("entity_set", ENTITY_SETS)
    def test_the_first_run_copies_every_row_once(self, copied: CopiedRuns, entity_set: str) -> None:
        first = copied.first
        assert first.state == "success"
        assert sorted(first.ids[entity_set]) == sorted(first.truth[entity_set])
        assert first.reports[entity_set]["kind"] == "snapshot"

    @pytest.mark.parametrize("entity_set", ENTITY_SETS)
    def test_the_second_run_adds_what_the_day_changed_and_no_more(
        self, copied: CopiedRuns, entity_set: str
    ) -> None:
        day, second = copied.day, copied.second
        touched = {*day.created.get(entity_set, ()), *day.updated.get(entity_set, ())}
        touched -= {*day.deleted.get(entity_set, ())}
        added = sorted(second.ids[entity_set])
        for row in copied.first.ids[entity_set]:
            added.remove(row)
        assert second.state == "success"
        assert touched
        assert added == sorted(touched)
        assert second.reports[entity_set]["rows"] == len(touched)

    @pytest.mark.parametrize("entity_set", ENTITY_SETS)
    def test_both_together_hold_the_truth_and_what_was_deleted_since(
        self, copied: CopiedRuns, entity_set: str
    ) -> None:
        gone = {*copied.day.deleted.get(entity_set, ())}
        assert {*copied.second.ids[entity_set]} == copied.second.truth[entity_set] | gone


def test_no_run_left_a_failed_task(
    airflow: LiveAirflow, waited: WaitedRun, mapped: MappedRun, copied: CopiedRuns
) -> None:
    follower = "business_central_customers_changed"  # the mapped run has updated its asset
    ended = f"SELECT * FROM dag_run WHERE dag_id = '{follower}' AND state = 'success'"
    wait_for(f"the end of {follower}", lambda: airflow.rows(ended))
    tasks = f"task_instance WHERE dag_id <> '{APPROVAL}'"  # a rejected one skips what follows
    states = airflow.rows(f"SELECT state, count(*) AS tasks FROM {tasks} GROUP BY state")
    assert [row["state"] for row in states] == ["success"], (waited, mapped, copied)
    assert states[0]["tasks"] >= 2 + 3 + 3 + 3 + 1
