"""One entity set of one company into one table, whatever store that is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.sync.commit import Mode
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.load import load
from airflow_provider_bc.sync.plan import plan_load
from airflow_provider_bc.sync.policy import Policy
from airflow_provider_bc.sync.progress import Progress
from airflow_provider_bc.sync.reader import Say
from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.children_reader import reader_of
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead


@dataclass(frozen=True, slots=True)
class TableName:
    """What a store may name a table after.

    :param environment: e.g. ``Production``.
    :param company: the company.
    :param api: e.g. ``v2.0``.
    :param entity_set: e.g. ``customers``.
    """

    environment: str
    company: Company
    api: str
    entity_set: str


class Store(Protocol):
    """Where tables are kept: a folder of files, of Delta tables, or a database."""

    def table(self, name: TableName) -> tuple[Destination, str]:
        """Find the table for an entity set, and say in words where it is."""
        ...


def load_entity_set(
    read: EntitySetRead,
    store: Store,
    mode: Mode = "incremental",
    *,
    policy: Policy | None = None,
    say: Say,
    resume_key: str | None = None,
) -> Report:
    """Load an entity set into its table.

    :param read: which rows and fields, of the company that the client's settings name.
    :param store: where tables are kept.
    :param mode: ``incremental`` or ``full``.
    :param policy: how careful to be.
    :param say: writes one line of progress.
    :param resume_key: what the attempts of one task have in common.
    :return: what was done.
    :raises BusinessCentralError: and the table is as it was.
    """
    company = read.client.company()
    reader = reader_of(read, read.client.metadata(read.api), say)
    environment = read.client.settings.environment
    table, place = store.table(TableName(environment, company, read.api, read.entity_set))
    plan = plan_load(
        mode,
        reader.identity,
        reader.source(company),
        table,
        reader.now(),
        policy=policy or Policy(),
        where=read.where,
        resume_key=resume_key if reader.resumable else None,
    )
    say(f"Reading {read.entity_set} of {company.name} into {place}: {plan}")
    progress = Progress(say)
    outcome = load(reader, table, plan, progress)
    report = Report.of(outcome, read.entity_set, company.name, place, progress)
    say(str(report))
    return report
