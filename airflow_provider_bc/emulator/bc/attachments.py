"""What an attachment may be attached to.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_attachment
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.schema.model import EMPTY_GUID
from airflow_provider_bc.emulator.store.derived import parents_of
from airflow_provider_bc.emulator.store.rules import ApplicationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.schema.model import EntitySet, Route, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_MASTERS = ("Employee", "Job", "Item", "Customer", "Vendor")


def check_attachment(
    schema: EntitySet,
    route: Route,
    company: Company,
    values: Mapping[str, Value],
    before: Row | None = None,
) -> None:
    """Refuse an attachment whose parent it cannot have; every other entity passes.

    :param schema: the entity set.
    :param route: the route's schema.
    :param company: the company.
    :param values: the row as it is to be.
    :param before: the row as it was, None for a new one.
    :raises ApplicationError: if the parent is of the wrong kind, does not exist, or changes.
    """
    if schema.name not in ("attachments", "documentAttachments"):
        return
    for name in ("parentId", "parentType"):
        if before is not None and values[name] != before[name]:
            raise ApplicationError(f"You cannot change the value of the key field {name}.")
    kind, parent = values.get("parentType"), values.get("parentId", EMPTY_GUID)
    if schema.name == "attachments" and kind in _MASTERS:
        text = f"Parent type {kind} is not supported. Use documentAttachments API instead."
        raise ApplicationError(text)
    if parent == EMPTY_GUID:
        return
    for one in parents_of(route, schema.name):
        there = company.table(one.entity_set).get(str(parent)) is not None
        if one.type == kind and there:
            return
    raise ApplicationError("No document with the specified ID exists.")
