"""What every operator that works in one company has: an environment, a company, an API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator


class CompanyOperator(EnvironmentOperator):
    """One task in one company.

    :param company: a company in place of the connection's (templated).
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4`` (templated).
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*EnvironmentOperator.template_fields, "company", "api")

    def __init__(
        self, *, company: str | None = None, api: str = STANDARD_API, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.company = company
        self.api = api
