"""Making environments: new ones, copies, and what a restore brings back.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#create-new-environment
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.app import TENANT, number
from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
from airflow_provider_bc.emulator.admin.environments import (
    COUNTRIES,
    RINGS,
    VERSIONS,
    shown,
    used_storage,
)
from airflow_provider_bc.emulator.admin.history import accepted
from airflow_provider_bc.emulator.admin.operations import QUEUED, Work
from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.bc.authorization import AppRecord
from airflow_provider_bc.emulator.clock import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.operations import Operation
    from airflow_provider_bc.emulator.admin.tenant import Tenant
    from airflow_provider_bc.wire import Response

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,28}")
_RESERVED = ("admin", "api", "applications", "environments")
_TYPES = {"production": "Production", "sandbox": "Sandbox"}
_DAY = 86_400  # seconds
_KEPT, _MONTH, _RESTORES = 28 * _DAY, 30 * _DAY, 10


def check_name(tenant: Tenant, name: str) -> str:
    """Check the name of an environment that is to be.

    :param tenant: the tenant.
    :param name: the name.
    :returns: the name.
    :raises RefusalError: if it is no name, or taken.
    """
    if _NAME.fullmatch(name) is None or name.lower() in _RESERVED:
        text = (
            "The environment name can't be a reserved value, must be fewer than 30 characters, "
            "must start with an alpha character and consist only of alpha, numerical, underscore "
            "or dash characters."
        )
        raise RefusalError(400, "environmentNameNotValid", text, name)
    taken = tenant.find(name)
    if taken is not None:
        code = "resourceExists" if taken.status == "Active" else "environmentReservationFailed"
        raise RefusalError(400, code, f"An environment named '{name}' already exists.", name)
    return name


def check_quota(tenant: Tenant, kind: str) -> None:
    """Check whether the tenant may have one more environment.

    :param tenant: the tenant.
    :param kind: `Production` or `Sandbox`.
    :raises RefusalError: if it may not.
    """
    used = [one for one in tenant.environments if one.type == kind and one.deleted is None]
    if len(used) >= tenant.quotas[kind]:
        text = f"The limit on the number of {kind} environments has been reached."
        raise RefusalError(400, "maximumNumberOfEnvironmentsAllowedReached", text, kind)
    if sum(map(used_storage, tenant.environments)) >= sum(tenant.storage.values()):
        text = "The limit of the storage capacity usage has been reached."
        raise RefusalError(400, "maximumStorageCapacityUsageReached", text)


def _type(call: AdminCall, content: dict[str, Any], name: str) -> str:
    found = _TYPES.get(call.text(content, name).lower())
    if found is None:
        raise invalid(name, f"The property '{name}' must be Production or Sandbox.")
    return found


def _check_idle(tenant: Tenant) -> None:
    if tenant.provisioning:
        text = "Another environment is currently in the process of being created."
        raise RefusalError(400, "tenantAlreadyProvisioning", text)


def _empty(
    call: AdminCall, name: str, kind: str, country_code: str, version: str
) -> TenantEnvironment:
    """Put an environment without content into the tenant."""
    made = TenantEnvironment(name, [], {}, kind, country_code, "Preparing", version)
    made.created = call.tenant.now
    call.tenant.environments.append(made)
    return made


def _becomes(tenant: Tenant, made: TenantEnvironment, fill: Callable[[], None]) -> Work:
    """Say how an environment comes to life: it is still prepared after its operation succeeded."""

    def activate() -> None:
        if made.status == "Preparing":
            made.status = "Active"

    def done() -> None:
        tenant.agenda.put(tenant.operations.seconds, activate)

    def undone() -> None:
        made.status = "CreatingFailed"

    return Work(done, fill, undone)


def _answer(call: AdminCall, operation: Operation) -> Response:
    """Answer with the operation, or as old versions do with the environment."""
    if call.asynchronous:
        return accepted(call, operation)
    return json_response(201, shown(call, operation.environment))


def _application(call: AdminCall, content: dict[str, Any], kind: str) -> tuple[str, str]:
    """Read the country and the version of a new environment."""
    country = call.text(content, "countryCode").upper()
    ring = str(content.get("ringname") or "PROD").upper()
    if country not in COUNTRIES:
        text = f"No application service was found for '{country}'."
        raise RefusalError(400, "destinationApplicationServiceNotFound", text, country)
    if ring not in RINGS:
        text = f"A ring named '{ring}' wasn't found."
        raise RefusalError(400, "resourceDoesNotExist", text, "ringName")
    if kind == "Production" and not RINGS[ring]:
        raise invalid("ringName", f"'{ring}' is no ring for production environments.")
    version = content.get("applicationversion") or VERSIONS[ring][0]
    try:
        number(str(version))
    except ValueError:
        raise invalid("applicationVersion", f"'{version}' is no version.") from None
    if version not in VERSIONS[ring]:
        text = f"No application service has version '{version}'."
        raise RefusalError(400, "destinationApplicationServiceNotFound", text, str(version))
    return country, str(version)


def _create(call: AdminCall) -> Response:
    call.check_family()
    tenant, content = call.tenant, call.content()
    kind = _type(call, content, "environmentType")
    country, version = _application(call, content, kind)
    _check_idle(tenant)
    name = check_name(tenant, call.named["environment"])
    check_quota(tenant, kind)
    made = _empty(call, name, kind, country, version)

    def fill() -> None:
        made.companies[:] = tenant.found()
        if tenant.apps_in_new_environments:
            made.app_records.update({app: AppRecord() for app in tenant.authorized})

    parameters = _parameters(made)
    work = _becomes(tenant, made, fill)
    return _answer(call, tenant.operations.start("create", made, work, parameters, call.creator))


def _parameters(made: TenantEnvironment, source: TenantEnvironment | None = None) -> dict[str, Any]:
    return {
        "sourceEnvironmentName": source.name if source else "",
        "sourceEnvironmentType": source.type if source else "",
        "destinationEnvironmentName": made.name,
        "destinationEnvironmentType": made.type,
        "applicationVersion": made.version,
        "countryCode": made.country_code,
    }


def _copy(call: AdminCall) -> Response:
    tenant, source, content = call.tenant, call.active(), call.content()
    name, kind = call.text(content, "environmentName"), _type(call, content, "type")
    _check_idle(tenant)
    check_name(tenant, name)
    check_quota(tenant, kind)
    made = _empty(call, name, kind, source.country_code, source.version)
    work = _becomes(tenant, made, lambda: made.fill_from(source))
    parameters = _parameters(made, source)
    return _answer(call, tenant.operations.start("copy", made, work, parameters, call.creator))


def _period(call: AdminCall, environment: TenantEnvironment) -> tuple[float, float]:
    return max(environment.created, call.tenant.now - _KEPT), call.tenant.now


def _moment(call: AdminCall, content: dict[str, Any], source: TenantEnvironment) -> str:
    """Check the point in time to restore to."""
    text = call.text(content, "PointInTime")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("PointInTime", f"'{text}' is no ISO 8601 date and time.") from None
    if moment.tzinfo is None:
        raise invalid("PointInTime", "The point in time must be in UTC.")
    start, end = _period(call, source)
    if not start <= moment.timestamp() <= end:
        text = f"The point in time '{text}' is outside the available restore periods."
        raise RefusalError(400, "PitRestoreFailed", text, "PointInTime")
    return text


def _restore(call: AdminCall) -> Response:
    tenant, source, content = call.tenant, call.environment(), call.content()
    name, kind = call.text(content, "EnvironmentName"), _type(call, content, "EnvironmentType")
    moment = _moment(call, content, source)
    recent = [at for who, at in tenant.restores if who == source.id and at > tenant.now - _MONTH]
    if len(recent) >= _RESTORES:
        text = "The environment was restored ten times in the last month."
        raise RefusalError(400, "PitRestoreFailed", text, source.name)
    skip_pte = call.flag(content, "SkipInstallingPTEs")
    skip_apps = call.flag(content, "SkipInstallingThirdPartyGlobalApps")
    call.flag(content, "SkipEnvironmentCleanup")
    _check_idle(tenant)
    check_name(tenant, name)
    check_quota(tenant, kind)
    tenant.restores.append((source.id, tenant.now))
    made = _empty(call, name, kind, source.country_code, source.version)

    def fill() -> None:
        made.fill_from(source)
        for app in list(made.apps.values()):
            if app.removable and (skip_pte if app.type == TENANT else skip_apps):
                del made.apps[app.id]

    parameters = {"environmentName": name, "environmentType": kind, "restorePointInTime": moment}
    operation = tenant.operations.start(
        "pitRestore",
        source,
        _becomes(tenant, made, fill),
        parameters,
        call.creator,
        status=QUEUED,
    )
    operation.made = made
    return accepted(call, operation)


def _restore_periods(call: AdminCall) -> Response:
    environment = call.environment()
    start, end = _period(call, environment)
    version = environment.version
    return wrapped(
        [
            {
                "from": stamp(start),
                "to": stamp(end),
                "correspondingApplicationPackageVersion": version,
            }
        ]
    )


ENDPOINTS = (
    Endpoint("PUT", ENVIRONMENT, _create),
    Endpoint("POST", ENVIRONMENT, _copy, until=8),
    Endpoint("POST", f"{ENVIRONMENT}/copy", _copy, 9),
    Endpoint("POST", f"{ENVIRONMENT}/restore", _restore, 4),
    Endpoint("GET", f"{ENVIRONMENT}/availableRestorePeriods", _restore_periods, 4),
)
