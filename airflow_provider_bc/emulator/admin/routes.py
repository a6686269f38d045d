"""Every call of the admin center API, the longer paths of a kind first."""

from __future__ import annotations

from airflow_provider_bc.emulator.admin import (
    environments,
    history,
    lifecycle,
    provisioning,
)

ENDPOINTS = (
    *history.ENDPOINTS,
    *environments.ENDPOINTS,
    *provisioning.ENDPOINTS,
    *lifecycle.ENDPOINTS,
)
