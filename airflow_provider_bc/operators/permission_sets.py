"""Give users permission sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from airflow.sdk import Context

from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator


class BusinessCentralGrantPermissionSetOperator(EnvironmentOperator):
    """Give a user a permission set, unless the user has it.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_userpermission_create

    :param user: user name, security id, contact email or display name (templated).
    :param role_id: e.g. ``D365 BASIC`` (templated).
    :param company_name: the name of the company it is for; None for all (templated).
    :param app_id: of the extension that defines it, where several do (templated).
    :param scope: where it is defined, where that is ambiguous.
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *EnvironmentOperator.template_fields,
        "user",
        "role_id",
        "company_name",
        "app_id",
    )

    def __init__(
        self,
        *,
        user: str,
        role_id: str,
        company_name: str | None = None,
        app_id: str | None = None,
        scope: Literal["System", "Tenant"] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.user = user
        self.role_id = role_id
        self.company_name = company_name
        self.app_id = app_id
        self.scope = scope

    def execute(self, context: Context) -> bool:
        """Give the permission set.

        :return: False when the user had it already.
        """
        del context
        with airflow_failures(), self.hook() as hook:
            granting = hook.automation.users.grant(
                self.user,
                self.role_id,
                company=self.company_name,
                app_id=self.app_id,
                scope=self.scope,
            )
            return hook.perform(granting)
