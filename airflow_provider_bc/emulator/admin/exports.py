"""Exporting the database of an environment.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_database_export
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from airflow_provider_bc.emulator.admin.endpoint import Endpoint, wrapped
from airflow_provider_bc.emulator.admin.environment import SANDBOX
from airflow_provider_bc.emulator.admin.operations import Work
from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment

_EXPORTS = "/exports/applications/{family}/environments/{environment}"
_A_MONTH = 10
_VALID = 72 * 3600  # seconds


def _failed(text: str, target: str) -> RefusalError:
    return RefusalError(400, "exportFailed", text, target)


def _check_signature(uri: str, now: float) -> None:
    """Check a shared access signature, without ever repeating it.

    https://learn.microsoft.com/rest/api/storageservices/create-account-sas
    """
    given = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    if not given.get("sig"):
        raise invalid("storageAccountSasUri", "The URI has no signature.")
    wanted = {"ss": "b", "srt": "co", "sp": "rwdc"}
    for name, letters in wanted.items():
        if not set(letters) <= set(given.get(name, "")):
            text = f"The signature must allow '{letters}' in '{name}'."
            raise _failed(text, "storageAccountSasUri")
    try:
        expiry = datetime.fromisoformat(given.get("se", ""))
    except ValueError:
        raise _failed("The signature has no expiry.", "storageAccountSasUri") from None
    if expiry.tzinfo is None or expiry.timestamp() < now + _VALID:
        raise _failed("The signature must be valid for 72 hours.", "storageAccountSasUri")


def _this_month(call: AdminCall, environment: TenantEnvironment) -> int:
    month = stamp(call.tenant.now)[:7]
    mine = (at for who, at in call.tenant.exports if who == environment.id)
    return sum(stamp(at)[:7] == month for at in mine)


def _metrics(call: AdminCall) -> Response:
    done = _this_month(call, call.environment())
    remaining = {"exportsRemainingThisMonth": max(0, _A_MONTH - done)}
    return json_response(200, {"exportsPerMonth": _A_MONTH} | remaining)


def _start(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    uri = call.text(content, "storageAccountSasUri")
    parameters: dict[str, Any] = {
        "container": call.text(content, "container"),
        "blob": call.text(content, "blob"),
    }
    _check_signature(uri, call.tenant.now)
    if environment.type == SANDBOX:
        raise _failed("A sandbox environment can't be exported.", environment.name)
    if environment.status != "Active":
        raise _failed(f"The environment is {environment.status}.", environment.name)
    if _this_month(call, environment) >= _A_MONTH:
        raise _failed("The environment was exported ten times this month.", environment.name)
    call.tenant.exports.append((environment.id, call.tenant.now))
    work = Work(lambda: call.tenant.blobs.append((parameters["container"], parameters["blob"])))
    call.tenant.operations.start("environmentExport", environment, work, parameters, call.creator)
    return Response(202)


def _history(call: AdminCall) -> Response:
    tenant, (start, end) = call.tenant, call.period("start", "end")
    return wrapped(
        {
            "applicationType": "BusinessCentral",
            "environmentName": one.environment_name,
            "time": stamp(one.created),
            "user": one.creator,
        }
        | one.parameters
        for one in tenant.operations.all()
        if one.type == "environmentExport" and start <= one.created <= end
    )


ENDPOINTS = (
    Endpoint("GET", f"{_EXPORTS}/metrics", _metrics),
    Endpoint("POST", _EXPORTS, _start),
    Endpoint("POST", "/exports/history", _history, until=29),
)
