"""Installing and updating apps from AppSource.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.app import TENANT, App, number
from airflow_provider_bc.emulator.admin.app_operations import (
    APP,
    INSTALL,
    UPDATE,
    asked_window,
    installed_app,
    operation_shown,
    refuse_second,
)
from airflow_provider_bc.emulator.admin.app_work import install_work
from airflow_provider_bc.emulator.admin.apps import missing
from airflow_provider_bc.emulator.admin.endpoint import Endpoint
from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid, unfit, unknown
from airflow_provider_bc.emulator.answer import json_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_bc.emulator.admin.app import Offer
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.wire import Response


def _offer(call: AdminCall) -> Offer:
    app_id = call.named["app"].lower()
    if app_id not in call.tenant.app_source:
        raise unknown(f"There is no app with id '{app_id}'.", app_id)
    return call.tenant.app_source[app_id]


def _target(call: AdminCall, content: dict[str, Any], offer: Offer, *, required: bool) -> str:
    """Read the version that is asked for."""
    preview = call.flag(content, "allowPreviewVersion")
    if not (required or preview or content.get("targetversion")):
        return offer.versions[-1]
    version = call.text(content, "targetVersion")
    known = [*offer.versions, offer.preview if preview else None]
    if version not in known:
        raise unknown(f"'{offer.name}' has no version '{version}'.", version)
    return version


def _needed(
    call: AdminCall, content: dict[str, Any], environment: TenantEnvironment, offer: Offer
) -> list[Offer]:
    """Find the dependencies that are installed as well, or refuse for them."""
    needed = missing(call, environment, offer)
    if needed and not call.flag(content, "installOrUpdateNeededDependencies"):
        text = f"'{offer.name}' needs other apps that are not installed."
        data = {"requirements": needed}
        raise RefusalError(400, "EntityValidationFailed", text, offer.id, data=data)
    return [call.tenant.app_source[one["appId"]] for one in needed]


def _install(call: AdminCall) -> Response:
    environment, content, offer = call.active(), call.content(), _offer(call)
    if call.flag(content, "acceptIsvEula") is not True:
        raise invalid("acceptIsvEula", "The terms of the publisher must be accepted.")
    version = _target(call, content, offer, required=False)
    if offer.id in environment.apps:
        raise unfit(f"The app '{offer.name}' is already installed.", offer.id)
    refuse_second(call, environment, offer.id)
    dependencies = _needed(call, content, environment, offer)
    return _start(call, INSTALL, environment, [*dependencies, offer], version)


def _update(call: AdminCall) -> Response:
    environment, content = call.active(), call.content()
    app = installed_app(call, environment)
    if app.type == TENANT:
        raise unfit("A per-tenant extension is updated by an upload.", app.id)
    offer = _offer(call)
    version = _target(call, content, offer, required=True)
    if number(version) <= number(app.version):
        raise unfit(f"'{version}' is not newer than '{app.version}'.", "targetVersion")
    refuse_second(call, environment, app.id)
    dependencies = _needed(call, content, environment, offer)
    return _start(call, UPDATE, environment, [*dependencies, offer], version)


def _start(
    call: AdminCall,
    kind: str,
    environment: TenantEnvironment,
    offers: Sequence[Offer],
    version: str,
) -> Response:
    """Begin to install the last of some apps, and the others before it."""
    content, offer = call.content(), offers[-1]
    wanted = [App(one.id, one.name, one.publisher, one.versions[-1]) for one in offers]
    wanted[-1].version = version
    installed = environment.apps.get(offer.id)
    parameters = {
        "appId": offer.id,
        "sourceAppVersion": installed.version if installed else "",
        "targetAppVersion": version,
        "countryCode": environment.country_code,
        "allowPreviewVersion": bool(content.get("allowpreviewversion")),
        "useEnvironmentUpdateWindow": bool(content.get("useenvironmentupdatewindow")),
        "installOrUpdateNeededDependencies": len(offers) > 1,
    }
    operation = call.tenant.operations.start(
        kind,
        environment,
        install_work(environment, wanted),
        parameters,
        call.creator,
        app_id=offer.id,
        wait=asked_window(call, content, environment),
    )
    wanted[-1].update = operation.id
    if installed is not None:
        installed.state, installed.update = "UpdatePending", operation.id
    return json_response(200, operation_shown(call, operation))


ENDPOINTS = (
    Endpoint("POST", f"{APP}/install", _install, 6),
    Endpoint("POST", f"{APP}/update", _update),
)
