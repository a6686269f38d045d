"""Uninstalling apps, and what depends on them.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.admin.app import TENANT
from airflow_provider_bc.emulator.admin.app_operations import (
    APP,
    UNINSTALL,
    asked_window,
    installed_app,
    operation_shown,
    refuse_second,
)
from airflow_provider_bc.emulator.admin.app_work import uninstall_work
from airflow_provider_bc.emulator.admin.apps import requirement
from airflow_provider_bc.emulator.admin.endpoint import Endpoint, wrapped
from airflow_provider_bc.emulator.admin.refusal import RefusalError, unfit
from airflow_provider_bc.emulator.answer import json_response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.app import App
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.wire import Response


def _dependents(call: AdminCall, environment: TenantEnvironment, app: App) -> list[App]:
    """Find the installed apps that need an app, those that nobody needs first."""
    source = call.tenant.app_source
    found = [
        one
        for one in environment.apps.values()
        if one.id in source and app.id in source[one.id].requires
    ]
    return [deeper for one in found for deeper in [*_dependents(call, environment, one), one]]


def _uninstall(call: AdminCall) -> Response:
    environment, content = call.active(), call.content()
    app = installed_app(call, environment)
    if not app.removable:
        raise unfit(f"The app '{app.name}' can't be uninstalled.", app.id)
    refuse_second(call, environment, app.id)
    dependents = _dependents(call, environment, app)
    if dependents and not call.flag(content, "uninstallDependents"):
        text = f"Other apps depend on '{app.name}'."
        data = {"requirements": [requirement(one, one.version, "Uninstall") for one in dependents]}
        raise RefusalError(400, "EntityValidationFailed", text, app.id, data=data)
    parameters = {
        "appId": app.id,
        "sourceAppVersion": app.version,
        "targetAppVersion": "",
        "deleteData": call.flag(content, "deleteData"),
        "uninstallDependents": bool(dependents),
    }
    operation = call.tenant.operations.start(
        UNINSTALL,
        environment,
        uninstall_work(environment, [*dependents, app]),
        parameters,
        call.creator,
        app_id=app.id,
        wait=asked_window(call, content, environment),
    )
    app.uninstall = operation.id
    return json_response(200, operation_shown(call, operation))


def _uninstall_requirements(call: AdminCall) -> Response:
    environment = call.environment()
    found = _dependents(call, environment, installed_app(call, environment))
    kinds = {TENANT: "PTE"}
    return wrapped(
        requirement(one, one.version, kinds.get(one.type, "Global"))
        | {"EnvironmentAppOperationRequirementType": "Uninstall"}
        for one in found
    )


ENDPOINTS = (
    Endpoint("POST", f"{APP}/uninstall", _uninstall, 6),
    Endpoint("GET", f"{APP}/uninstallRequirements", _uninstall_requirements, 25),
)
