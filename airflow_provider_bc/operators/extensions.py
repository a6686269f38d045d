"""Install and uninstall extensions that are published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airflow_provider_bc.api.environment_type import refuse_production
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator


class ExtensionOperator(EnvironmentOperator):
    """One extension that is published.

    :param extension: its name, app id or package id (templated); of several versions the newest is
        installed, and the installed one uninstalled.
    :param publisher: tells apart what has the same name (templated).
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *EnvironmentOperator.template_fields,
        "extension",
        "publisher",
    )

    def __init__(self, *, extension: str, publisher: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extension = extension
        self.publisher = publisher


class BusinessCentralInstallExtensionOperator(ExtensionOperator):
    """Install an extension; one that is installed already stays so.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_extension_install

    :param kwargs: the arguments of `ExtensionOperator`, and Airflow's own.
    """

    def execute(self, context: Context) -> bool:
        """Install it.

        :return: False when it was installed already.
        """
        del context
        with airflow_failures(), self.hook() as hook:
            extensions = hook.automation.extensions
            row = hook.perform(extensions.find(self.extension, self.publisher))
            done = hook.perform(extensions.install(str(row["packageId"])))
        self.log.info("%s is installed%s", row["displayName"], "" if done else " already")
        return done


class BusinessCentralUninstallExtensionOperator(ExtensionOperator):
    """Uninstall an extension; it stays published.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_extension_uninstall

    :param delete_data: whether its data is deleted, for ever.
    :param allow_production: whether data may be deleted in a production environment.
    :param kwargs: the arguments of `ExtensionOperator`, and Airflow's own.
    """

    def __init__(
        self, *, delete_data: bool = False, allow_production: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.delete_data = delete_data
        self.allow_production = allow_production

    def execute(self, context: Context) -> bool:
        """Uninstall it.

        :return: False when it was not installed.
        """
        del context
        with airflow_failures(), self.hook() as hook:
            if self.delete_data and not self.allow_production:
                what = f"To delete the data of {self.extension}"
                hook.perform(refuse_production(hook.get_conn().entities.exchange, what))
            extensions = hook.automation.extensions
            finding = extensions.find(self.extension, self.publisher, installed=True)
            row = hook.perform(finding)
            uninstalling = extensions.uninstall(str(row["packageId"]), delete_data=self.delete_data)
            done = hook.perform(uninstalling)
        self.log.info("%s is uninstalled%s", row["displayName"], "" if done else " already")
        return done
