"""What the operations on apps do to an environment, and to its page of extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.admin.app import TENANT, App, number
from airflow_provider_bc.emulator.admin.operations import Work
from airflow_provider_bc.emulator.schema.model import EMPTY_GUID
from airflow_provider_bc.emulator.store.shared import AUTOMATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
    from airflow_provider_bc.emulator.schema.model import Value

_EXTENSIONS = "extensions"
_PARTS = ("versionMajor", "versionMinor", "versionBuild", "versionRevision")


def install_work(environment: TenantEnvironment, wanted: Sequence[App]) -> Work:
    """Say how apps are installed, or updated.

    :param environment: where.
    :param wanted: the apps in order; the last is the one that was asked for.
    :returns: the work.
    """
    asked = wanted[-1].id

    def begin() -> None:
        if asked in environment.apps:
            environment.apps[asked].state = "Updating"

    def done() -> None:
        for app in wanted:
            environment.apps[app.id] = app
            _publish(environment, app)

    def undone() -> None:
        if asked in environment.apps:
            environment.apps[asked].state = "Installed"

    return Work(done, begin, undone)


def uninstall_work(environment: TenantEnvironment, unwanted: Sequence[App]) -> Work:
    """Say how apps are uninstalled.

    :param environment: where.
    :param unwanted: the apps in order; the last is the one that was asked for.
    :returns: the work.
    """

    def done() -> None:
        for app in unwanted:
            environment.apps.pop(app.id, None)
            _unpublish(environment, app)

    return Work(done)


def _unpublish(environment: TenantEnvironment, app: App) -> None:
    """Take every version of an app off the page of extensions, which all companies share."""
    for company in environment.companies[:1]:
        table = company.table(_EXTENSIONS, AUTOMATION)
        for row in table.linked(("id",), (app.id,)):
            company.delete(_EXTENSIONS, row.key, AUTOMATION)


def _publish(environment: TenantEnvironment, app: App) -> None:
    """Put a version of an app on the page of extensions in place of any other."""
    _unpublish(environment, app)
    package = str(uuid5(UUID(EMPTY_GUID), f"{app.id}/{app.version}"))
    values: dict[str, Value] = {"packageId": package, "id": app.id, "displayName": app.name}
    kind = "PTE" if app.type == TENANT else "Global"
    values |= {"publisher": app.publisher, "isInstalled": True, "publishedAs": kind}
    values |= dict(zip(_PARTS, number(app.version), strict=True))
    for company in environment.companies[:1]:
        company.create(_EXTENSIONS, values, AUTOMATION)
