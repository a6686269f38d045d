"""From an entity set of Business Central to Parquet files in object storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context, ObjectStoragePath
from airflow.sdk.exceptions import AirflowOptionalProviderFeatureException

from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.client import Client
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.odata.filters import Filter
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.commit import Mode
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead


class BusinessCentralToObjectStorageOperator(BaseOperator):
    """Read one entity set of one company into Parquet files.

    The files of a table are in ``{path}/{environment}/{company}/{entity_set}/``; a file is there
    whole or not at all, and holds its watermark in its footer. Decimals are exact, enums decoded,
    unset dates null. A row that changed appears again in a later ``changes-….parquet``: the one
    with the latest ``lastModifiedDateTime`` counts.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-extract-data

    :param entity_set: e.g. ``customers`` (templated).
    :param path: a folder of any store that Airflow's ObjectStoragePath knows, e.g.
        ``s3://conn@bucket/bc`` or ``file:///data/bc`` (templated).
    :param mode: ``incremental`` reads everything the first time, then what changed; ``full`` reads
        everything and replaces what is there (templated).
    :param select: the fields; none for all (templated).
    :param where: a condition, a `Filter` or its text (templated).
    :param expand: navigation properties, which become columns of structs.
    :param overlap: how far before the watermark to read again, for rows committed late.
    :param page_size: rows a page; by default the connection's.
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4`` (templated).
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``.
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param bc_conn_id: the connection to Business Central (templated).
    :param environment: an environment in place of the connection's (templated).
    :param company: a company in place of the connection's: id, name or display name (templated).
    """

    template_fields: Sequence[str] = (
        "bc_conn_id",
        "environment",
        "company",
        "api",
        "entity_set",
        "path",
        "storage_conn_id",
        "mode",
        "select",
        "where",
    )
    ui_color = "#d6eef5"

    def __init__(
        self,
        *,
        entity_set: str,
        path: str,
        mode: Mode = "incremental",
        select: Sequence[str] = (),
        where: Filter | str | None = None,
        expand: Sequence[Expand | str] = (),
        overlap: timedelta = timedelta(minutes=10),
        page_size: int | None = None,
        api: str = STANDARD_API,
        schema_version: str | None = None,
        storage_conn_id: str | None = None,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        company: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.entity_set = entity_set
        self.path = path
        self.mode = mode
        self.select = select
        self.where = where.untemplated() if isinstance(where, Filter) else where
        self.expand = expand
        self.overlap = overlap
        self.page_size = page_size
        self.api = api
        self.schema_version = schema_version
        self.storage_conn_id = storage_conn_id
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.company = company

    def execute(self, context: Context) -> dict[str, Any]:
        """Load the entity set.

        :return: the fields of `Report`; they are put on each asset outlet's event, too.
        """
        try:
            from airflow_provider_bc.transfers.parquet_load import load_to_parquet  # noqa: PLC0415 - pyarrow is an extra
        except ImportError as error:
            raise AirflowOptionalProviderFeatureException(
                f"{error}. Install it with: pip install 'airflow-provider-bc[parquet]'"
            ) from error
        root = ObjectStoragePath(self.path, conn_id=self.storage_conn_id)
        hook = BusinessCentralHook(
            self.bc_conn_id, environment=self.environment, company=self.company
        )
        with airflow_failures(), hook:
            read = self._read(hook.get_conn())
            report = asdict(
                load_to_parquet(read, root, self.mode, overlap=self.overlap, say=self.log.info)
            )
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra.update(report)
        return report

    def _read(self, client: Client) -> EntitySetRead:
        return EntitySetRead(
            client=client,
            entity_set=self.entity_set,
            api=self.api,
            select=self.select,
            where=self.where,
            expand=self.expand,
            schema_version=self.schema_version,
            page_size=self.page_size,
        )
