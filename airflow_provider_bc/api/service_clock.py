"""What time it is where the rows are stamped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from airflow_provider_bc.wire import Response


class ServiceClock:
    """Reads the service's clock from the Date of its answers.

    https://www.rfc-editor.org/rfc/rfc9110#field.date

    :param now: this machine's clock, believed until an answer says otherwise.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._ahead = timedelta(0)

    def hear(self, response: Response) -> None:
        """Note the time that an answer tells; an answer without one changes nothing.

        :param response: just received.
        """
        try:
            said = parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return
        self._ahead = said - self._now()

    def now(self) -> datetime:
        """Give the service's time, to a second or two."""
        return self._now() + self._ahead
