"""Reading operations, and canceling one.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#get-environment-operations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.operations import RUNNING
from airflow_provider_bc.emulator.admin.refusal import unfit, unknown
from airflow_provider_bc.emulator.answer import json_response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.operations import Operation
    from airflow_provider_bc.wire import Response


def accepted(call: AdminCall, operation: Operation, status: int = 202) -> Response:
    """Answer with an operation that was just accepted.

    :param call: the request.
    :param operation: the operation.
    :param status: the HTTP status.
    :returns: the response.
    """
    return json_response(status, operation.shown(call.tenant.directory.tenant_id))


def find(call: AdminCall, environment: TenantEnvironment | None = None) -> Operation:
    """Find the operation the path names.

    :param call: the request.
    :param environment: the environment it must belong to.
    :returns: the operation.
    :raises RefusalError: 404 if there is none.
    """
    number = call.named["operation"]
    found = call.tenant.operations.find(number)
    if found is None or not (environment is None or found.concerns(environment)):
        raise unknown(f"There is no operation '{number}'.", number)
    return found


def _all(call: AdminCall) -> Response:
    call.check_family()
    tenant = call.tenant
    return wrapped(one.shown(tenant.directory.tenant_id) for one in tenant.operations.all())


def _of_environment(call: AdminCall) -> Response:
    found = call.tenant.operations.all(call.environment())
    return wrapped(one.shown(call.tenant.directory.tenant_id) for one in found)


def _one(call: AdminCall) -> Response:
    return accepted(call, find(call), 200)


def _one_of_environment(call: AdminCall) -> Response:
    return accepted(call, find(call, call.environment()), 200)


def _cancel(call: AdminCall) -> Response:
    operation = find(call, call.environment())
    if operation.type != "update" or operation.status != RUNNING:
        text = f"The operation '{operation.type}' is {operation.status} and can't be canceled."
        raise unfit(text, operation.id)
    call.tenant.operations.cancel(operation, call.principal)
    return accepted(call, operation)


ENDPOINTS = (
    Endpoint("GET", "/environments/operations", _all, 7),
    Endpoint("GET", "/applications/{family}/environments/operations", _all, 7),
    Endpoint("GET", "/environments/operations/{operation}", _one, 28),
    Endpoint("GET", f"{ENVIRONMENT}/operations", _of_environment, 6),
    Endpoint("GET", f"{ENVIRONMENT}/operations/{{operation}}", _one_of_environment, 27),
    Endpoint("POST", f"{ENVIRONMENT}/operations/{{operation}}/cancel", _cancel),
)
