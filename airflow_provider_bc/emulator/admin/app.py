"""The apps of an environment, and those that AppSource offers.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management
"""

from __future__ import annotations

from dataclasses import dataclass

GLOBAL, TENANT = "global", "tenant"
_MICROSOFT = "Microsoft"


@dataclass(slots=True)
class App:
    """An installed app.

    :param id: its id.
    :param name: its name.
    :param publisher: who made it.
    :param version: the installed version.
    :param state: `Installed`, `UpdatePending` or `Updating`.
    :param type: `global` from AppSource, `tenant` for a per-tenant extension.
    :param removable: whether it can be uninstalled.
    :param update: the id of the last operation that installed or updated it.
    :param uninstall: the id of the last operation that tried to uninstall it.
    """

    id: str
    name: str
    publisher: str
    version: str
    state: str = "Installed"
    type: str = GLOBAL
    removable: bool = True
    update: str | None = None
    uninstall: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An app in AppSource.

    :param id: its id.
    :param name: its name.
    :param publisher: who made it.
    :param versions: its versions, oldest first.
    :param requires: the ids of the apps it depends on.
    :param preview: a version that is only installed where previews are allowed.
    """

    id: str
    name: str
    publisher: str
    versions: tuple[str, ...]
    requires: tuple[str, ...] = ()
    preview: str | None = None


BASE = "437dbf0e-84ff-417a-965d-ed2bb9650972"
FABRIKAM = "5e7ae9f5-1a2c-4f0e-9d3b-0c1d2e3f4a51"
CONTOSO = "a0c1b2d3-2b3c-4d5e-8f90-1a2b3c4d5e62"
ADATUM = "c3d4e5f6-3c4d-4e5f-9a01-2b3c4d5e6f73"


def app_source() -> dict[str, Offer]:
    """List what AppSource offers.

    :returns: the apps by id: one without dependencies, one that needs it, and one that is installed
        from the start and can be updated.
    """
    offers = (
        Offer(FABRIKAM, "Fabrikam Library", "Fabrikam", ("1.0.0.0", "1.1.0.0")),
        Offer(CONTOSO, "Contoso Banking", "Contoso", ("2.0.0.0",), (FABRIKAM,), "3.0.0.0"),
        Offer(ADATUM, "Adatum Shipping", "Adatum", ("4.0.0.0", "4.1.0.0")),
    )
    return {offer.id: offer for offer in offers}


def microsoft_apps() -> dict[str, App]:
    """List what is installed in a new environment.

    :returns: the apps by id.
    """
    base = App(BASE, "Base Application", _MICROSOFT, "27.0.0.0", removable=False)
    shipping = App(ADATUM, "Adatum Shipping", "Adatum", "4.0.0.0")
    return {base.id: base, shipping.id: shipping}


def number(version: str) -> tuple[int, ...]:
    """Read a version so that it compares.

    :param version: such as `1.0.0.0`.
    :returns: its four numbers.
    :raises ValueError: if it is no version.
    """
    parts = tuple(int(part) for part in version.split("."))
    if len(parts) != 4:  # noqa: PLR2004  # major, minor, build, revision
        raise ValueError(version)
    return parts
