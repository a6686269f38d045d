"""The update window: when an environment may be updated.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environment_settings#put-update-settings
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

Window: TypeAlias = tuple[str, str, str]
TIME_ZONES = {
    "UTC": "00:00",
    "Pacific Standard Time": "-08:00",
    "Romance Standard Time": "+01:00",
    "Tokyo Standard Time": "+09:00",
}
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LEAST, _DAY = 6 * 60, 24 * 60  # minutes


def read_window(content: Mapping[str, Any], *, zoned: bool) -> Window:
    """Read a window from a body.

    :param content: its members, names in lower case.
    :param zoned: whether the version of the API knows times with a time zone.
    :returns: start, end and time zone.
    :raises RefusalError: if it mixes both forms, is no window, or is shorter than six hours.
    """
    local = [content.get(name) for name in ("preferredstarttime", "preferredendtime")]
    zone = content.get("timezoneid")
    moments = [content.get(name) for name in ("preferredstarttimeutc", "preferredendtimeutc")]
    given = [zone, *local]
    if any(given) and any(moments):
        raise invalid("preferredStartTimeUtc", "Either local times or UTC moments, not both.")
    if zoned and all(given):
        if zone not in TIME_ZONES:
            raise invalid("timeZoneId", f"There is no time zone '{zone}'.")
        start, end = map(str, local)
    elif all(moments):
        (start, end), zone = (_time_of(str(one)) for one in moments), "UTC"
    else:
        raise RefusalError(400, "requestBodyRequired", "The window's start and end are missing.")
    if not (_TIME.fullmatch(start) and _TIME.fullmatch(end)):
        raise RefusalError(400, "invalidRange", f"'{start}' to '{end}' is no window.")
    if (_minutes(end) - _minutes(start)) % _DAY < _LEAST:
        text = "The update window must be at least six hours."
        raise RefusalError(400, "ScheduledUpgradeConstraintViolation", text)
    return start, end, str(zone)


def next_window(window: Window, now: float) -> tuple[float, float]:
    """Find the current or next occurrence of a window.

    :param window: start, end and time zone.
    :param now: the time, in seconds since 1970-01-01T00:00:00Z.
    :returns: when it starts and when it ends.
    """
    start, end, zone = window
    here = datetime.fromtimestamp(now, _offset(TIME_ZONES[zone]))
    hour, minute = map(int, start.split(":"))
    opens = here.replace(hour=hour, minute=minute, second=0, microsecond=0) - timedelta(days=1)
    length = timedelta(minutes=(_minutes(end) - _minutes(start)) % _DAY)
    while opens + length <= here:
        opens += timedelta(days=1)
    return opens.timestamp(), (opens + length).timestamp()


def wait_for(window: Window, now: float) -> float:
    """Say how long it is until a window is open.

    :param window: start, end and time zone.
    :param now: the time, in seconds since 1970-01-01T00:00:00Z.
    :returns: seconds; 0 inside the window.
    """
    return max(0.0, next_window(window, now)[0] - now)


def _time_of(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%H:%M")
    except ValueError:
        raise RefusalError(400, "invalidRange", f"'{text}' is no date and time.") from None


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _offset(text: str) -> timezone:
    sign = -1 if text.startswith("-") else 1
    return timezone(sign * timedelta(minutes=_minutes(text.lstrip("+-"))))
