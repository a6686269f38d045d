"""Contents between Business Central and files of any store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_bc.api.entities import Record
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.hooks.object_storage import published, stored
from airflow_provider_bc.operators.record_operator import RecordOperator


class MediaOperator(RecordOperator):
    """One record, one content, one file.

    :param record: the row as another task returned it, or its key (templated).
    :param stream: ``pdfDocument`` or ``picture``; a stream property such as ``attachmentContent``;
        or a path below the entity, with a slash (templated).
    :param path: a file of any store that Airflow's ObjectStoragePath knows, e.g.
        ``s3://conn@bucket/invoice.pdf`` or ``file:///data/invoice.pdf`` (templated).
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *RecordOperator.template_fields,
        "record",
        "stream",
        "path",
        "storage_conn_id",
    )

    def __init__(
        self,
        *,
        record: Record,
        stream: str,
        path: str,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.record = record
        self.stream = stream
        self.path = path
        self.storage_conn_id = storage_conn_id

    def file(self) -> ObjectStoragePath:
        """Give the file."""
        return ObjectStoragePath(self.path, conn_id=self.storage_conn_id)


class BusinessCentralDownloadMediaOperator(MediaOperator):
    """Download a content: a document as PDF, a picture, an attachment.

    The file appears whole or not at all; one that was there is replaced.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_pdfdocument_get

    :param kwargs: the arguments of `MediaOperator`, and Airflow's own.
    """

    def execute(self, context: Context) -> str:
        """Download the content.

        :return: the path of the file.
        """
        file = self.file()
        with airflow_failures(), self.hook() as hook, published(file) as sink:
            self.show(context, hook, self.record)
            hook.download(self.entity_set, self.record, self.stream, sink, **self.place())
        return str(file)


class BusinessCentralUploadMediaOperator(MediaOperator):
    """Upload a content, in place of the one that is there.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_attachment_update

    :param kwargs: the arguments of `MediaOperator`, and Airflow's own.
    """

    def execute(self, context: Context) -> int:
        """Upload the content.

        :return: its size in bytes.
        """
        with airflow_failures(), self.hook() as hook:
            self.show(context, hook, self.record)
            source, size = stored(self.file())
            hook.upload(
                self.entity_set, self.record, self.stream, source, size=size, **self.place()
            )
        return size
