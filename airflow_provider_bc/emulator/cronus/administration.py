"""What the companies share: users, permission sets, features, extensions.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.cronus.seed import Seed
from airflow_provider_bc.emulator.schema.catalog import route as schema_of
from airflow_provider_bc.emulator.schema.model import EMPTY_GUID
from airflow_provider_bc.emulator.store.shared import AUTOMATION, SHARED
from airflow_provider_bc.emulator.store.table import StoredTable

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.table import Table

_USERS = ("ADMIN", "MARIO", "ANNETTE")
_PERMISSION_SETS = {
    "SUPER": "This user has all permissions.",
    "D365 AUTOMATION": "Dyn. 365 Automation",
    "D365 BASIC": "Dynamics 365 Basic access",
    "D365 BUS FULL ACCESS": "Dyn. 365 Full Business Acc.",
}
_LOCAL = "D365 BASIC"
"""A permission set that an extension defines too, so that its name alone is ambiguous."""

_FEATURES = {"PowerBIAutoRefresh": False, "SalesPrices": True}
"""The features, and which cannot be disabled again."""


def shared_tables() -> dict[tuple[str, str], Table]:
    """Fill the tables that all companies of an environment share.

    :returns: the tables by route and entity set.
    """
    seed = Seed("environment")
    loyalty = seed.id("extensions", "Loyalty")
    for name in _USERS:
        about = {"userName": name, "displayName": name.title(), "state": "Enabled"}
        seed.add("users", name, about, AUTOMATION)
    for role, caption in _PERMISSION_SETS.items():
        about = {"scope": "System", "appId": EMPTY_GUID, "id": role, "displayName": caption}
        seed.add("permissionSets", role, about, AUTOMATION)
    about = {"scope": "Tenant", "appId": loyalty, "id": _LOCAL, "displayName": "Loyalty, basic"}
    seed.add("permissionSets", f"{_LOCAL}/loyalty", about, AUTOMATION)
    for name, one_way in _FEATURES.items():
        feature: dict[str, Value] = {"id": name.lower(), "isOneWay": one_way, "enabled": "None"}
        seed.add("features", name, feature, AUTOMATION)
    app: dict[str, Value] = {
        "id": loyalty,
        "displayName": "Loyalty",
        "publisher": "CRONUS",
        "versionMajor": 1,
    }
    seed.add("extensions", "Loyalty 1.0.0.0", app | {"publishedAs": "PTE"}, AUTOMATION)
    return {place: _table(seed, place) for place in SHARED}


def _table(seed: Seed, place: tuple[str, str]) -> Table:
    schema = schema_of(place[0])
    key = schema.sets[place[1]].key if schema else ("id",)
    return StoredTable(seed.rows.get(place, ()), key)
