"""What every sensor that looks into one company has: a company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_bc.sensors.watch_sensor import WatchSensor


class CompanySensor(WatchSensor):
    """Waits until something comes to pass in one company.

    :param company: a company in place of the connection's (templated).
    :param kwargs: the arguments of `WatchSensor`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*WatchSensor.template_fields, "company")

    def __init__(self, *, company: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.company = company
