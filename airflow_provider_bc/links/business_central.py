"""The links of a task in Airflow's page: a record, an environment, the admin center.

https://airflow.apache.org/docs/apache-airflow/stable/howto/define-extra-link.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from airflow.sdk import BaseOperator, BaseOperatorLink, Context
from airflow.sdk.execution_time.xcom import XCom
from airflow.sdk.types import TaskInstanceKey

from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.api.web_client import WebClient
from airflow_provider_bc.hooks.business_central import BusinessCentralHook


class _StoredLink(BaseOperatorLink):
    """A link that the task stores while it runs, in XCom.

    :cvar label: what its button says.
    """

    label: ClassVar[str]

    @property
    def name(self) -> str:
        """What its button says."""
        return self.label

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Give the address that the task stored; "" where it has stored none.

        :param operator: of the task.
        :param ti_key: the task instance.
        """
        del operator
        return XCom.get_value(ti_key=ti_key, key=self.xcom_key) or ""

    @classmethod
    def _store(cls, context: Context, address: str | None) -> None:
        """Store an address, or that there is none: Airflow logs an error where it finds nothing."""
        ti = context.get("ti")
        if ti is not None:
            ti.xcom_push(key=cls().xcom_key, value=address or "")


class BusinessCentralRecordLink(_StoredLink):
    """Opens a record in the web client; its company, where no page is known to show it."""

    label = "Business Central"

    @classmethod
    def persist(
        cls,
        context: Context,
        hook: BusinessCentralHook,
        *,
        entity_set: str = "",
        record: Any = None,
        api: str = STANDARD_API,
    ) -> None:
        """Store the link; a later one of the same attempt replaces it.

        :param context: of the task.
        :param hook: of the task; it finds the company.
        :param entity_set: e.g. ``customers``; "" for the company alone.
        :param record: the row, or what else the task knows of it.
        :param api: the API that the entity set is in.
        """
        web_client = WebClient(hook.settings)
        if web_client.environment() is None:
            cls._store(context, None)
            return
        company = hook.get_conn().company().name
        row = record if isinstance(record, Mapping) else {}
        shown = entity_set if api == STANDARD_API else ""
        cls._store(context, web_client.record(company, shown, row))


class BusinessCentralEnvironmentLink(_StoredLink):
    """Opens an environment in the web client."""

    label = "Business Central environment"

    @classmethod
    def persist(
        cls, context: Context, hook: BusinessCentralHook, environment: str | None = None
    ) -> None:
        """Store the link.

        :param context: of the task.
        :param hook: of the task.
        :param environment: in place of the hook's, e.g. one that the task has just created.
        """
        named = {"environment": environment} if environment else {}
        web_client = WebClient(hook.settings.model_copy(update=named))
        cls._store(context, web_client.environment())


class BusinessCentralAdminCenterLink(_StoredLink):
    """Opens the tenant's admin center, which shows environments and their operations."""

    label = "Business Central admin center"

    @classmethod
    def persist(cls, context: Context, hook: BusinessCentralHook) -> None:
        """Store the link.

        :param context: of the task.
        :param hook: of the task.
        """
        cls._store(context, WebClient(hook.settings).admin_center())
