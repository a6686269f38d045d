"""What only people may do: move an environment to another tenant, or link it to Power Platform.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_transfer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.admin.endpoint import USERS, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.operations import SCHEDULED, Work
from airflow_provider_bc.emulator.admin.refusal import RefusalError, unfit, unknown
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.operations import Operation

_OUTGOING = "/transfers/outgoing/applications/{family}/environments/{environment}"
_INCOMING = "/transfers/incoming"
_POWER_PLATFORM = "/bap/applications/{family}/environments/{environment}"
_TRANSFER = "requestTransferToAnotherEntraTenant"
_ACCEPT_WITHIN = 8 * 3600  # seconds


def _pending(call: AdminCall, environment: TenantEnvironment | None = None) -> list[Operation]:
    found = call.tenant.operations.all(environment)
    return [one for one in found if one.type == _TRANSFER and one.status == SCHEDULED]


def _offer(call: AdminCall) -> Response:
    """Offer an environment; nobody accepts it here, so that it is skipped after eight hours."""
    environment, content = call.active(), call.content()
    if _pending(call, environment):
        raise unfit("A transfer has already been scheduled.", environment.name)
    destination = call.text(content, "destinationEntraTenantId")
    operations = call.tenant.operations
    operation = operations.start(
        _TRANSFER,
        environment,
        Work(lambda: None),
        {"destinationEntraTenantId": destination},
        call.creator,
        at_once=True,
    )
    call.tenant.agenda.put(_ACCEPT_WITHIN, lambda: operations.end(operation, "skipped"))
    return json_response(202, operation.shown(call.tenant.directory.tenant_id))


def _withdraw(call: AdminCall) -> Response:
    pending = _pending(call, call.environment())
    if not pending:
        raise unknown("No transfer is scheduled.", call.named["environment"])
    call.tenant.operations.cancel(pending[0], call.principal)
    return Response(204)


def _outgoing(call: AdminCall) -> Response:
    return wrapped(one.shown(call.tenant.directory.tenant_id) for one in _pending(call))


def _accept(call: AdminCall) -> Response:
    call.content()
    raise unknown("No environment was offered to this tenant.")


def _incoming(call: AdminCall) -> Response:
    del call
    return wrapped([])


def _link(call: AdminCall) -> Response:
    environment = call.active()
    if environment.linked or not call.query.get("powerPlatformEnvironmentId"):
        text = "The environment is linked, or no Power Platform environment is named."
        raise RefusalError(400, "BadArgument", text, environment.name)
    environment.linked = True
    return Response(200)


def _unlink(call: AdminCall) -> Response:
    environment = call.environment()
    if not environment.linked:
        raise RefusalError(400, "BadArgument", "The environment is not linked.", environment.name)
    environment.linked = False
    return Response(200)


ENDPOINTS = (
    Endpoint("POST", _OUTGOING, _offer, 20, USERS),
    Endpoint("DELETE", _OUTGOING, _withdraw, 20, USERS),
    Endpoint("GET", "/transfers/outgoing", _outgoing, 20, USERS),
    Endpoint("POST", _INCOMING, _accept, 20, USERS),
    Endpoint("GET", f"{_INCOMING}/{{tenant}}", _incoming, 20, USERS),
    Endpoint("POST", f"{_POWER_PLATFORM}/linkEnvironment", _link, 21, USERS),
    Endpoint("POST", f"{_POWER_PLATFORM}/unlinkEnvironment", _unlink, 21, USERS),
)
