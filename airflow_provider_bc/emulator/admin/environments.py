"""Reading environments, applications, quotas and storage.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.admin.call import FAMILY
from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.refusal import unknown
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.clock import stamp

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall
    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.wire import Response

RINGS = {"PROD": True, "PREVIEW": False}
COUNTRIES = ("US", "DE", "DK", "GB", "CA")
VERSIONS = {"PROD": ("27.0.0.0", "27.1.0.0"), "PREVIEW": ("28.0.0.0",)}
_EMPTY_DATABASE = 512_000  # kilobytes


def shown(call: AdminCall, environment: TenantEnvironment) -> dict[str, Any]:
    """Write an environment as on the wire.

    :param call: the request.
    :param environment: the environment.
    :returns: the JSON object.
    """
    tenant, name = call.tenant.directory.tenant_id, environment.name
    deleted, purge = environment.deleted, environment.purge
    return {
        "friendlyName": name,
        "type": environment.type,
        "name": name,
        "countryCode": environment.country_code,
        "applicationFamily": FAMILY,
        "aadTenantId": tenant,
        "status": environment.status,
        "webClientLoginUrl": f"https://businesscentral.dynamics.com/{tenant}/{name}",
        "webServiceUrl": call.origin,
        "locationName": "West US",
        "geoName": "NA",
        "ringName": "PROD",
        "appInsightsKey": environment.settings.insights_key,
        "SoftDeletedOn": None if deleted is None else stamp(deleted),
        "HardDeletePendingOn": None if purge is None else stamp(purge),
        "DeleteReason": "" if deleted is None else "requestedByAdmin",
        "AppSourceAppsUpdateCadence": environment.settings.cadence,
        "versionDetails": {
            "version": environment.version,
            "gracePeriodStartDate": None,
            "enforcedUpdatePeriodStartDate": None,
        },
    }


def used_storage(environment: TenantEnvironment) -> int:
    """Say how big an environment's database is.

    :param environment: the environment.
    :returns: kilobytes, one for every row.
    """
    return _EMPTY_DATABASE + sum(company.size for company in environment.companies)


def _list(call: AdminCall) -> Response:
    call.check_family()
    return wrapped(shown(call, one) for one in call.tenant.environments)


def _get(call: AdminCall) -> Response:
    return json_response(200, shown(call, call.environment()))


def _storage_of(environment: TenantEnvironment) -> dict[str, Any]:
    return {
        "environmentType": environment.type,
        "environmentName": environment.name,
        "applicationFamily": FAMILY,
        "databaseStorageInKilobytes": used_storage(environment),
    }


def _storage(call: AdminCall) -> Response:
    return json_response(200, _storage_of(call.environment()))


def _all_storage(call: AdminCall) -> Response:
    return wrapped(_storage_of(one) for one in call.tenant.environments)


def _quotas(call: AdminCall) -> Response:
    counts = {kind.lower(): most for kind, most in call.tenant.quotas.items()}
    storage = call.tenant.storage
    return json_response(
        200,
        {
            "environmentsCount": counts,
            "storageInKilobytes": storage | {"total": sum(storage.values())},
        },
    )


def _applications(_: AdminCall) -> Response:
    rings = [
        {"name": name, "productionRing": production, "friendlyName": name.title()}
        for name, production in RINGS.items()
    ]
    countries = [{"countryCode": code, "rings": rings} for code in COUNTRIES]
    return wrapped([{"applicationFamily": FAMILY, "countriesringDetails": countries}])


def _versions(call: AdminCall) -> Response:
    call.check_family()
    country, ring = call.named["country"].upper(), call.named["ring"].upper()
    if country not in COUNTRIES or ring not in RINGS:
        raise unknown(f"There is no ring '{ring}' in '{country}'.", ring)
    return wrapped(VERSIONS[ring])


ENDPOINTS = (
    Endpoint("GET", "/applications", _applications),
    Endpoint("GET", "/applications/{family}/Countries/{country}/Rings/{ring}", _versions),
    Endpoint("GET", "/applications/environments", _list),
    Endpoint("GET", "/applications/{family}/environments", _list),
    Endpoint("GET", ENVIRONMENT, _get),
    Endpoint("GET", f"{ENVIRONMENT}/usedstorage", _storage),
    Endpoint("GET", "/environments/usedstorage", _all_storage),
    Endpoint("GET", "/environments/quotas", _quotas),
)
