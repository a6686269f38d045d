"""The operations on apps, as the endpoints of an app tell them.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.operations import SCHEDULED
from airflow_provider_bc.emulator.admin.refusal import unfit, unknown
from airflow_provider_bc.emulator.admin.window import wait_for
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.clock import stamp

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.app import App
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.operations import Operation
    from airflow_provider_bc.wire import Response

APPS = f"{ENVIRONMENT}/apps"
APP = f"{APPS}/{{app}}"
INSTALL, UPDATE = "environmentAppInstall", "environmentAppUpdate"
UNINSTALL = "environmentAppUninstall"
_WORDS = {INSTALL: "install", UPDATE: "update", UNINSTALL: "uninstall"}


def operation_shown(
    call: AdminCall, operation: Operation, *, short: bool = False
) -> dict[str, Any]:
    """Write an app operation as the endpoints of an app do.

    :param call: the request.
    :param operation: the operation.
    :param short: whether versions are `sourceVersion` and `targetVersion`, as in the list.
    :returns: the JSON object.
    """
    infix = "" if short else "App"
    parameters = operation.parameters
    shown: dict[str, Any] = {
        "id": operation.id,
        "type": _WORDS[operation.type],
        f"source{infix}Version": parameters.get("sourceAppVersion", ""),
        f"target{infix}Version": parameters.get("targetAppVersion", ""),
        "status": operation.status,
        "createdOn": stamp(operation.created),
        "startedOn": None if operation.started is None else stamp(operation.started),
        "completedOn": None if operation.completed is None else stamp(operation.completed),
        "errorMessage": operation.error,
    }
    if short:
        return shown
    return shown | {
        "createdBy": operation.creator,
        "canceledBy": operation.canceled_by or "",
        "creatorPrincipalType": operation.principal,
        "appId": operation.app_id,
        "aadTenantId": call.tenant.directory.tenant_id,
    }


def installed_app(call: AdminCall, environment: TenantEnvironment) -> App:
    """Find the app the path names.

    :param call: the request.
    :param environment: where it must be installed.
    :returns: the app.
    :raises RefusalError: 404 if it is not installed.
    """
    app_id = call.named["app"].lower()
    if app_id not in environment.apps:
        target = f"BusinessCentral/{environment.name}/apps/{app_id}"
        text = f"App with id '{app_id}' is not installed on environment '{environment.name}'."
        raise unknown(text, target)
    return environment.apps[app_id]


def refuse_second(call: AdminCall, environment: TenantEnvironment, app_id: str) -> None:
    """Refuse an operation on an app that already has one.

    :param call: the request.
    :param environment: where.
    :param app_id: the app.
    :raises RefusalError: 400 `EntityValidationFailed`.
    """
    for one in call.tenant.operations.all(environment):
        if one.app_id == app_id and not one.ended:
            text = f"An operation of the app '{app_id}' has already been scheduled."
            raise unfit(text, app_id)


def asked_window(call: AdminCall, content: dict[str, Any], environment: TenantEnvironment) -> float:
    """Say how long to wait for the update window, if that is asked for.

    :param call: the request.
    :param content: its members.
    :param environment: whose window.
    :returns: seconds.
    """
    if not call.flag(content, "useEnvironmentUpdateWindow"):
        return 0.0
    return wait_for(environment.settings.window, call.tenant.now)


def _cancel(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    app = installed_app(call, environment)
    wanted = call.text(content, "ScheduledOperationId")
    operation = call.tenant.operations.find(wanted)
    if operation is None or operation.app_id != app.id or not operation.concerns(environment):
        raise unknown(f"There is no operation '{wanted}' of the app '{app.name}'.", wanted)
    if operation.type != UPDATE or operation.status != SCHEDULED:
        raise unfit(f"The operation is no scheduled update: it is {operation.status}.", wanted)
    call.tenant.operations.cancel(operation, call.principal)
    return json_response(200, operation_shown(call, operation))


def _operations(call: AdminCall) -> Response:
    app_id = call.named["app"].lower()
    found = call.tenant.operations.all(call.environment())
    mine = (one for one in found if one.app_id == app_id)
    return wrapped(operation_shown(call, one, short=True) for one in mine)


def _operation(call: AdminCall) -> Response:
    app_id, wanted = call.named["app"].lower(), call.named["operation"]
    for one in call.tenant.operations.all(call.environment()):
        if (one.app_id, one.id) == (app_id, wanted.lower()):
            return json_response(200, operation_shown(call, one, short=True))
    raise unknown(f"There is no operation '{wanted}' of the app '{app_id}'.", wanted)


ENDPOINTS = (
    Endpoint("POST", f"{APP}/update/cancel", _cancel),
    Endpoint("GET", f"{APP}/operations", _operations),
    Endpoint("GET", f"{APP}/operations/{{operation}}", _operation),
)
