"""Who is signed in to an environment, and its telemetry.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_session_management
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.refusal import unknown
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall

_SESSION = f"{ENVIRONMENT}/sessions/{{session}}"
_COLUMNS = (("TimestampUtc", 2), ("LogCategory", 0), ("Message", 0), ("Id", 1))


def _list(call: AdminCall) -> Response:
    return wrapped(call.active().sessions.values())


def _find(call: AdminCall) -> tuple[dict[int, dict[str, Any]], int]:
    sessions, wanted = call.active().sessions, call.named["session"]
    if not wanted.isdigit() or int(wanted) not in sessions:
        raise unknown(f"There is no session '{wanted}'.", wanted)
    return sessions, int(wanted)


def _get(call: AdminCall) -> Response:
    sessions, number = _find(call)
    return json_response(200, sessions[number])


def _stop(call: AdminCall) -> Response:
    sessions, number = _find(call)
    del sessions[number]
    return Response(204)


def _telemetry(call: AdminCall) -> Response:
    """Tell the operations of an environment as events."""
    start, end = call.period("startDateUtc", "endDateUtc")
    rows = [
        [stamp(one.created), "Operation", f"{one.type}: {one.status}", number]
        for number, one in enumerate(call.tenant.operations.all(call.environment()), 1)
        if start <= one.created <= end
    ]
    columns = [
        {"name": name, "ordinal": place, "dataType": kind}
        for place, (name, kind) in enumerate(_COLUMNS)
    ]
    return json_response(200, {"queryColumns": columns, "queryResults": rows})


ENDPOINTS = (
    Endpoint("GET", f"{ENVIRONMENT}/sessions", _list),
    Endpoint("GET", _SESSION, _get),
    Endpoint("DELETE", _SESSION, _stop),
    Endpoint("GET", f"{ENVIRONMENT}/telemetry", _telemetry),
)
