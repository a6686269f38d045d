"""Switching features, and getting users.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.store.rules import ApplicationError
from airflow_provider_bc.emulator.store.shared import AUTOMATION

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row


def activate(company: Company, row: Row) -> None:
    """Enable a feature for all users, at once.

    :param company: the company.
    :param row: the feature.
    :raises ApplicationError: if it is enabled.
    """
    if row["enabled"] == "All Users":
        raise ApplicationError("This feature has already been enabled")
    _set(company, "features", row, {"enabled": "All Users"})


def deactivate(company: Company, row: Row) -> None:
    """Disable a feature.

    :param company: the company.
    :param row: the feature.
    :raises ApplicationError: if it is disabled, or can only be enabled.
    """
    if row["enabled"] != "All Users":
        raise ApplicationError("This feature has already been disabled.")
    if row["isOneWay"]:
        text = "This feature has already been enabled and cannot be disabled."
        raise ApplicationError(text)
    _set(company, "features", row, {"enabled": "None"})


def fetch_users(company: Company, row: Row) -> None:
    """Get new users from Microsoft 365: there are none.

    :param company: the company.
    :param row: the user the action is bound to.
    """
    del company, row


def _set(company: Company, entity_set: str, row: Row, values: dict[str, Value]) -> None:
    company.update(entity_set, row.key, values, AUTOMATION)
