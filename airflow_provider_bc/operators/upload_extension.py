"""Upload an extension and wait until it is deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, Literal

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_bc.api.automation.app_file import AppManifest, read_manifest
from airflow_provider_bc.api.automation.extensions import Schedule, SchemaSyncMode, started_on
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.extension_deployment_watch import ExtensionDeploymentWatch
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.hooks.object_storage import stored
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.operators.earlier_try import first_possible
from airflow_provider_bc.operators.waiting_operator import WaitingOperator
from airflow_provider_bc.triggers.extension_deployment import (
    BusinessCentralExtensionDeploymentTrigger,
)

Backend = Literal["automation"]


class BusinessCentralUploadExtensionOperator(WaitingOperator):
    """Upload a per-tenant extension, and wait until it is deployed.

    A retry waits for the deployment that an earlier try of the same DAG run has begun. A company
    has one slot for uploads: let only one such task run at a time, with a pool of one slot.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis

    :param path: an ``.app`` file of any store that Airflow's ObjectStoragePath knows (templated).
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param schedule: for which version of Business Central: ``Current version``,
        ``Next minor version`` or ``Next major version``.
    :param schema_sync_mode: ``Add``, or ``Force Sync``, which deletes data that the new version has
        no place for.
    :param backend: the API that is used: ``automation``.
    :param kwargs: the arguments of `WaitingOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *WaitingOperator.template_fields,
        "path",
        "storage_conn_id",
    )

    def __init__(
        self,
        *,
        path: str,
        storage_conn_id: str | None = None,
        schedule: Schedule = "Current version",
        schema_sync_mode: SchemaSyncMode = "Add",
        backend: Backend = "automation",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.storage_conn_id = storage_conn_id
        self.schedule = schedule
        self.schema_sync_mode = schema_sync_mode
        self.backend = backend

    def execute(self, context: Context) -> Any:
        """Upload the extension, unless an earlier try has, and wait for its deployment.

        :return: ``name``, ``publisher``, ``version`` and ``started_on``.
        :raises OperationFailed: as Airflow's exception, when the deployment failed.
        """
        with airflow_failures(), self.hook() as hook:
            if self.backend != "automation":
                raise ConfigurationError(
                    f"backend is {self.backend!r}.", remedy='Give "automation".'
                )
            source, size = stored(ObjectStoragePath(self.path, conn_id=self.storage_conn_id))
            app = read_manifest(source)
            watch = hook.perform(self._begun(hook, context, app, source, size))
        trigger = BusinessCentralExtensionDeploymentTrigger
        return self.wait(context, trigger, watch, self.deployed)

    def deployed(self, context: Context, found: Mapping[str, Any]) -> Any:
        """Go on when the extension is deployed.

        :param found: what it is.
        """
        del context
        self.log.info("%s %s is deployed", found["name"], found["version"])
        return {**found}

    def _begun(
        self,
        hook: BusinessCentralHook,
        context: Context,
        app: AppManifest,
        source: Callable[[], BinaryIO],
        size: int,
    ) -> Conversation[ExtensionDeploymentWatch]:
        """Begin the deployment, unless an earlier try has, and say what to wait for."""
        extensions = hook.automation.extensions
        known = yield from extensions.deployments(app)
        since = first_possible(hook, context)
        if since is not None:
            before = [row for row in known if started_on(row) < since]
            if len(before) < len(known) and known[0]["status"] != "Failed":
                self.log.info("An earlier try has uploaded %s %s.", app.name, app.version)
                return _watch_behind(app, before)
        yield from extensions.begin_upload(
            source, size, schedule=self.schedule, schema_sync_mode=self.schema_sync_mode
        )
        return _watch_behind(app, known)


def _watch_behind(app: AppManifest, known: Sequence[Row]) -> ExtensionDeploymentWatch:
    """Say what to wait for: a deployment that began behind those that are known."""
    after = str(known[0]["startedOn"]) if known else None
    return ExtensionDeploymentWatch(app.name, app.publisher, app.version, after)
