"""Wait for records of Business Central."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.hooks.record_watch import RecordWatch
from airflow_provider_bc.hooks.watch import Scalar
from airflow_provider_bc.odata.filters import Filter
from airflow_provider_bc.sensors.company_sensor import CompanySensor
from airflow_provider_bc.triggers.record import BusinessCentralRecordTrigger
from airflow_provider_bc.triggers.watch import WatchTrigger


class BusinessCentralRecordSensor(CompanySensor):
    """Wait until rows match a filter, or until a field of one record has reached a value.

    With ``deferrable=True`` it waits in the triggerer and holds no worker slot.
    https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/sensors.html

    :param entity_set: e.g. ``salesInvoices`` (templated).
    :param where: a condition on rows, a `Filter` or its text (templated).
    :param at_least: how many rows must match.
    :param key: the id of one record, in place of `where` (templated).
    :param field: the field of that record; without one its existence suffices (templated).
    :param value: what the field must be; enums by caption, e.g. ``"Paid"`` (templated).
    :param missing_is_pending: whether "no such record" (404) means "not yet"; goes with `key`.
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4`` (templated).
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``.
    :param kwargs: the arguments of `CompanySensor`, and Airflow's own.
    """

    trigger_class: ClassVar[type[WatchTrigger]] = BusinessCentralRecordTrigger
    template_fields: Sequence[str] = (
        *CompanySensor.template_fields,
        "api",
        "entity_set",
        "where",
        "key",
        "field",
        "value",
    )

    def __init__(
        self,
        *,
        entity_set: str,
        where: Filter | str | None = None,
        at_least: int = 1,
        key: str | None = None,
        field: str | None = None,
        value: Scalar = None,
        missing_is_pending: bool = False,
        api: str = STANDARD_API,
        schema_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.entity_set = entity_set
        self.where = where.untemplated() if isinstance(where, Filter) else where
        self.at_least = at_least
        self.key = key
        self.field = field
        self.value = value
        self.missing_is_pending = missing_is_pending
        self.api = api
        self.schema_version = schema_version

    def watch(self) -> RecordWatch:
        """Say what is awaited."""
        return RecordWatch(
            entity_set=self.entity_set,
            where=self.where,
            at_least=self.at_least,
            key=None if self.key is None else str(self.key),
            field=self.field,
            value=self.value,
            missing_is_pending=self.missing_is_pending,
            api=self.api,
            schema_version=self.schema_version,
        )
