"""List the companies of an environment, for dynamic task mapping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures


class BusinessCentralListCompaniesOperator(BaseOperator):
    """Return the names of the companies that the app may see, sorted.

    Map another task over them with ``expand(company=list_companies.output)``.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_companies_get

    :param bc_conn_id: the connection (templated).
    :param environment: an environment in place of the connection's (templated).
    :param tenant_id: a tenant in place of the connection's, for an app that serves several
        (templated).
    :param exclude: names to leave out, e.g. those of test companies (templated).
    """

    template_fields: Sequence[str] = ("bc_conn_id", "environment", "tenant_id", "exclude")
    ui_color = "#d6eef5"

    def __init__(
        self,
        *,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        tenant_id: str | None = None,
        exclude: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id
        self.exclude = exclude

    def execute(self, context: Context) -> list[str]:
        """List the companies.

        :return: their names, which are unique within an environment.
        """
        del context
        with (
            airflow_failures(),
            BusinessCentralHook(
                self.bc_conn_id, environment=self.environment, tenant_id=self.tenant_id
            ) as hook,
        ):
            if isinstance(self.exclude, str):
                raise ConfigurationError(
                    f"exclude is the text {self.exclude!r}.", remedy="Give a list of names."
                )
            names = sorted(company.name for company in hook.companies())
        left = [name for name in names if name not in set(self.exclude)]
        self.log.info("%d companies, %d left out", len(left), len(names) - len(left))
        return left
