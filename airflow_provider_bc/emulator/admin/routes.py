"""Every call of the admin center API, fixed words before placeholders."""

from __future__ import annotations

from airflow_provider_bc.emulator.admin import (
    app_installation,
    app_operations,
    app_removal,
    apps,
    authorized_apps,
    environments,
    exports,
    history,
    lifecycle,
    notifications,
    provisioning,
    pte,
    sessions,
    settings,
    updates,
    users_only,
)

ENDPOINTS = (
    *history.ENDPOINTS,
    *environments.ENDPOINTS,
    *provisioning.ENDPOINTS,
    *lifecycle.ENDPOINTS,
    *settings.ENDPOINTS,
    *updates.ENDPOINTS,
    *pte.ENDPOINTS,
    *apps.ENDPOINTS,
    *app_installation.ENDPOINTS,
    *app_removal.ENDPOINTS,
    *app_operations.ENDPOINTS,
    *exports.ENDPOINTS,
    *sessions.ENDPOINTS,
    *notifications.ENDPOINTS,
    *authorized_apps.ENDPOINTS,
    *users_only.ENDPOINTS,
)
