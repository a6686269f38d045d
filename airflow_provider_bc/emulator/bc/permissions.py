"""What it means to give a user a permission set.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_userpermission
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.schema.model import EMPTY_GUID
from airflow_provider_bc.emulator.store.rules import ApplicationError
from airflow_provider_bc.emulator.store.shared import AUTOMATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.schema.model import EntitySet, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_PERMISSIONS = "userPermissions"
_SAME = ("userSecurityId", "roleId", "company", "appId", "scope")


def granted(schema: EntitySet, company: Company, values: Mapping[str, Value]) -> dict[str, Value]:
    """Complete a permission that is to be created, from the permission set it names.

    :param schema: the entity set of the record; any but that of the permissions passes.
    :param company: a company of the environment.
    :param values: the record as it was sent.
    :returns: what the permission set says.
    :raises ApplicationError: for an unknown or ambiguous permission set, or one the user has.
    """
    if schema.name != _PERMISSIONS:
        return {}
    role = str(values.get("roleId", ""))
    found = [
        row for row in company.table("permissionSets", AUTOMATION).scan() if _fits(row, values)
    ]
    if not found:
        raise ApplicationError(f"The permission set {role} does not exist.")
    if len(found) > 1:
        text = f"The permission set {role} is defined multiple times in this context."
        raise ApplicationError(text)
    names = {"roleId": "id", "displayName": "displayName", "appId": "appId", "scope": "scope"}
    told = {ours: found[0][theirs] for ours, theirs in names.items()}
    told |= {"company": values.get("company", ""), "extensionName": found[0]["extensionName"]}
    whole = {"userSecurityId": EMPTY_GUID, **values, **told}
    if company.table(_PERMISSIONS, AUTOMATION).linked(_SAME, tuple(whole[name] for name in _SAME)):
        text = f"The record in table Access Control already exists: {role}"
        raise ApplicationError(text, "Internal_EntityWithSameKeyExists")
    return told


def _fits(row: Row, values: Mapping[str, Value]) -> bool:
    """Compare the permission set with what was sent of it; a code has no small letters."""
    if str(row["id"]).upper() != str(values.get("roleId", "")).upper():
        return False
    return all(row[name] == values[name] for name in ("appId", "scope") if name in values)
