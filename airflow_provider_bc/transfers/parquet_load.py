"""One entity set of one company into the files of one table."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

from airflow_provider_bc.sync.columns import Columns
from airflow_provider_bc.sync.commit import Mode
from airflow_provider_bc.sync.load import load
from airflow_provider_bc.sync.parquet_table import ParquetTable, Path
from airflow_provider_bc.sync.plan import plan_load
from airflow_provider_bc.sync.progress import Progress
from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead


def load_to_parquet(
    read: EntitySetRead,
    root: Path,
    mode: Mode,
    *,
    overlap: timedelta = timedelta(minutes=10),
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Load an entity set into ``{root}/{environment}/{company}/{entity_set}/``.

    :param read: which rows and fields, of the company that the client's settings name.
    :param root: the folder of all tables.
    :param mode: ``incremental`` or ``full``.
    :param overlap: how far before the watermark to read again.
    :param say: writes one line of progress.
    :param clock: seconds that only grow.
    :return: what was done.
    :raises BusinessCentralError: and nothing is published.
    """
    company = read.client.company()
    metadata = read.client.metadata(read.api)
    entity_type = metadata.entity_type_of(read.leaf)
    read = read.with_identity(entity_type)
    environment = root / read.client.settings.environment
    table = ParquetTable(environment / folder_name(company.name) / folder_name(read.entity_set))
    source = read.source(company)
    plan = plan_load(mode, entity_type, source, table, where=read.where, overlap=overlap)
    say(f"Reading {read.entity_set} of {company.name}: {plan}")
    if read.where and mode == "incremental":
        say(
            "A row that stops matching the condition stays in the copy as it was last read, "
            'until a load with mode="full".'
        )
    progress = Progress(say, clock=clock)
    columns = Columns(metadata, entity_type, read.select, read.expanded())
    commit, path = load(read, columns, table, plan, progress)
    report = Report.of(commit, path, company.name, progress)
    say(str(report))
    return report


def folder_name(name: str) -> str:
    """Make a name fit for every store; two that become one are told apart by the footer.

    :param name: of a company or an entity set.
    """
    return re.sub(r"[^\w.-]+", "_", name).strip("_.") or "_"
