"""Export the database of an environment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseHook, Context

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.earlier_try import first_possible, is_cleared, is_retry
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator


class BusinessCentralExportDatabaseOperator(EnvironmentOperator):
    """Begin to export the database of a production environment to a storage account.

    It takes minutes to hours, ten are allowed a month, and Microsoft describes no way to ask how
    far it is: await the file with a sensor of its store. It is begun once: a retry finds what an
    earlier try of the same DAG run has begun in the history of exports, and where an answer is lost
    the task fails. The app needs the permission set ``D365 BACKUP/RESTORE``.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_exports

    :param storage_conn_id: a connection whose password is the URI of the storage account with its
        shared access signature: for blobs, containers and objects, to read, write, delete and
        create, valid for three days and more (templated).
    :param container: of the storage account (templated).
    :param blob: the name of the .bacpac file (templated).
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *EnvironmentOperator.template_fields,
        "storage_conn_id",
        "container",
        "blob",
    )

    def __init__(self, *, storage_conn_id: str, container: str, blob: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.storage_conn_id = storage_conn_id
        self.container = container
        self.blob = blob

    def execute(self, context: Context) -> dict[str, Any]:
        """Begin the export, unless an earlier try has.

        :return: ``environment``, ``container`` and ``blob``.
        :raises AirflowFailException: when no export is left this month, or it is unknown whether
            one was begun.
        """
        with airflow_failures(), self.hook() as hook:
            environment = hook.settings.environment
            storage = BaseHook.get_connection(self.storage_conn_id).password or ""
            if not storage.startswith("https://") or "sig=" not in storage:
                raise ConfigurationError(
                    f"The password of the connection {self.storage_conn_id} is no URI of a storage "
                    "account with a shared access signature.",
                    remedy="Create one in the Azure portal under Shared access signature.",
                )
            again = is_retry(context) and not is_cleared(context, self.retries)
            if again and self._has_begun(hook, context):
                self.log.info("An earlier try has begun the export.")
            else:
                exports = hook.admin_center.exports
                hook.perform(exports.start(environment, storage, self.container, self.blob))
        return {"environment": environment, "container": self.container, "blob": self.blob}

    def _has_begun(self, hook: BusinessCentralHook, context: Context) -> bool:
        environment = hook.perform(hook.admin_center.environments.get())
        since = first_possible(hook, context)  # now that an answer has told their time
        assert since is not None  # noqa: S101 - there was an earlier try
        until = hook.get_conn().now() + timedelta(days=1)
        found = hook.perform(hook.admin_center.exports.history(since, until))
        wanted = {
            "environmentName": environment.name,
            "container": self.container,
            "blob": self.blob,
        }
        return any(
            all(row.get(name, value) == value for name, value in wanted.items()) for row in found
        )
