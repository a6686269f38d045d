"""Deleting, recovering and renaming environments, and restarting them.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/tenant-admin-center-environments-delete
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint
from airflow_provider_bc.emulator.admin.history import accepted
from airflow_provider_bc.emulator.admin.operations import Work
from airflow_provider_bc.emulator.admin.provisioning import check_name, check_quota
from airflow_provider_bc.emulator.admin.refusal import RefusalError
from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.tenant import Tenant

_RETENTION = 14 * 86_400  # seconds
_SOFT, _ASYNCHRONOUS = 18, 9
_FAILED = ("CreatingFailed", "RemovingFailed")
_DELETABLE = ("Active", "SoftDeletingFailed", *_FAILED)


def restarted(tenant: Tenant, environment: TenantEnvironment) -> None:
    """Let an environment restart: for a moment it serves nothing.

    :param tenant: the tenant.
    :param environment: the environment.
    """
    environment.status = "Restarting"

    def up() -> None:
        if environment.status == "Restarting":
            environment.status = "Active"

    tenant.agenda.put(tenant.operations.seconds, up)


def _delete(call: AdminCall) -> Response:
    environment = call.environment()
    if environment.status in ("Removing", "SoftDeleting"):
        text = f"Environment '{environment.name}' is already being deleted."
        raise RefusalError(400, "tenantDeletionInProgress", text, environment.name)
    if environment.status not in _DELETABLE or environment.linked:
        linked = " and linked to a Power Platform environment" if environment.linked else ""
        text = f"Environment '{environment.name}' is {environment.status}{linked}."
        raise RefusalError(400, "invalidStatusCannotDeleteTenant", text, environment.name)
    if environment.status in _FAILED or call.version < _SOFT:
        return _delete_for_good(call, environment)
    return _delete_softly(call, environment)


def _delete_for_good(call: AdminCall, environment: TenantEnvironment) -> Response:
    tenant = call.tenant
    environment.status = "Removing"

    def undone() -> None:
        environment.status = "RemovingFailed"

    parameters = {
        "environmentName": environment.name,
        "environmentType": environment.type,
        "productFamily": "BusinessCentral",
        "countryCode": environment.country_code,
        "applicationVersion": environment.version,
    }
    work = Work(lambda: tenant.remove(environment), undone=undone)
    operation = tenant.operations.start("delete", environment, work, parameters, call.creator)
    return accepted(call, operation) if call.version >= _ASYNCHRONOUS else Response(202)


def _delete_softly(call: AdminCall, environment: TenantEnvironment) -> Response:
    tenant = call.tenant
    environment.status = "SoftDeleting"

    def purge() -> None:
        if environment.status == "SoftDeleted" and environment.purge == tenant.now:
            tenant.remove(environment)

    def done() -> None:
        moment = datetime.fromtimestamp(tenant.now, UTC)
        environment.status = "SoftDeleted"
        hundredths = moment.microsecond // 10_000
        environment.name += f"-{moment:%y%m%d%H%M%S}{hundredths:02d}"
        environment.deleted, environment.purge = tenant.now, tenant.now + _RETENTION
        tenant.agenda.put(_RETENTION, purge)

    def undone() -> None:
        environment.status = "SoftDeletingFailed"

    parameters = {
        "softDeletedOn": stamp(tenant.now),
        "hardDeletePendingOn": stamp(tenant.now + _RETENTION),
        "deleteReason": "requestedByAdmin",
    }
    work = Work(done, undone=undone)
    operation = tenant.operations.start("softDelete", environment, work, parameters, call.creator)
    return accepted(call, operation)


def _recover(call: AdminCall) -> Response:
    tenant, environment = call.tenant, call.environment()
    if environment.status == "Recovering":
        text = f"Environment '{environment.name}' is already being recovered."
        raise RefusalError(400, "deletedEnvironmentRecoveryInProgress", text, environment.name)
    if environment.status not in ("SoftDeleted", "RecoveringFailed"):
        text = f"Environment '{environment.name}' is {environment.status}, not deleted."
        code = "invalidStatusCannotRecoverDeletedEnvironment"
        raise RefusalError(400, code, text, environment.name)
    check_quota(tenant, environment.type)
    environment.status = "Recovering"

    def done() -> None:
        environment.status = "Active"
        environment.deleted = environment.purge = None

    def undone() -> None:
        environment.status = "RecoveringFailed"

    work, parameters = Work(done, undone=undone), {"recoveryReason": "requestedByAdmin"}
    operation = tenant.operations.start("recover", environment, work, parameters, call.creator)
    return accepted(call, operation)


def _rename(call: AdminCall) -> Response:
    tenant, environment = call.tenant, call.active()
    new = call.text(call.content(), "NewEnvironmentName")
    if new.lower() != environment.name.lower():
        check_name(tenant, new)
    old = environment.name

    def undone() -> None:
        environment.name, environment.status = old, "Active"

    parameters = {"oldEnvironmentName": old, "newEnvironmentName": new}
    work = Work(lambda: restarted(tenant, environment), undone=undone)
    kind = "environmentRename"
    operation = tenant.operations.start(kind, environment, work, parameters, call.creator)
    environment.name, environment.status = new, "Restarting"
    return accepted(call, operation)


ENDPOINTS = (
    Endpoint("DELETE", ENVIRONMENT, _delete),
    Endpoint("POST", f"{ENVIRONMENT}/recover", _recover, 18),
    Endpoint("POST", f"{ENVIRONMENT}/rename", _rename, 3),
)
