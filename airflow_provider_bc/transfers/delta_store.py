"""Where Delta tables stand."""

from __future__ import annotations

from collections.abc import Mapping

from airflow.sdk import ObjectStoragePath

from airflow_provider_bc.sync.delta.delta_table import DeltaLakeTable
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.files.staged_parts import PART_BYTES
from airflow_provider_bc.transfers.dataset_names import DatasetName, dataset_of_folder
from airflow_provider_bc.transfers.delta_storage import delta_uri, storage_options
from airflow_provider_bc.transfers.entity_set_load import TableName
from airflow_provider_bc.transfers.file_store import LAYOUT, check_layout, table_folder


class DeltaStore:
    """A folder of Delta tables, each in a folder of its own; a `Store`.

    :param root: the folder of all tables.
    :param layout: the folder of a table below the root.
    :param options: of the store, beside those of the connection that the root names.
    :param part_bytes: how much is staged, as columns in memory, before it becomes durable.
    :raises ConfigurationError: for a layout with an unknown field.
    """

    def __init__(
        self,
        root: ObjectStoragePath,
        layout: str = LAYOUT,
        options: Mapping[str, str] | None = None,
        part_bytes: int = PART_BYTES,
    ) -> None:
        check_layout(layout)
        self._root = root
        self._layout = layout
        self._options = dict(options or {})
        self._part_bytes = part_bytes

    def table(self, name: TableName) -> tuple[Destination, str]:
        """Find the table for an entity set; see `Store`."""
        folder = self._root / table_folder(self._layout, name)
        uri = delta_uri(folder)
        table = DeltaLakeTable(folder, uri, self._all_options, part_bytes=self._part_bytes)
        return table, uri

    def dataset(self, name: TableName) -> DatasetName:
        """Say what OpenLineage calls the table; see `Store`."""
        return dataset_of_folder(self._root / table_folder(self._layout, name))

    def _all_options(self) -> dict[str, str]:
        return storage_options(self._root) | self._options
