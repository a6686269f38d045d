"""From entity sets of Business Central to files in object storage."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from airflow_provider_bc.transfers.entity_sets_transfer import EntitySetsTransfer

if TYPE_CHECKING:
    from airflow_provider_bc.sync.files.formats import Compression, FormatName
    from airflow_provider_bc.transfers.file_store import FileStore


class BusinessCentralToObjectStorageOperator(EntitySetsTransfer):
    """Read entity sets of one company into files.

    The files of a table are in a folder of their own; ``_commits/`` in it says which files make up
    each commit, and up to when their rows are complete. Decimals are exact, enums decoded, unset
    dates null. A row that changed stands again in a later ``changes-…`` file: the version with the
    highest ``_commit`` counts, and a row whose ``_deleted_at`` is filled in is gone.

    :param path: a folder of any store that Airflow's ObjectStoragePath knows, e.g.
        ``s3://conn@bucket/bc`` or ``file:///data/bc`` (templated).
    :param file_format: ``parquet``, ``jsonl`` or ``csv``.
    :param compression: ``zstd``, ``gzip`` or ``none``.
    :param layout: the folder of a table below `path`, with the fields ``environment``, ``company``,
        ``company_id``, ``api`` and ``entity_set`` in braces. A company that is renamed keeps its
        ``company_id``; with ``company`` it begins a new folder.
    :param compact_after: how many files of changes may stand beside a snapshot before all are
        merged into a new one; 0 for a snapshot at every commit.
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param kwargs: the arguments of `EntitySetsTransfer`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *EntitySetsTransfer.template_fields,
        "path",
        "storage_conn_id",
    )

    def __init__(
        self,
        *,
        path: str,
        file_format: FormatName = "parquet",
        compression: Compression = "zstd",
        layout: str = "{environment}/{company}/{entity_set}",
        compact_after: int = 50,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.file_format = file_format
        self.compression = compression
        self.layout = layout
        self.compact_after = compact_after
        self.storage_conn_id = storage_conn_id

    def store(self) -> AbstractContextManager[FileStore]:
        """Open the folder; see `EntitySetsTransfer.store`."""
        from airflow_provider_bc.sync.files.formats import file_format  # noqa: PLC0415 - pyarrow is an extra
        from airflow_provider_bc.transfers.file_store import FileStore  # noqa: PLC0415 - pyarrow is an extra

        root = ObjectStoragePath(self.path, conn_id=self.storage_conn_id)
        kind = file_format(self.file_format, self.compression)
        return nullcontext(FileStore(root, kind, self.layout, self.compact_after))
