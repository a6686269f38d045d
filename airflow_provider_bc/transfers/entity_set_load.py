"""One entity set of one company into one table, whatever store that is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

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
from airflow_provider_bc.transfers.dataset_names import DatasetName
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

    def dataset(self, name: TableName) -> DatasetName:
        """Say what OpenLineage calls that table."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """One load that has committed, or found nothing to do.

    :param name: what the store may have named the table after.
    :param schema: of what was read.
    :param report: what was done.
    """

    name: TableName
    schema: pa.Schema
    report: Report


def load_entity_set(
    read: EntitySetRead,
    store: Store,
    mode: Mode = "incremental",
    *,
    policy: Policy | None = None,
    say: Say,
    resume_key: str | None = None,
) -> Loaded:
    """Load an entity set into its table.

    :param read: which rows and fields, of the company that the client's settings name.
    :param store: where tables are kept.
    :param mode: ``incremental`` or ``full``.
    :param policy: how careful to be.
    :param say: writes one line of progress.
    :param resume_key: what the attempts of one task have in common.
    :return: what was done, and to what.
    :raises BusinessCentralError: and the table is as it was.
    """
    company = read.client.company()
    reader = reader_of(read, read.client.metadata(read.api), say)
    name = TableName(read.client.settings.environment, company, read.api, read.entity_set)
    table, place = store.table(name)
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
    return Loaded(name, reader.schema, report)
