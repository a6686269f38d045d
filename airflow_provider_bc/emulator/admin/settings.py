"""The settings of an environment.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_settings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, USERS, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.lifecycle import restarted
from airflow_provider_bc.emulator.admin.operations import Work
from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid
from airflow_provider_bc.emulator.admin.window import TIME_ZONES, next_window, read_window
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment

_SETTINGS = f"{ENVIRONMENT}/settings"
_WINDOW_SINCE = 13
_CADENCES = ("Default", "DuringMajorUpgrade", "DuringMajorMinorUpgrade")
_MOST_PARTNERS = 10


def _note(
    call: AdminCall,
    environment: TenantEnvironment,
    parameters: dict[str, Any],
    change: Callable[[], None],
) -> None:
    """Set something at once, and remember it as an operation that is done."""
    change()
    operations = call.tenant.operations
    operation = operations.start(
        "modify", environment, Work(lambda: None), parameters, call.creator, at_once=True
    )
    operations.end(operation, "succeeded")


def _window(call: AdminCall) -> Response:
    window = call.environment().settings.window
    start, end = next_window(window, call.tenant.now)
    shown = {"preferredStartTimeUtc": stamp(start), "preferredEndTimeUtc": stamp(end)}
    if call.version >= _WINDOW_SINCE:
        names = ("preferredStartTime", "preferredEndTime", "timeZoneId")
        shown |= dict(zip(names, window, strict=True))
    return json_response(200, shown)


def _set_window(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    window = read_window(content, zoned=call.version >= _WINDOW_SINCE)

    def change() -> None:
        environment.settings.window = window

    _note(call, environment, {"updateWindow": " ".join(window)}, change)
    return _window(call)


def _set_insights_key(call: AdminCall) -> Response:
    environment = call.environment()
    key = call.text(call.content(), "key")
    if environment.status != "Active":
        text = f"Environment '{environment.name}' is {environment.status}, not Active."
        raise RefusalError(400, "cannotSetAppInsightsKey", text, environment.name)

    def change() -> None:
        environment.settings.insights_key = key
        restarted(call.tenant, environment)

    _note(call, environment, {"setting": "appInsightsKey"}, change)
    return Response(200)


def _security_group(call: AdminCall) -> Response:
    group = call.environment().settings.security_group
    if group is None:
        return Response(204)
    return json_response(200, {"id": group, "displayName": call.tenant.groups.get(group, "")})


def _set_security_group(call: AdminCall) -> Response:
    environment = call.environment()
    group = call.text(call.content(), "Value").lower()
    try:
        UUID(group)
    except ValueError:
        raise invalid("Value", f"'{group}' is no object id.") from None
    if group not in call.tenant.groups:
        raise RefusalError(404, "ResourceDoesNotExist", f"There is no group '{group}'.", group)
    _put_security_group(call, environment, group)
    return Response(200)


def _clear_security_group(call: AdminCall) -> Response:
    _put_security_group(call, call.environment(), None)
    return Response(204)


def _put_security_group(call: AdminCall, environment: TenantEnvironment, group: str | None) -> None:
    def change() -> None:
        environment.settings.security_group = group

    _note(call, environment, {"securityGroup": group}, change)


def _m365(call: AdminCall) -> Response:
    return json_response(200, {"enabled": call.environment().settings.m365_licenses})


def _set_m365(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    if "enabled" not in content:
        raise invalid("enabled", "The property 'enabled' is missing.")
    enabled = call.flag(content, "enabled")

    def change() -> None:
        environment.settings.m365_licenses = enabled

    _note(call, environment, {"accessWithM365Licenses": enabled}, change)
    return Response(200)


def _set_cadence(call: AdminCall) -> Response:
    environment = call.environment()
    cadence = call.text(call.content(), "value")
    if cadence not in _CADENCES:
        raise invalid("value", f"'{cadence}' is none of {', '.join(_CADENCES)}.")

    def change() -> None:
        environment.settings.cadence = cadence

    _note(call, environment, {"appSourceAppsUpdateCadence": cadence}, change)
    return Response(200)


def _partner_access(call: AdminCall) -> Response:
    return json_response(200, call.environment().settings.partner_access)


def _set_partner_access(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    status = call.text(content, "status")
    allowed = content.get("allowedpartnertenantids", [])
    if not isinstance(allowed, list) or len(allowed) > _MOST_PARTNERS:
        raise invalid("allowedPartnerTenantIds", "At most ten tenants can be allowed.")
    shown = {"status": status, "allowedPartnerTenantIds": allowed}

    def change() -> None:
        environment.settings.partner_access = shown

    _note(call, environment, shown, change)
    return Response(200)


def _time_zones(_: AdminCall) -> Response:
    return wrapped(
        {
            "id": name,
            "displayName": f"({offset}) {name}",
            "currentUtcOffset": offset,
            "supportsDaylightSavingTime": False,
            "isCurrentlyDaylightSavingTime": False,
        }
        for name, offset in TIME_ZONES.items()
    )


def _two(
    name: str,
    verb: str,
    read: Callable[[AdminCall], Response],
    write: Callable[[AdminCall], Response],
    **more: Any,
) -> tuple[Endpoint, Endpoint]:
    path = f"{_SETTINGS}/{name}"
    return Endpoint("GET", path, read, **more), Endpoint(verb, path, write, **more)


ENDPOINTS = (
    Endpoint("GET", "/applications/settings/timezones", _time_zones, 13),
    *_two("upgrade", "PUT", _window, _set_window),
    Endpoint("POST", f"{_SETTINGS}/appinsightskey", _set_insights_key),
    *_two("securitygroupaccess", "POST", _security_group, _set_security_group, since=8),
    Endpoint("DELETE", f"{_SETTINGS}/securitygroupaccess", _clear_security_group, 8),
    *_two("accesswithm365licenses", "POST", _m365, _set_m365, since=12),
    *_two("partneraccess", "PUT", _partner_access, _set_partner_access, since=22, only=USERS),
    Endpoint("PUT", f"{_SETTINGS}/appSourceAppsUpdateCadence", _set_cadence, 19),
)
