"""The apps of an environment, and what they could be updated to.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.app import number
from airflow_provider_bc.emulator.admin.app_operations import APPS
from airflow_provider_bc.emulator.admin.endpoint import Endpoint, wrapped

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.app import App, Offer
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.wire import Response


def _list(call: AdminCall) -> Response:
    return wrapped(
        {
            "appId": app.id,
            "name": app.name,
            "publisher": app.publisher,
            "version": app.version,
            "state": app.state,
            "lastOperationId": app.update,
            "lastUpdateAttemptResult": _result(call, app.update),
            "lastUninstallOperationId": app.uninstall,
            "lastUninstallAttemptResult": _result(call, app.uninstall),
            "appType": app.type,
            "canBeUninstalled": app.removable,
        }
        for app in call.environment().apps.values()
    )


def _result(call: AdminCall, number: str | None) -> str | None:
    """Say how an operation ended, if it did."""
    found = None if number is None else call.tenant.operations.find(number)
    return found.status.title() if found is not None and found.ended else None


def requirement(app: App | Offer, version: str, kind: str) -> dict[str, Any]:
    """Write what must be done first.

    :param app: the other app.
    :param version: its version.
    :param kind: `Install`, `Update` or `Uninstall`.
    :returns: the JSON object.
    """
    who = {"appId": app.id, "name": app.name, "publisher": app.publisher}
    return who | {"version": version, "type": kind}


def missing(call: AdminCall, environment: TenantEnvironment, offer: Offer) -> list[dict[str, Any]]:
    """List the apps that must be installed before another one.

    :param call: the request.
    :param environment: where.
    :param offer: the other one.
    :returns: its requirements that are not met.
    """
    known = [call.tenant.app_source[one] for one in offer.requires]
    lacking = [one for one in known if one.id not in environment.apps]
    return [requirement(one, one.versions[-1], "Install") for one in lacking]


def _available(call: AdminCall) -> Response:
    environment = call.environment()
    found = []
    for app in environment.apps.values():
        offer = call.tenant.app_source.get(app.id)
        if offer is not None and number(offer.versions[-1]) > number(app.version):
            who = {"appId": app.id, "name": app.name, "publisher": app.publisher}
            needed = {"requirements": missing(call, environment, offer)}
            found.append(who | {"version": offer.versions[-1]} | needed)
    return wrapped(found)


ENDPOINTS = (
    Endpoint("GET", APPS, _list),
    Endpoint("GET", f"{APPS}/availableUpdates", _available),
)
