"""What a transfer tells OpenLineage: which datasets it read and wrote, and how much.

https://openlineage.io/docs/spec/facets/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import attrs
from airflow.providers.openlineage.extractors import OperatorLineage
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    RunFacet,
    column_lineage_dataset,
    dataset_version_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)
from openlineage.common.sql import parse  # type: ignore[import-untyped]
from sqlalchemy import Engine

from airflow_provider_bc.sync.report import Report
from airflow_provider_bc.transfers.dataset_names import (
    DatasetName,
    dataset_of_entity_set,
    dataset_of_table,
)
from airflow_provider_bc.transfers.entity_set_load import Loaded


@dataclass(frozen=True, slots=True)
class _TableLineage:
    """One load, from where to where.

    :param source: the entity set.
    :param target: its table.
    :param columns: the fields that were read, and their types.
    :param report: what was done.
    """

    source: DatasetName
    target: DatasetName
    columns: Sequence[tuple[str, str]]
    report: Report


@attrs.define
class BusinessCentralLoadsRunFacet(RunFacet):
    """The reports of the loads of a task, as its XCom has them.

    :param loads: one for each entity set.
    """

    loads: list[dict[str, Any]]


def lineage_of(loads: Sequence[tuple[Loaded, DatasetName]]) -> OperatorLineage[Any, Any]:
    """Sum up the loads of a task.

    :param loads: each of them, and what its table is called.
    """
    tables = [_table(loaded, target) for loaded, target in loads]
    reports = [asdict(table.report) for table in tables]
    return OperatorLineage(
        inputs=[_read(table) for table in tables],
        outputs=[_written(table) for table in tables],
        run_facets={"businessCentral_loads": BusinessCentralLoadsRunFacet(loads=reports)},
    )


@attrs.define
class BusinessCentralWriteBackRunFacet(RunFacet):
    """The report of a write-back, as its XCom has it.

    :param report: what became of the rows.
    """

    report: dict[str, Any]


def lineage_of_write_back(
    sources: Sequence[DatasetName], environment: str, report: Mapping[str, Any]
) -> OperatorLineage[Any, Any]:
    """Sum up rows that were written into Business Central.

    :param sources: where they came from.
    :param environment: e.g. ``Production``.
    :param report: of the task.
    """
    target = dataset_of_entity_set(environment, report["company"], report["entity_set"])
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=report["created"] + report["updated"]
    )
    return OperatorLineage(
        inputs=[InputDataset(namespace=one.namespace, name=one.name) for one in sources],
        outputs=[
            OutputDataset(
                namespace=target.namespace,
                name=target.name,
                outputFacets={"outputStatistics": statistics},
            )
        ],
        run_facets={"businessCentral_writeBack": BusinessCentralWriteBackRunFacet(dict(report))},
    )


def tables_of_query(engine: Engine, sql: str) -> list[DatasetName]:
    """Name the tables that a query reads; none where OpenLineage's parser does not understand it.

    :param engine: of the database, once connected.
    :param sql: the query.
    """
    found = parse([sql], dialect=engine.name)
    tables = found.in_tables if found else []
    return [dataset_of_table(engine, table.schema, table.name) for table in tables]


def _table(loaded: Loaded, target: DatasetName) -> _TableLineage:
    name, report = loaded.name, loaded.report
    source = dataset_of_entity_set(name.environment, name.company.name, name.entity_set)
    columns = [(field.name, str(field.type)) for field in loaded.schema]
    return _TableLineage(source, target, columns, report)


def _read(load: _TableLineage) -> InputDataset:
    statistics = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        rowCount=load.report.rows_read, size=load.report.bytes
    )
    return InputDataset(
        namespace=load.source.namespace,
        name=load.source.name,
        facets={"schema": _schema(load)},
        inputFacets={"inputStatistics": statistics},
    )


def _written(load: _TableLineage) -> OutputDataset:
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=load.report.rows
    )
    version = dataset_version_dataset.DatasetVersionDatasetFacet(
        datasetVersion=str(load.report.sequence)
    )
    return OutputDataset(
        namespace=load.target.namespace,
        name=load.target.name,
        facets={
            "schema": _schema(load),
            "version": version,
            "columnLineage": _column_lineage(load),
        },
        outputFacets={"outputStatistics": statistics},
    )


def _schema(load: _TableLineage) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        fields=[
            schema_dataset.SchemaDatasetFacetFields(name=name, type=kind)
            for name, kind in load.columns
        ]
    )


def _column_lineage(load: _TableLineage) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    """Say that each column is the field of its name."""
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            name: column_lineage_dataset.Fields(
                inputFields=[column_lineage_dataset.InputField(*load.source, field=name)]
            )
            for name, _ in load.columns
        }
    )
