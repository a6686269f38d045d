"""The part of the control door that is about environments and their operations."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.emulator import Emulator

    Order: TypeAlias = dict[str, Any]


def _environments(emulator: Emulator, _: Order, __: str) -> Any:
    return {
        "environments": [
            {
                "name": one.name,
                "type": one.type,
                "status": one.status,
                "version": one.version,
                "companies": [company.name for company in one.companies],
                "app_records": sorted(one.app_records),
                "apps": {app.id: app.version for app in one.apps.values()},
            }
            for one in emulator.environments
        ]
    }


def _operations(emulator: Emulator, _: Order, __: str) -> Any:
    tenant_id = emulator.tenant_id
    return {"operations": [one.shown(tenant_id) for one in emulator.operations.all()]}


def _plan(emulator: Emulator, order: Order, _: str) -> Any:
    return asdict(emulator.operations.outcomes.plan(**order))


def _clear(emulator: Emulator, _: Order, __: str) -> Any:
    emulator.operations.outcomes.clear()
    return {}


def _release(emulator: Emulator, _: Order, __: str) -> Any:
    emulator.operations.release()
    return {}


def _settings(emulator: Emulator, order: Order, _: str) -> Any:
    emulator.operation_seconds = float(order.pop("operation_seconds", emulator.operation_seconds))
    emulator.apps_in_new_environments = bool(
        order.pop("apps_in_new_environments", emulator.apps_in_new_environments)
    )
    for name in order:
        raise KeyError(name)
    return {
        "operation_seconds": emulator.operation_seconds,
        "apps_in_new_environments": emulator.apps_in_new_environments,
    }


ORDERS: dict[tuple[str, str], Callable[[Emulator, Order, str], Any]] = {
    ("GET", "environments"): _environments,
    ("GET", "operations"): _operations,
    ("POST", "operations/outcomes"): _plan,
    ("DELETE", "operations/outcomes"): _clear,
    ("POST", "operations/release"): _release,
    ("POST", "admin-center"): _settings,
}
