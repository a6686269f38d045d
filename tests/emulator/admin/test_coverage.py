"""Every call of the facts is served (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

import pytest

from airflow_provider_bc.emulator.admin.coverage import renewed
from airflow_provider_bc.emulator.admin.routes import ENDPOINTS
from tests.emulator.test_documentation import PAGE

from .conftest import Administrator

ENV = "/applications/BusinessCentral/environments/Production"
APP = f"{ENV}/apps/a"
EXPORT = "/exports/applications/BusinessCentral/environments/Production"
OUTGOING = "/transfers/outgoing/applications/BusinessCentral/environments/Production"
POWER = "/bap/applications/BusinessCentral/environments/Production"
DOCUMENTED = f"""
GET /applications/
GET /applications/BusinessCentral/Countries/US/Rings/PROD
GET /applications/settings/timezones
GET /applications/environments
GET /applications/BusinessCentral/environments
GET {ENV}
PUT {ENV}
POST {ENV}/copy
DELETE {ENV}
POST {ENV}/recover
POST {ENV}/rename
POST {ENV}/restore
GET {ENV}/availableRestorePeriods
GET {ENV}/usedstorage
GET /environments/usedstorage
GET /environments/quotas
GET {ENV}/operations
GET {ENV}/operations/x
GET /environments/operations
GET /environments/operations/x
POST {ENV}/operations/x/cancel
POST {POWER}/linkEnvironment
POST {POWER}/unlinkEnvironment
GET {ENV}/settings/upgrade
PUT {ENV}/settings/upgrade
POST {ENV}/settings/appinsightskey
GET {ENV}/settings/securitygroupaccess
POST {ENV}/settings/securitygroupaccess
DELETE {ENV}/settings/securitygroupaccess
GET {ENV}/settings/partneraccess
PUT {ENV}/settings/partneraccess
GET {ENV}/settings/accesswithm365licenses
POST {ENV}/settings/accesswithm365licenses
PUT {ENV}/settings/appSourceAppsUpdateCadence
GET {ENV}/updates
PATCH {ENV}/updates/28.0.0.0
GET {ENV}/apps
GET {ENV}/apps/availableUpdates
POST {APP}/install
POST {APP}/update
POST {APP}/update/cancel
POST {APP}/uninstall
GET {APP}/uninstallRequirements
POST {ENV}/apps/pteInstall
GET {ENV}/apps/scheduledPteOperations
POST {APP}/removeScheduledPteVersion
GET {APP}/operations
GET {APP}/operations/x
GET {EXPORT}/metrics
POST {EXPORT}
POST /exports/history
GET {ENV}/sessions
GET {ENV}/sessions/1
DELETE {ENV}/sessions/1
GET {ENV}/telemetry
GET /settings/notification/recipients
PUT /settings/notification/recipients
DELETE /settings/notification/recipients/x
GET /settings/notification
GET /support/outageTypes
GET /support/outageTypes/Inaccessible/outageQuestions
GET /support/reportedoutages
POST /support/applications/BusinessCentral/environments/Production/reportoutage
GET /support/applications/BusinessCentral/environments/Production/supportcontact
PUT /support/applications/BusinessCentral/environments/Production/supportcontact
GET /authorizedAadApps/manageableTenants
GET /authorizedAadApps
PUT /authorizedAadApps/x
DELETE /authorizedAadApps/x
POST {OUTGOING}
DELETE {OUTGOING}
GET /transfers/outgoing
POST /transfers/incoming
GET /transfers/incoming/x
"""


def test_every_documented_call_is_served(admin: Administrator) -> None:
    calls = [line.split() for line in DOCUMENTED.strip().splitlines()]
    served = set()
    for method, path in calls:
        found = [one for one in ENDPOINTS if one.method == method and one.pattern.fullmatch(path)]
        served.add(next((one for one in found if one.serves(29)), None))
        assert admin.ask(method, path).status not in (405, 500, 501), (method, path)
    assert None not in served
    old_or_twice = {one for one in ENDPOINTS if one not in served}
    assert {(one.method, one.path.rpartition("/")[2]) for one in old_or_twice} == {
        ("POST", "{environment}"),
        ("GET", "operations"),
    }


def test_the_page_tells_the_truth() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renewed(page)
    with pytest.raises(ValueError, match="no place"):
        renewed("nothing")
