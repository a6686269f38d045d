"""Runs of the example DAGs through a real scheduler, and what was seen of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from airflow_provider_bc.emulator.business_day import Changes
from airflow_provider_bc.emulator.store.company import Company
from tests.live.live_airflow import LiveAirflow, wait_for
from tests.live.tenant import RememberingEmulator

ENTITY_SETS = ("customers", "items", "generalLedgerEntries")
MARKER = "a-marker-that-travels-as-far-as-a-secret-could"
"""Part of a path, which Airflow renders, logs and returns: the hunt must find it everywhere."""

IDS = "SELECT id::VARCHAR FROM read_parquet(?, union_by_name = true)"
WAITING_TASK = "wait_for_open_orders"
TRIGGERS = """
    SELECT trigger.* FROM trigger JOIN task_instance ON task_instance.trigger_id = trigger.id
    WHERE task_instance.state = 'deferred'
"""


@dataclass(frozen=True)
class WaitedRun:
    """A run that waited until something happened in Business Central.

    :param triggers: the rows in Airflow's database while the task was deferred; Airflow 3.3.2
        keeps their arguments there in the clear.
    :param looks: how often the triggerer asked Business Central while the answer was no.
    :param order: the number of the one order that was opened.
    :param state: how the run ended.
    :param found: what the sensor returned.
    :param listed: what the task behind it returned.
    """

    triggers: list[dict[str, Any]]
    looks: int
    order: str
    state: str
    found: Any
    listed: Any


@dataclass(frozen=True)
class MappedRun:
    """A run with one mapped task for each company.

    :param state: how it ended.
    :param tasks: the state of each mapped task, by its index.
    :param ids: the ids of the customers copied, by the company.
    """

    state: str
    tasks: dict[int, str]
    ids: dict[str, list[str]]


@dataclass(frozen=True)
class Copy:
    """What one run copied.

    :param state: how it ended.
    :param truth: the ids in Business Central after the run, by entity set.
    :param ids: the ids of all rows in the files, by entity set.
    :param reports: what the tasks returned, by entity set.
    """

    state: str
    truth: dict[str, set[str]]
    ids: dict[str, list[str]]
    reports: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class CopiedRuns:
    """Two runs of the incremental copy, and what happened between them."""

    first: Copy
    day: Changes
    second: Copy


def ids_of(company: Company, entity_set: str) -> set[str]:
    """The ids that Business Central has, in truth."""
    return {row.key for row in company.table(entity_set).scan()}


def ids_in(files: str) -> list[str]:
    """The ids in Parquet files, each as often as it is there."""
    rows = duckdb.execute(IDS, [files]).fetchall()
    return [str(row[0]).lower() for row in rows]


def wait_then_act(airflow: LiveAirflow, emulator: RememberingEmulator) -> WaitedRun:
    """Close every order, let the DAG wait, open one, and let the DAG go on."""
    company = emulator.companies[0]
    orders = sorted(ids_of(company, "salesOrders"))
    for order in orders:
        company.update("salesOrders", order, {"status": "Draft"})
    run = airflow.trigger("business_central_wait_then_act")

    def deferred() -> list[dict[str, Any]]:
        return airflow.rows(TRIGGERS) if airflow.goes_on(run) else []

    triggers = wait_for("a trigger of a deferred task", deferred)
    states = {task["task_id"]: task["state"] for task in airflow.tasks(run)}
    assert states[WAITING_TASK] == "deferred"
    asked = emulator.log.count("data", path="salesOrders")

    def looks() -> int | None:
        more = emulator.log.count("data", path="salesOrders") - asked
        return more if more >= 2 else None

    waited = wait_for("two more looks of the triggerer", looks)
    row = company.update("salesOrders", orders[0], {"status": "Open"})
    return WaitedRun(
        triggers=triggers,
        looks=waited,
        order=str(row["number"]),
        state=airflow.end_of(run),
        found=airflow.result(run, WAITING_TASK),
        listed=airflow.result(run, "list_open_orders"),
    )


APPROVAL = "business_central_approve_then_post"


@dataclass(frozen=True)
class AnsweredRun:
    """A run that asked a person before it posted.

    :param question: what was asked.
    :param before: the status of the invoice while nobody had answered.
    :param draft: what the first task returned.
    :param tasks: the state of each task in the end.
    :param after: the invoice in the end.
    :param links: of the task that posts.
    """

    question: dict[str, Any]
    before: str
    draft: dict[str, Any]
    tasks: dict[str, str]
    after: dict[str, Any]
    links: dict[str, str | None]


def ask_and_answer(airflow: LiveAirflow, company: Company) -> dict[str, AnsweredRun]:
    """Draft two invoices, let a person approve one and reject the other."""
    runs = {answer: airflow.trigger(APPROVAL) for answer in ("Approve", "Reject")}

    def invoice(draft: dict[str, Any]) -> dict[str, Any]:
        (row,) = (one for one in company.rows("salesInvoices") if one["id"] == draft["id"])
        return dict(row)

    questions = {answer: airflow.question(run, "ask") for answer, run in runs.items()}
    drafts = {answer: airflow.result(run, "draft_invoice") for answer, run in runs.items()}
    before = {answer: invoice(draft)["status"] for answer, draft in drafts.items()}
    for answer, run in runs.items():
        airflow.answer(run, "ask", answer)
    for run in runs.values():
        airflow.end_of(run)
    return {
        answer: AnsweredRun(
            question=questions[answer],
            before=before[answer],
            draft=drafts[answer],
            tasks={one["task_id"]: one["state"] for one in airflow.tasks(run)},
            after=invoice(drafts[answer]),
            links=airflow.links(run, "post"),
        )
        for answer, run in runs.items()
    }


TRANSFER = "every_company.transfer"


def map_companies(airflow: LiveAirflow, folder: Path) -> MappedRun:
    """Run the DAG that copies the customers of every company."""
    run = airflow.trigger("business_central_all_companies", {"path": folder.as_uri()})
    state = airflow.end_of(run)
    tasks = {
        int(task["map_index"]): str(task["state"])
        for task in airflow.tasks(run)
        if task["task_id"] == TRANSFER
    }
    reports = [
        report
        for index in tasks
        for report in airflow.result(run, TRANSFER, index)
        if report["entity_set"] == "customers"
    ]
    return MappedRun(
        state=state,
        tasks=tasks,
        ids={
            one["company"]: ids_in(f"{one['path'].removeprefix('file://')}/*.parquet")
            for one in reports
        },
    )


def copy(airflow: LiveAirflow, company: Company, folder: Path) -> Copy:
    """Run the incremental copy once."""
    run = airflow.trigger("business_central_incremental_sync", {"path": folder.as_uri()})
    return Copy(
        state=airflow.end_of(run),
        truth={name: ids_of(company, name) for name in ENTITY_SETS},
        ids={name: ids_in(f"{folder}/**/{name}/*.parquet") for name in ENTITY_SETS},
        reports={name: airflow.result(run, f"sync_{name}") for name in ENTITY_SETS},
    )


def copy_twice(airflow: LiveAirflow, emulator: RememberingEmulator, folder: Path) -> CopiedRuns:
    """Copy everything, let a business day pass, copy what changed."""
    company, place = emulator.companies[0], folder / MARKER
    first = copy(airflow, company, place)
    day = emulator.business_day()
    return CopiedRuns(first, day, copy(airflow, company, place))
