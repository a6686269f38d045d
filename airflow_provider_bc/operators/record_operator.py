"""What every operator on records has: a connection, a company, an entity set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from airflow.sdk import BaseOperator

from airflow_provider_bc.api.options import Place
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.hooks.business_central import BusinessCentralHook


class RecordOperator(BaseOperator):
    """One task, one record.

    :param entity_set: e.g. ``customers`` (templated).
    :param bc_conn_id: the connection (templated).
    :param environment: an environment in place of the connection's (templated).
    :param tenant_id: a tenant in place of the connection's, for an app that serves several
        (templated).
    :param company: a company in place of the connection's (templated).
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4`` (templated).
    """

    template_fields: Sequence[str] = (
        "bc_conn_id",
        "environment",
        "tenant_id",
        "company",
        "api",
        "entity_set",
    )
    ui_color = "#d6eef5"

    def __init__(
        self,
        *,
        entity_set: str,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        tenant_id: str | None = None,
        company: str | None = None,
        api: str = STANDARD_API,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.entity_set = entity_set
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id
        self.company = company
        self.api = api

    def hook(self) -> BusinessCentralHook:
        """Make the hook of this task, to be closed."""
        return BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )

    def place(self) -> Place:
        """Say where the entity set is; the hook knows the company."""
        return {"api": self.api}


def exact(value: Any) -> Any:
    """Make a row fit for XCom: a decimal becomes its text, since XCom would make a float of it.

    The operators take such text for a number again. The etag stays, the context does not.

    :param value: a row, or a part of one.
    """
    if isinstance(value, Mapping):
        return {name: exact(part) for name, part in value.items() if name != "@odata.context"}
    if isinstance(value, list):
        return [exact(part) for part in value]
    return format(value, "f") if isinstance(value, Decimal) else value
