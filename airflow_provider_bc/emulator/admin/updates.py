"""Choosing the next version of an environment, and updating to it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_updates
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.operations import Work
from airflow_provider_bc.emulator.admin.pte import start_scheduled
from airflow_provider_bc.emulator.admin.refusal import invalid, unfit, unknown
from airflow_provider_bc.emulator.admin.update import offered
from airflow_provider_bc.emulator.admin.window import wait_for
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.clock import stamp

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.update import EnvironmentUpdate
    from airflow_provider_bc.wire import Response

_LATEST = 150 * 86_400  # seconds


def _latest(environment: TenantEnvironment) -> float:
    """Say the last moment an update may be put off to."""
    return environment.created + _LATEST


def _shown(update: EnvironmentUpdate, environment: TenantEnvironment) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "targetVersion": update.version,
        "available": update.available,
        "selected": update.selected,
        "targetVersionType": update.kind,
    }
    if update.status is not None:
        shown["updateStatus"] = update.status
    if update.expected is not None:
        year, month = update.expected
        return shown | {"expectedAvailability": {"month": month, "year": year}}
    details = {
        "latestSelectableDateTime": stamp(_latest(environment)),
        "selectedDateTime": None if update.date is None else stamp(update.date),
        "ignoreUpdateWindow": update.ignore_window,
        "rolloutStatus": "Active",
    }
    return shown | {"scheduleDetails": details}


def _list(call: AdminCall) -> Response:
    environment = call.environment()
    return wrapped(_shown(one, environment) for one in environment.updates.values())


def _select(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    version = call.named["version"]
    update = environment.updates.get(version)
    if update is None:
        raise unknown(f"There is no update to version '{version}'.", version)
    if not update.available:
        raise unfit(f"Version '{version}' is not available yet.", version)
    selected = content.get("selected")
    if "selected" in content and selected is not True:
        raise unfit("An update can't be deselected; select another one.", "selected")
    if selected is None and not update.selected:
        raise unfit(f"Version '{version}' is not selected.", "selected")
    if update.status == "running":
        raise unfit("The update is running.", version)
    details = content.get("scheduledetails", {})
    if not isinstance(details, dict):
        raise invalid("scheduleDetails", "The schedule details must be an object.")
    _schedule(call, environment, update, details)
    return json_response(200, _shown(update, environment))


def _schedule(
    call: AdminCall,
    environment: TenantEnvironment,
    update: EnvironmentUpdate,
    details: dict[str, Any],
) -> None:
    """Take over a selection, and plan the update."""
    given = {name.lower(): value for name, value in details.items()}
    ignore = call.flag(given, "ignoreUpdateWindow", default=update.ignore_window)
    date = update.date if update.date is not None else call.tenant.now
    if given.get("selecteddatetime") is not None:
        date = _date(call, call.text(given, "selectedDateTime"), environment)
    for other in environment.updates.values():
        other.selected, other.status = False, None
        other.turn += 1
    update.selected, update.status = True, "scheduled"
    update.date, update.ignore_window = date, ignore
    start = max(date, call.tenant.now)
    if not ignore:
        start += wait_for(environment.settings.window, start)
    begin = partial(_begin, call, environment, update, update.turn)
    call.tenant.agenda.put(start - call.tenant.now, begin)


def _date(call: AdminCall, text: str, environment: TenantEnvironment) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("selectedDateTime", f"'{text}' is no date and time.") from None
    if moment.tzinfo is None:
        raise invalid("selectedDateTime", "The date and time must be in UTC.")
    if moment.timestamp() < call.tenant.now:
        raise unfit("The selected date time is in the past.", "selectedDateTime")
    if moment.timestamp() > _latest(environment):
        text = f"The selected date time is after {stamp(_latest(environment))}."
        raise unfit(text, "selectedDateTime")
    return moment.timestamp()


def _begin(
    call: AdminCall, environment: TenantEnvironment, update: EnvironmentUpdate, turn: int
) -> None:
    """Start the update, unless another plan took its place."""
    if update.turn != turn or environment.status != "Active":
        return

    def begin() -> None:
        environment.status, update.status = "Upgrading", "running"

    def done() -> None:
        environment.status, environment.version = "Active", update.version
        environment.updates = offered(update.version)
        start_scheduled(call.tenant, environment)

    def undone() -> None:
        environment.status, update.status = "Active", "failed"

    parameters = {"sourceVersion": environment.version, "targetVersion": update.version}
    work = Work(done, begin, undone)
    call.tenant.operations.start("update", environment, work, parameters, call.creator)


ENDPOINTS = (
    Endpoint("GET", f"{ENVIRONMENT}/updates", _list),
    Endpoint("PATCH", f"{ENVIRONMENT}/updates/{{version}}", _select),
)
