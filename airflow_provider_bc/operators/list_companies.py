"""List the companies of an environment, for dynamic task mapping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator


class BusinessCentralListCompaniesOperator(EnvironmentOperator):
    """Return the names of the companies that the app may see, sorted.

    Map another task over them with ``expand(company=list_companies.output)``.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_companies_get

    :param exclude: names to leave out, e.g. those of test companies (templated).
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*EnvironmentOperator.template_fields, "exclude")

    def __init__(self, *, exclude: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exclude = exclude

    def execute(self, context: Context) -> list[str]:
        """List the companies.

        :return: their names, which are unique within an environment.
        """
        del context
        with airflow_failures(), self.hook() as hook:
            if isinstance(self.exclude, str):
                raise ConfigurationError(
                    f"exclude is the text {self.exclude!r}.", remedy="Give a list of names."
                )
            names = sorted(company.name for company in hook.companies())
        left = [name for name in names if name not in set(self.exclude)]
        self.log.info("%d companies, %d left out", len(left), len(names) - len(left))
        return left
