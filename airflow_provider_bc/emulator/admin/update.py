"""The versions an environment can be updated to.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_updates
"""

from __future__ import annotations

from dataclasses import dataclass

MINOR, MAJOR, NEXT = "27.1.0.0", "28.0.0.0", "29.0.0.0"


@dataclass(slots=True)
class EnvironmentUpdate:
    """One version.

    :param version: the target version.
    :param available: whether it can be selected yet.
    :param selected: whether it is the next one.
    :param status: `scheduled`, `running`, `failed` or `succeeded` once it was selected.
    :param date: the moment it is to start, in seconds since 1970-01-01T00:00:00Z.
    :param ignore_window: whether it may start outside the update window.
    :param expected: year and month of a version that is not available yet.
    :param kind: `GA`, `Preview` or `EarlyAccessPreview`.
    :param turn: counts the selections, so that an older plan does not start.
    """

    version: str
    available: bool = True
    selected: bool = False
    status: str | None = None
    date: float | None = None
    ignore_window: bool = False
    expected: tuple[int, int] | None = None
    kind: str = "GA"
    turn: int = 0


def offered(version: str = "27.0.0.0") -> dict[str, EnvironmentUpdate]:
    """List the updates of an environment.

    :param version: what it runs.
    :returns: a minor and a major update that are available, and one that is only announced.
    """
    known = (
        EnvironmentUpdate(MINOR),
        EnvironmentUpdate(MAJOR),
        EnvironmentUpdate(NEXT, available=False, expected=(2026, 10)),
    )
    return {one.version: one for one in known if _major(one.version) > _major(version)}


def _major(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
