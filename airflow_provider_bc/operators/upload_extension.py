"""Upload an extension and wait until it is deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, get_args

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_bc.api.admin_center.apps import DeploymentSchedule, SyncMode
from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.api.admin_center.orders import Order
from airflow_provider_bc.api.automation.app_file import AppManifest, read_manifest
from airflow_provider_bc.api.automation.extensions import Schedule, SchemaSyncMode, started_on
from airflow_provider_bc.api.environment_type import refuse_production
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.extension_deployment_watch import ExtensionDeploymentWatch
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.hooks.object_storage import stored
from airflow_provider_bc.links.business_central import BusinessCentralEnvironmentLink
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.operators.earlier_try import first_possible
from airflow_provider_bc.operators.order_operator import OrderOperator, check_wait_for
from airflow_provider_bc.triggers.extension_deployment import (
    BusinessCentralExtensionDeploymentTrigger,
)

Backend = Literal["admin", "automation"]

_SCHEDULES: dict[str, DeploymentSchedule] = {
    "Current version": "Immediate",
    "Next minor version": "NextMinorUpdate",
    "Next major version": "NextMajorUpdate",
}
_SYNC_MODES: dict[str, SyncMode] = {"Add": "Add", "Force Sync": "ForceSync"}


class BusinessCentralUploadExtensionOperator(OrderOperator):
    """Upload a per-tenant extension, and wait until it is deployed.

    The admin center does it for any environment, and tells why it failed. The Automation API, which
    Microsoft will remove, has one slot for uploads a company: let only one such task run at a time,
    with a pool of one slot. A retry waits for what an earlier try of the same DAG run has begun.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis

    :param path: an ``.app`` file of any store that Airflow's ObjectStoragePath knows (templated).
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param schedule: for which version of Business Central: ``Current version``,
        ``Next minor version`` or ``Next major version``; for the latter two the admin center wants
        ``wait_for="accepted"``.
    :param schema_sync_mode: ``Add``, or ``Force Sync``, which deletes data that the new version has
        no place for; refused in a production environment unless ``allow_production=True``.
    :param backend: the API that is used: ``admin`` needs ``AdminCenter.ReadWrite.All``,
        ``automation`` needs ``Automation.ReadWrite.All`` and a permission set for extensions.
    :param kwargs: the arguments of `OrderOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *OrderOperator.template_fields,
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
        backend: Backend = "admin",
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

        :return: ``environment``, ``operation_id`` and ``type`` of the admin center; or ``name``,
            ``publisher``, ``version`` and ``started_on`` of the Automation API, the last one only
            where the deployment was awaited.
        :raises OperationFailed: as Airflow's exception, when the deployment failed.
        """
        with airflow_failures():
            self._check()
        if self.backend == "admin":
            return super().execute(context)
        with airflow_failures(), self.hook() as hook:
            source, size = self._stored()
            app = read_manifest(source)
            BusinessCentralEnvironmentLink.persist(context, hook)
            watch = hook.perform(self._begun_upload(hook, context, app, source, size))
        if self.wait_for == "accepted":
            return {"name": app.name, "publisher": app.publisher, "version": app.version}
        trigger = BusinessCentralExtensionDeploymentTrigger
        return self.wait(context, trigger, watch, self.deployed)

    def order(self, environment: str) -> Order:
        """Say what is wanted of the admin center.

        :raises ConfigurationError: for a file that is no extension.
        """
        source, _ = self._stored()
        app = read_manifest(source)
        with source() as file:
            content = file.read()
        return Order(
            kind=("environmentappinstall",),
            about=(environment, app.id, app.version),
            holds=lambda center: _is_installed(center, environment, app),
            submit=lambda center: center.apps.upload(
                environment,
                content,
                schedule=_SCHEDULES[self.schedule],
                sync_mode=_SYNC_MODES[self.schema_sync_mode],
            ),
            endangers=environment if self._deletes_data else None,
        )

    def unneeded(self, hook: BusinessCentralHook) -> Conversation[bool]:
        """Say whether that version of the extension is installed already.

        :param hook: of this task.
        """
        app = read_manifest(self._stored()[0])
        there = yield from _is_installed(hook.admin_center, hook.settings.environment, app)
        if there:
            self.log.info("%s %s is installed already", app.name, app.version)
        return there

    def deployed(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        """Go on when the extension is deployed.

        :param event: of the waiting that has ended.
        """
        found = self.found(event)
        del context
        self.log.info("%s %s is deployed", found["name"], found["version"])
        return {**found}

    def _begun_upload(
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
        if self._deletes_data and not self.allow_production:
            what = f"To upload {app.name} with Force Sync"
            yield from refuse_production(hook.get_conn().entities.exchange, what)
        yield from extensions.begin_upload(
            source, size, schedule=self.schedule, schema_sync_mode=self.schema_sync_mode
        )
        return _watch_behind(app, known)

    @property
    def _deletes_data(self) -> bool:
        return self.schema_sync_mode == "Force Sync"

    def _check(self) -> None:
        check_wait_for(self.wait_for)
        for name, given, known in (
            ("backend", self.backend, get_args(Backend)),
            ("schedule", self.schedule, tuple(_SCHEDULES)),
            ("schema_sync_mode", self.schema_sync_mode, tuple(_SYNC_MODES)),
        ):
            if given not in known:
                raise ConfigurationError(
                    f"{name} is {given!r}.", remedy=f"Give one of {', '.join(known)}."
                )

    def _stored(self) -> tuple[Callable[[], BinaryIO], int]:
        return stored(ObjectStoragePath(self.path, conn_id=self.storage_conn_id))


def _is_installed(center: AdminCenter, environment: str, app: AppManifest) -> Conversation[bool]:
    apps = yield from center.apps.installed(environment)
    return any(one.id == app.id.lower() and one.version == app.version for one in apps)


def _watch_behind(app: AppManifest, known: Sequence[Row]) -> ExtensionDeploymentWatch:
    """Say what to wait for: a deployment that began behind those that are known."""
    after = str(known[0]["startedOn"]) if known else None
    return ExtensionDeploymentWatch(app.name, app.publisher, app.version, after)
