"""What every operator has: a connection, and what replaces its environment and tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator

from airflow_provider_bc.hooks.business_central import BusinessCentralHook


class EnvironmentOperator(BaseOperator):
    """One task in one environment.

    :param bc_conn_id: the connection (templated).
    :param environment: an environment in place of the connection's (templated).
    :param tenant_id: a tenant in place of the connection's, for an app that serves several
        (templated).
    :cvar company: the connection's, unless an operator has an argument for it.
    """

    template_fields: Sequence[str] = ("bc_conn_id", "environment", "tenant_id")
    ui_color = "#d6eef5"
    company: str | None = None

    def __init__(
        self,
        *,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        tenant_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id

    def hook(self) -> BusinessCentralHook:
        """Make the hook of this task, to be closed."""
        return BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )
