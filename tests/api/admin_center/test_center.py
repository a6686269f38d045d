"""The vocabulary of the admin center, against the emulator over a socket, with both drivers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from airflow_provider_bc.api.admin_center.apps import LARGEST_EXTENSION
from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.api.admin_center.operations import Operation
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import (
    AuthenticationError,
    AuthorizationError,
    ConfigurationError,
    Conflict,
    NotFound,
    RequestRejected,
)
from tests.automation_files import app_file
from tests.drivers import DRIVERS, Driver
from tests.test_client import connected

SANDBOX, PRODUCTION = "Nightly", "Production"


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest, business_central: Server) -> Iterator[Driver]:
    business_central.emulator.operation_seconds = 0
    with request.param(connected(business_central), retries=Retries(attempts=0)) as made:
        yield made


@pytest.fixture
def center(driver: Driver) -> AdminCenter:
    found: AdminCenter = driver.client.admin_center
    return found


def ended(driver: Driver, center: AdminCenter, begun: Operation | None) -> Operation:
    """Look at an operation, which takes no time here."""
    assert begun is not None
    now = driver.perform(center.operations.get(begun.id))
    assert now.succeeded, now
    return now


def test_environments_come_and_go(driver: Driver, center: AdminCenter) -> None:
    environments = center.environments
    (first,) = driver.perform(environments.all())
    assert (first.name, first.production, first.active) == (PRODUCTION, True, True)
    ended(driver, center, driver.perform(environments.copy(PRODUCTION, SANDBOX)))
    copy = driver.perform(environments.get(SANDBOX.lower()))
    assert (copy.name, copy.type, copy.version) == (SANDBOX, "Sandbox", first.version)
    ended(driver, center, driver.perform(environments.rename(SANDBOX, "Weekly")))
    ended(driver, center, driver.perform(environments.delete("Weekly")))
    (gone,) = [one for one in driver.perform(environments.all()) if not one.production]
    assert (gone.status, gone.name[:7]) == ("SoftDeleted", "Weekly-")
    ended(driver, center, driver.perform(environments.recover(gone.name)))
    made = driver.perform(environments.create("New", "Sandbox", "US", version=first.version))
    ended(driver, center, made)
    types = sorted(one.type for one in driver.perform(center.operations.all()))
    assert types == ["copy", "create", "environmentrename", "recover", "softdelete"]
    assert [one.type for one in driver.perform(center.operations.all("New"))] == ["create"]


def test_an_environment_is_restored_as_it_was(
    driver: Driver, center: AdminCenter, business_central: Server
) -> None:
    business_central.emulator.clock.advance(3600)
    (period,) = driver.perform(center.environments.restore_periods(PRODUCTION))
    moment = datetime.fromisoformat(period["to"]) - timedelta(minutes=5)
    begun = driver.perform(center.environments.restore(PRODUCTION, "Before", moment))
    assert begun.type == "pitrestore"
    ended(driver, center, begun)
    assert driver.perform(center.environments.get("Before")).type == "Sandbox"
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - is what is refused
    with pytest.raises(ConfigurationError, match=r"point_in_time is .* with its zone"):
        driver.perform(center.environments.restore(PRODUCTION, "Before", naive))


def test_storage_and_quotas(driver: Driver, center: AdminCenter) -> None:
    (one,) = driver.perform(center.environments.used_storage(PRODUCTION))
    assert one["databaseStorageInKilobytes"] > 0
    assert len(driver.perform(center.environments.used_storage())) == 1
    assert driver.perform(center.environments.quotas())["environmentsCount"]["sandbox"] > 0


def test_apps_are_installed_updated_and_uninstalled(
    driver: Driver, center: AdminCenter, business_central: Server
) -> None:
    offered = next(iter(business_central.emulator.tenant.app_source.values()))
    apps, app_id = center.apps, offered.id
    begun = driver.perform(
        apps.install(PRODUCTION, app_id, accept_terms=True, with_dependencies=True)
    )
    ended(driver, center, begun)
    there = {app.id: app for app in driver.perform(apps.installed(PRODUCTION))}
    assert there[app_id.lower()].state.lower() == "installed"
    (operation,) = driver.perform(apps.operations(PRODUCTION, app_id))
    assert (operation.id, operation.succeeded) == (begun.id, True)
    (newer,) = driver.perform(apps.available_updates(PRODUCTION))
    updating = apps.update(PRODUCTION, newer["appId"], newer["version"])
    ended(driver, center, driver.perform(updating))
    there = {app.id: app for app in driver.perform(apps.installed(PRODUCTION))}
    assert there[newer["appId"]].version == newer["version"]
    driver.perform(apps.uninstall_requirements(PRODUCTION, app_id))
    ended(driver, center, driver.perform(apps.uninstall(PRODUCTION, app_id, with_dependents=True)))
    assert app_id.lower() not in {app.id for app in driver.perform(apps.installed(PRODUCTION))}


def test_an_extension_is_uploaded(driver: Driver, center: AdminCenter) -> None:
    content = app_file("1.2.3.4", "Our App", "Us")
    ended(driver, center, driver.perform(center.apps.upload(PRODUCTION, content)))
    there = {app.name: app.version for app in driver.perform(center.apps.installed(PRODUCTION))}
    assert there["Our App"] == "1.2.3.4"
    for wrong in (b"", b"x" * (LARGEST_EXTENSION + 1)):
        with pytest.raises(ConfigurationError, match=f"The extension has {len(wrong)} bytes"):
            driver.perform(center.apps.upload(PRODUCTION, wrong))


def test_a_scheduled_extension_is_listed_and_removed(driver: Driver, center: AdminCenter) -> None:
    content = app_file("1.2.3.4", "Our App", "Us")
    driver.perform(center.apps.upload(PRODUCTION, content))
    newer = app_file("1.3.0.0", "Our App", "Us")
    waits = center.apps.upload(PRODUCTION, newer, schedule="NextMajorUpdate", language_id="1033")
    driver.perform(waits)
    (scheduled,) = driver.perform(center.apps.operations(PRODUCTION))
    app_id = next(
        str(value) for name, value in scheduled.parameters.items() if name.lower() == "appid"
    )
    removed = center.apps.remove_scheduled(PRODUCTION, app_id, "1.3.0.0", "NextMajorUpdate")
    assert driver.perform(removed).ended_badly


def test_settings_are_read_and_set(
    driver: Driver, center: AdminCenter, business_central: Server
) -> None:
    settings = center.settings
    zone = str(driver.perform(settings.time_zones())[0]["id"])
    driver.perform(settings.set_update_window(PRODUCTION, "22:00", "06:00", zone))
    window = driver.perform(settings.update_window(PRODUCTION))
    assert (window["preferredStartTime"], window["timeZoneId"]) == ("22:00", zone)
    with pytest.raises(RequestRejected, match="six hours"):
        driver.perform(settings.set_update_window(PRODUCTION, "22:00", "23:00", zone))
    driver.perform(settings.set_microsoft_365_access(PRODUCTION, enabled=True))
    assert driver.perform(settings.microsoft_365_access(PRODUCTION))["enabled"] is True
    assert driver.perform(settings.security_group(PRODUCTION)) == {}
    (group,) = business_central.emulator.tenant.groups
    driver.perform(settings.set_security_group(PRODUCTION, group))
    assert driver.perform(settings.security_group(PRODUCTION))["id"] == group
    driver.perform(settings.set_security_group(PRODUCTION, None))
    assert driver.perform(settings.security_group(PRODUCTION)) == {}
    driver.perform(settings.set_app_update_cadence(PRODUCTION, "DuringMajorUpgrade"))
    driver.perform(settings.set_application_insights(PRODUCTION, "key"))


def test_a_version_is_chosen(driver: Driver, center: AdminCenter) -> None:
    offered = driver.perform(center.settings.updates(PRODUCTION))
    version = next(str(one["targetVersion"]) for one in offered if one["available"])
    at = datetime.now(UTC) + timedelta(days=1)
    driver.perform(center.settings.select_update(PRODUCTION, version, at=at))
    chosen = [one for one in driver.perform(center.settings.updates(PRODUCTION)) if one["selected"]]
    assert [one["targetVersion"] for one in chosen] == [version]
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - is what is refused
    with pytest.raises(ConfigurationError, match=r"at is .* with its zone"):
        driver.perform(center.settings.select_update(PRODUCTION, version, at=naive))


def test_an_update_that_runs_is_canceled(
    driver: Driver, center: AdminCenter, business_central: Server
) -> None:
    business_central.emulator.operation_seconds = 60
    before = driver.perform(center.environments.get(PRODUCTION)).version
    driver.perform(center.settings.select_update(PRODUCTION, "27.1.0.0", ignore_update_window=True))
    business_central.emulator.clock.advance(60)
    (update,) = driver.perform(center.operations.all(PRODUCTION))
    assert (update.type, update.status) == ("update", "running")
    business_central.emulator.operation_seconds = 0
    driver.perform(center.operations.cancel(PRODUCTION, update.id))
    assert driver.perform(center.operations.get(update.id)).ended_badly
    assert driver.perform(center.environments.get(PRODUCTION)).version == before


def test_what_the_tenant_has(driver: Driver, center: AdminCenter) -> None:
    tenant = center.tenant
    driver.perform(tenant.add_notification_recipient("a@example.com", "A"))
    (recipient,) = driver.perform(tenant.notification_recipients())
    driver.perform(tenant.remove_notification_recipient(str(recipient["id"])))
    assert driver.perform(tenant.notification_recipients()) == []
    driver.perform(
        tenant.set_support_contact(
            PRODUCTION, name="A", email="a@example.com", url="https://a.example"
        )
    )
    assert driver.perform(tenant.support_contact(PRODUCTION))["name"] == "A"
    sessions = driver.perform(tenant.sessions(PRODUCTION))
    driver.perform(tenant.end_session(PRODUCTION, str(sessions[0]["sessionId"])))
    assert len(driver.perform(tenant.sessions(PRODUCTION))) == len(sessions) - 1
    assert driver.perform(tenant.countries())
    assert driver.perform(tenant.versions("US"))
    assert driver.perform(tenant.manageable_tenants())
    assert driver.perform(center.exports.metrics(PRODUCTION))["exportsRemainingThisMonth"] == 10


def test_telemetry_is_of_a_period_in_whatever_zone(driver: Driver, center: AdminCenter) -> None:
    begun = driver.perform(center.environments.copy(PRODUCTION, "Copy"))
    assert begun.created_on is not None
    far_east = begun.created_on.astimezone(timezone(timedelta(hours=14)))
    hour = timedelta(hours=1)

    def told(start: datetime, end: datetime) -> int:
        answer = driver.perform(center.tenant.telemetry("Copy", start, end))
        return len(answer["queryResults"])

    assert told(far_east - hour, far_east + hour) == 1
    assert told(far_east + hour, far_east + 2 * hour) == 0
    naive = far_east.replace(tzinfo=None)
    with pytest.raises(ConfigurationError, match="has no time zone"):
        told(naive, naive)


def test_the_signature_of_a_storage_account_is_told_nobody(
    driver: Driver, center: AdminCenter
) -> None:
    storage = "https://account.blob.core.windows.net/?sv=2024&sig=SECRET"
    with pytest.raises(NotFound) as caught:
        driver.perform(center.exports.start("Nowhere", storage, "c", "b.bacpac"))
    assert "SECRET" not in f"{caught.value!s}{caught.value!r}{caught.value.args}"


def test_another_environment_at_the_same_time_is_a_conflict(
    driver: Driver, center: AdminCenter, business_central: Server
) -> None:
    business_central.emulator.operation_seconds = 3600
    driver.perform(center.environments.copy(PRODUCTION, SANDBOX))
    with pytest.raises(Conflict, match=r"tenantAlreadyProvisioning.*one slot"):
        driver.perform(center.environments.copy(PRODUCTION, "Other"))


def test_what_is_missing_is_named_with_its_remedy(
    driver: Driver, center: AdminCenter, business_central: Server
) -> None:
    with pytest.raises(NotFound, match=r"environmentNotFound.*partner access"):
        driver.perform(center.environments.get("Nowhere"))
    with pytest.raises(NotFound):
        driver.perform(center.operations.get("00000000-0000-0000-0000-000000000001"))
    business_central.emulator.admin_center_apps.clear()
    with pytest.raises(AuthorizationError, match="Authorized Microsoft Entra apps"):
        driver.perform(center.environments.all())
    business_central.emulator.roles = ("API.ReadWrite.All",)
    business_central.emulator.revoke_tokens()
    with pytest.raises(AuthenticationError, match=r"AdminCenter\.ReadWrite\.All"):
        driver.perform(center.environments.all())
