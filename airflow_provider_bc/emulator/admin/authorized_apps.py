"""The page "Authorized Microsoft Entra apps".

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_authorizedaadapps
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow_provider_bc.emulator.admin.endpoint import APPS, USERS, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.refusal import invalid, unknown
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall

_PATH = "/authorizedAadApps"


def _shown(app_id: str) -> dict[str, Any]:
    return {"appId": app_id, "isAdminConsentGranted": True}


def _list(call: AdminCall) -> Response:
    return json_response(200, [_shown(one) for one in sorted(call.tenant.authorized)])


def _authorize(call: AdminCall) -> Response:
    app_id = call.named["app"].lower()
    try:
        UUID(app_id)
    except ValueError:
        raise invalid("appId", f"'{app_id}' is no client id.") from None
    call.tenant.authorized.add(app_id)
    return json_response(200, _shown(app_id))


def _remove(call: AdminCall) -> Response:
    app_id = call.named["app"].lower()
    if app_id not in call.tenant.authorized:
        raise unknown(f"The app '{app_id}' is not authorized.", app_id)
    call.tenant.authorized.discard(app_id)
    return Response(200)


def _manageable(call: AdminCall) -> Response:
    return wrapped([{"entraTenantId": call.tenant.directory.tenant_id}])


ENDPOINTS = (
    Endpoint("GET", f"{_PATH}/manageableTenants", _manageable, 24, APPS),
    Endpoint("GET", _PATH, _list, only=USERS),
    Endpoint("PUT", f"{_PATH}/{{app}}", _authorize, only=USERS),
    Endpoint("DELETE", f"{_PATH}/{{app}}", _remove),
)
