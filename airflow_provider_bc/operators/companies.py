"""Create and delete companies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from airflow.sdk import Context

from airflow_provider_bc.api.automation.companies import is_called
from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.environment_type import refuse_production
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.links.business_central import BusinessCentralEnvironmentLink
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.operators.earlier_try import first_possible
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator

IfExists = Literal["skip", "fail"]


class BusinessCentralCreateCompanyOperator(EnvironmentOperator):
    """Create a company, empty: what sets it up is a configuration package, or a person.

    A retry recognises the company that an earlier try of the same DAG run created.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_automationcompany_create

    :param company_name: the display name; its first 30 characters become the name (templated).
    :param if_exists: what a company of that name means: ``skip`` returns it, ``fail`` fails.
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*EnvironmentOperator.template_fields, "company_name")
    operator_extra_links = (BusinessCentralEnvironmentLink(),)

    def __init__(self, *, company_name: str, if_exists: IfExists = "skip", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.company_name = company_name
        self.if_exists = if_exists

    def execute(self, context: Context) -> dict[str, str]:
        """Create the company.

        :return: its ``id``, ``name`` and ``display_name``.
        :raises ConfigurationError: as Airflow's exception, when another company has that name, be
            it that only the first 30 characters are the same.
        """
        with airflow_failures(), self.hook() as hook:
            refuse_blank(company_name=self.company_name)
            if self.if_exists not in get_args(IfExists):
                raise ConfigurationError(
                    f"if_exists is {self.if_exists!r}.", remedy='Give "skip" or "fail".'
                )
            companies = hook.automation.companies
            row = hook.perform(companies.find(self.company_name))
            if row is None:
                row = hook.perform(companies.create(self.company_name))
                self.log.info("Created the company %s", row["name"])
            elif not is_called(row, self.company_name):
                raise ConfigurationError(
                    f"The first 30 characters of {self.company_name!r} are those of the company "
                    f"{row['displayName']!r}, which is another one.",
                    remedy="Give another name.",
                )
            elif self.if_exists == "fail" and not _is_ours(row, first_possible(hook, context)):
                raise ConfigurationError(
                    f"There is a company {row['name']!r} already.",
                    remedy='Give another name, or if_exists="skip".',
                )
            BusinessCentralEnvironmentLink.persist(context, hook)
        name, caption = str(row["name"]), str(row.get("displayName") or row["name"])
        return {"id": str(row["id"]), "name": name, "display_name": caption}


class BusinessCentralDeleteCompanyOperator(EnvironmentOperator):
    """Delete a company with all its data, for ever.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_automationcompany_delete

    :param company_name: its name, display name or id (templated).
    :param missing_ok: whether a company that is not there counts as deleted.
    :param allow_production: whether that may be done in a production environment.
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*EnvironmentOperator.template_fields, "company_name")

    def __init__(
        self,
        *,
        company_name: str,
        missing_ok: bool = True,
        allow_production: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.company_name = company_name
        self.missing_ok = missing_ok
        self.allow_production = allow_production

    def execute(self, context: Context) -> bool:
        """Delete the company.

        :return: False when it was not there.
        """
        del context
        with airflow_failures(), self.hook() as hook:
            # A company's display name may be blank as well, and that one is not meant either.
            refuse_blank(company_name=self.company_name)
            client = hook.get_conn()
            if not self.allow_production:
                what = f"To delete the company {self.company_name}"
                hook.perform(refuse_production(client.entities.exchange, what))
            wanted = self.company_name.strip()
            known = {n.casefold() for c in hook.companies() for n in (c.id, c.name, c.display_name)}
            if self.missing_ok and wanted.casefold() not in known:
                self.log.info("There is no company %s", self.company_name)
                return False
            hook.perform(hook.automation.companies.delete(wanted))
        self.log.info("Deleted the company %s", self.company_name)
        return True


def _is_ours(company: Row, since: datetime | None) -> bool:
    """Say whether an earlier try of the same DAG run can have created it."""
    created = company.get("systemCreatedAt")
    return since is not None and bool(created) and datetime.fromisoformat(str(created)) >= since
