"""From files of any store into an entity set of Business Central."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from airflow.sdk import ObjectStoragePath

from airflow_provider_bc.transfers.dataset_names import DatasetName, dataset_of_folder
from airflow_provider_bc.transfers.write_back_transfer import Rows, WriteBackTransfer


class ObjectStorageToBusinessCentralOperator(WriteBackTransfer):
    """Write the rows of files into an entity set.

    https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/objectstorage.html

    :param path: a ``.parquet``, ``.jsonl`` or ``.csv`` file (the last two also as ``.gz`` or
        ``.zst``), a folder of them, or a pattern such as ``s3://conn@bucket/prices/*.csv``
        (templated).
    :param delimiter: between the fields of CSV (templated).
    :param kwargs: the arguments of `WriteBackTransfer`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*WriteBackTransfer.template_fields, "path", "delimiter")

    def __init__(self, *, path: str, delimiter: str = ",", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.delimiter = delimiter

    @contextmanager
    def source(self) -> Iterator[Rows]:
        """Open the files; see `WriteBackTransfer.source`."""
        from airflow_provider_bc.write_back.file_source import rows_of_files  # noqa: PLC0415 - pyarrow is an extra

        path = ObjectStoragePath(self.path, conn_id=self.storage_conn_id)
        with closing(rows_of_files(path, self.delimiter, self.columns or ())) as rows:
            yield rows

    def source_datasets(self) -> list[DatasetName]:
        """Name the file or folder; see `WriteBackTransfer.source_datasets`."""
        whole = self.path.partition("*")[0]
        place = whole if whole == self.path else whole.rpartition("/")[0]
        return [dataset_of_folder(ObjectStoragePath(place, conn_id=self.storage_conn_id))]
