"""Where the tables of a data lake stand."""

from __future__ import annotations

import re
from string import Formatter
from urllib.parse import quote

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.files.file_table import FileTable
from airflow_provider_bc.sync.files.formats import FileFormat
from airflow_provider_bc.sync.files.path import Path
from airflow_provider_bc.sync.files.staged_parts import PART_BYTES
from airflow_provider_bc.transfers.dataset_names import DatasetName, dataset_of_folder
from airflow_provider_bc.transfers.entity_set_load import TableName

LAYOUT = "{environment}/{company}/{entity_set}"
"""Where a table stands unless a DAG says otherwise."""

_FIELDS = ("environment", "company", "company_id", "api", "entity_set")


class FileStore:
    """A folder of tables, each in a folder of its own; a `Store`.

    :param root: the folder of all tables.
    :param kind: the format of the files.
    :param layout: the folder of a table below the root, e.g.
        ``{environment}/{company}/{entity_set}`` or ``company={company_id}/{entity_set}``; a
        company that is renamed keeps its id, and so its tables, but not its name.
    :param compact_after: how many files of changes may stand beside a snapshot.
    :param part_bytes: how large a file grows, as columns in memory, before the next one is begun.
    :raises ConfigurationError: for a layout with an unknown field.
    """

    def __init__(
        self,
        root: Path,
        kind: FileFormat,
        layout: str = LAYOUT,
        compact_after: int = 50,
        part_bytes: int = PART_BYTES,
    ) -> None:
        check_layout(layout)
        self._root = root
        self._kind = kind
        self._layout = layout
        self._compact_after = compact_after
        self._part_bytes = part_bytes

    def table(self, name: TableName) -> tuple[Destination, str]:
        """Find the table for an entity set; see `Store`."""
        folder = self._root / table_folder(self._layout, name)
        table = FileTable(folder, self._kind, self._compact_after, self._part_bytes)
        return table, str(folder)

    def dataset(self, name: TableName) -> DatasetName:
        """Say what OpenLineage calls the table; see `Store`."""
        return dataset_of_folder(self._root / table_folder(self._layout, name))


def check_layout(layout: str) -> None:
    """Refuse a layout that cannot be filled in.

    :param layout: with fields in braces.
    :raises ConfigurationError: naming the field.
    """
    fields = [field for _, field, _, _ in Formatter().parse(layout) if field is not None]
    unknown = sorted(set(fields) - set(_FIELDS))
    if unknown or "entity_set" not in fields:
        raise ConfigurationError(
            f"layout is {layout!r}: "
            + (f"it has no field {unknown[0]!r}." if unknown else "it lacks {entity_set}."),
            remedy=f"Use {', '.join('{' + field + '}' for field in _FIELDS)}.",
        )


def table_folder(layout: str, name: TableName) -> str:
    """Fill in a layout.

    :param layout: that was checked.
    :param name: of the table.
    """
    return layout.format(
        environment=folder_name(name.environment),
        company=folder_name(name.company.name),
        company_id=name.company.id,
        api=quote(name.api, safe=""),
        entity_set=folder_name(name.entity_set),
    )


def folder_name(name: str) -> str:
    """Make a name fit for every store; two that become one are told apart by their commits.

    :param name: of a company or an entity set.
    """
    return re.sub(r"[^\w.-]+", "_", name).strip("_.") or "_"
