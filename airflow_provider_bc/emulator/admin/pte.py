"""Per-tenant extensions: uploaded, scheduled, and taken off the schedule.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management#upload-and-schedule-install-for-a-per-tenant-extension-pte
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from math import inf
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.app import TENANT, App, number
from airflow_provider_bc.emulator.admin.app_operations import (
    APPS,
    INSTALL,
    operation_shown,
    refuse_second,
)
from airflow_provider_bc.emulator.admin.app_work import install_work
from airflow_provider_bc.emulator.admin.endpoint import Endpoint, wrapped
from airflow_provider_bc.emulator.admin.operations import SCHEDULED
from airflow_provider_bc.emulator.admin.outcomes import Outcome
from airflow_provider_bc.emulator.admin.refusal import invalid, unfit, unknown
from airflow_provider_bc.emulator.admin.window import wait_for
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.bc.app_file import read_app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.admin.operations import Operation
    from airflow_provider_bc.emulator.admin.tenant import Tenant
    from airflow_provider_bc.wire import Response

IMMEDIATE, WINDOW = "Immediate", "UpdateWindow"
MINOR, MAJOR = "NextMinorUpdate", "NextMajorUpdate"
_MODES = ("Add", "ForceSync")
_MOST, _OTHER_PARTS = 50 * 1024 * 1024, 64 * 1024  # bytes
_FLAGS = {"true": True, "false": False}


def _parts(call: AdminCall) -> dict[str, tuple[str | None, bytes]]:
    """Take a multipart body apart.

    https://www.rfc-editor.org/rfc/rfc7578

    :param call: the request.
    :returns: file name and content of each part, by its name in lower case.
    """
    kind = call.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise invalid("body", "The content must be multipart/form-data.")
    if len(call.body) > _MOST + _OTHER_PARTS:
        raise invalid("extensionFile", "The file cannot exceed 50 MB.")
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + call.body
    )
    parts: dict[str, tuple[str | None, bytes]] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts[name.lower()] = part.get_filename(), content
    return parts


def _extension(parts: Mapping[str, tuple[str | None, bytes]]) -> App:
    """Read the uploaded file."""
    name, content = parts.get("extensionfile", (None, b""))
    if not content:
        raise invalid("extensionFile", "The file of the extension is missing.")
    if name is None or not name.lower().endswith(".app"):
        raise invalid("extensionFile", "The file must have the extension .app.")
    if len(content) > _MOST:
        raise invalid("extensionFile", "The file cannot exceed 50 MB.")
    app = read_app(content)
    if app is None:
        raise invalid("extensionFile", "The file is no valid extension package.")
    version = ".".join(map(str, app.version))
    return App(app.id, app.name, app.publisher, version, type=TENANT)


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name.lower(), choices[0])
    if value not in choices:
        raise invalid(name, f"'{value}' is none of {', '.join(choices)}.")
    return value


def _flag(given: Mapping[str, str], name: str) -> bool:
    value = _FLAGS.get(given.get(name.lower(), "false").lower())
    if value is None:
        raise invalid(name, f"The property '{name}' must be true or false.")
    return value


def _install(call: AdminCall) -> Response:
    environment, parts = call.active(), _parts(call)
    given = {name: content.decode() for name, (file, content) in parts.items() if file is None}
    app = _extension(parts)
    schedule = _choice(given, "deploymentSchedule", (IMMEDIATE, WINDOW, MINOR, MAJOR))
    mode = _choice(given, "syncMode", _MODES)
    if not _flag(given, "acceptIsvEula"):
        raise invalid("acceptIsvEula", "The terms of the publisher must be accepted.")
    _flag(given, "installOrUpdateNeededDependencies")
    installed = environment.apps.get(app.id)
    if installed is not None and installed.type != TENANT:
        raise unfit(f"'{app.name}' is no per-tenant extension.", app.id)
    if installed is None and schedule in (MINOR, MAJOR):
        text = "A new extension can only be deployed at once or in the update window."
        raise unfit(text, "deploymentSchedule")
    refuse_second(call, environment, app.id)
    release = _release(environment.version, schedule)
    parameters = {
        "appId": app.id,
        "sourceAppVersion": installed.version if installed else "",
        "targetAppVersion": app.version,
        "countryCode": environment.country_code,
        "languageId": given.get("languageid", "en-US"),
        "name": app.name,
        "publisher": app.publisher,
        "scheduleKind": schedule,
        "targetRelease": release,
        "syncMode": mode,
    }
    operation = _start(call, environment, app, parameters)
    return json_response(200, _shown(call, operation))


def _start(
    call: AdminCall, environment: TenantEnvironment, app: App, parameters: dict[str, Any]
) -> Operation:
    operations, schedule = call.tenant.operations, parameters["scheduleKind"]
    wait = 0.0 if schedule == IMMEDIATE else inf
    if schedule == WINDOW:
        wait = wait_for(environment.settings.window, call.tenant.now)
    installed = environment.apps.get(app.id)
    work = install_work(environment, [app])
    operation = operations.start(
        INSTALL, environment, work, parameters, call.creator, app_id=app.id, wait=wait
    )
    app.update = operation.id
    if installed is not None:
        installed.update = operation.id
    if installed is not None and number(app.version) <= number(installed.version):
        text = f"Version {installed.version} of the extension '{app.name}' is already installed."
        operation.outcome = Outcome("failed", text)
    if schedule == IMMEDIATE and operation.outcome.name != "waiting":
        operations.run(operation)
    return operation


def _release(version: str, schedule: str) -> str:
    """Say which release an extension is meant for."""
    major, minor, *_ = number(version)
    if schedule == MAJOR:
        return f"{major + 1}.0.0.0"
    return f"{major}.{minor + (schedule == MINOR)}.0.0"


def _shown(call: AdminCall, operation: Operation) -> dict[str, Any]:
    kind = operation.parameters["scheduleKind"]
    return operation_shown(call, operation) | {"scheduleKind": kind}


def _waiting(call: AdminCall) -> list[Operation]:
    found = call.tenant.operations.all(call.environment())
    return [
        one
        for one in found
        if one.status == SCHEDULED and one.parameters.get("scheduleKind", IMMEDIATE) != IMMEDIATE
    ]


def _scheduled(call: AdminCall) -> Response:
    found = _waiting(call)
    return wrapped(_shown(call, one) | {"parameters": one.parameters} for one in found)


def start_scheduled(tenant: Tenant, environment: TenantEnvironment) -> None:
    """Let the extensions be installed that waited for an update.

    :param tenant: the tenant.
    :param environment: what was updated.
    """
    for one in reversed(tenant.operations.all(environment)):
        waits = one.parameters.get("scheduleKind") in (MINOR, MAJOR)
        if waits and number(one.parameters["targetRelease"]) <= number(environment.version):
            tenant.operations.run(one)


def _remove(call: AdminCall) -> Response:
    app_id, content = call.named["app"].lower(), call.content()
    version, kind = call.text(content, "targetVersion"), call.text(content, "scheduleKind")
    wanted = (app_id, version, kind)
    for one in _waiting(call):
        what = one.parameters["targetAppVersion"], one.parameters["scheduleKind"]
        if (one.app_id, *what) == wanted:
            reason = f"Removed by user '{call.principal}'"
            call.tenant.operations.cancel(one, call.principal, reason)
            return json_response(200, _shown(call, one))
    environment = call.environment()
    target = f"BusinessCentral/{environment.name}/apps/{app_id}"
    raise unknown(f"Version '{version}' of the app '{app_id}' is not scheduled.", target)


ENDPOINTS = (
    Endpoint("POST", f"{APPS}/pteInstall", _install, 29),
    Endpoint("GET", f"{APPS}/scheduledPteOperations", _scheduled, 29),
    Endpoint("POST", f"{APPS}/{{app}}/removeScheduledPteVersion", _remove, 29),
)
