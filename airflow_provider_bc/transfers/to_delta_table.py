"""From entity sets of Business Central to Delta Lake."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from airflow_provider_bc.transfers.entity_sets_transfer import EntitySetsTransfer

if TYPE_CHECKING:
    from airflow_provider_bc.transfers.delta_store import DeltaStore


class BusinessCentralToDeltaTableOperator(EntitySetsTransfer):
    """Read entity sets of one company into Delta tables.

    Each load is one version of the table: the changed rows merged by key, the rows that are gone,
    and in ``commitInfo`` up to when the rows are complete. Decimals are exact, enums decoded,
    unset dates null; a row whose ``_deleted_at`` is filled in is gone.

    Files of older versions stay, for time travel, until somebody calls VACUUM.
    https://delta-io.github.io/delta-rs/usage/managing-tables/#vacuuming-tables

    :param path: a folder, or a place in S3, Azure Data Lake Storage or Google Cloud Storage, e.g.
        ``s3://conn@bucket/bc`` (templated).
    :param layout: the folder of a table below `path`, with the fields ``environment``, ``company``,
        ``company_id``, ``api`` and ``entity_set`` in braces. A company that is renamed keeps its
        ``company_id``; with ``company`` it begins a new folder.
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param storage_options: options for delta-rs beside those that the connection gives.
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
        layout: str = "{environment}/{company}/{entity_set}",
        storage_conn_id: str | None = None,
        storage_options: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.layout = layout
        self.storage_conn_id = storage_conn_id
        self.storage_options = storage_options

    def store(self) -> AbstractContextManager[DeltaStore]:
        """Open the folder; see `EntitySetsTransfer.store`."""
        from airflow_provider_bc.transfers.delta_store import DeltaStore  # noqa: PLC0415 - deltalake is an extra

        root = ObjectStoragePath(self.path, conn_id=self.storage_conn_id)
        return nullcontext(DeltaStore(root, self.layout, self.storage_options))
