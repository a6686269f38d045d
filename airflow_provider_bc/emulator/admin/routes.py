"""Every call of the admin center API, the longer paths of a kind first."""

from __future__ import annotations

from airflow_provider_bc.emulator.admin import (
    environments,
    history,
    lifecycle,
    provisioning,
    settings,
    updates,
)

ENDPOINTS = (
    *history.ENDPOINTS,
    *environments.ENDPOINTS,
    *provisioning.ENDPOINTS,
    *lifecycle.ENDPOINTS,
    *settings.ENDPOINTS,
    *updates.ENDPOINTS,
)
