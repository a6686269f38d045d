"""Wait for records of Business Central."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context, PokeReturnValue, conf
from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.errors import Unavailable
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures, raise_for_event
from airflow_provider_bc.hooks.record_watch import RecordWatch, Scalar
from airflow_provider_bc.odata.filters import Filter
from airflow_provider_bc.triggers.record import BusinessCentralRecordTrigger


class BusinessCentralRecordSensor(BaseSensorOperator):
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
    :param bc_conn_id: the connection (templated).
    :param environment: an environment in place of the connection's (templated).
    :param tenant_id: a tenant in place of the connection's, for an app that serves several
        (templated).
    :param company: a company in place of the connection's (templated).
    :param failures_allowed: how many looks in a row may find Business Central unavailable; with
        ``mode="reschedule"`` none may, and the task's retries apply.
    :param deferrable: whether to wait in the triggerer.
    """

    template_fields: Sequence[str] = (
        "bc_conn_id",
        "environment",
        "tenant_id",
        "company",
        "api",
        "entity_set",
        "where",
        "key",
        "field",
        "value",
    )
    ui_color = "#d6eef5"

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
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        tenant_id: str | None = None,
        company: str | None = None,
        failures_allowed: int = 5,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
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
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id
        self.company = company
        self.failures_allowed = failures_allowed
        self.deferrable = deferrable
        self._failures = 0

    def execute(self, context: Context) -> Any:
        """Wait, here or in the triggerer.

        :return: what was found: ``rows``, or ``key`` and ``value``.
        :raises AirflowSensorTimeout: when `timeout` is over.
        """
        if not self.deferrable:
            return super().execute(context)
        found = self.poke(context)
        if found:
            return found.xcom_value
        self.defer(
            trigger=BusinessCentralRecordTrigger(
                bc_conn_id=self.bc_conn_id,
                environment=self.environment,
                tenant_id=self.tenant_id,
                company=self.company,
                end_time=time.time() + self.timeout,
                poll_interval=self.poke_interval,
                failures_allowed=self.failures_allowed,
                **self._watch().arguments(),
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )
        return None

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once.

        :return: true with what was found, or false for "not yet".
        """
        del context
        hook = BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )
        with airflow_failures(), hook:
            client = hook.get_conn()
            try:
                found = client.perform(self._watch().look(client.operations))
                self._failures = 0
            except Unavailable as error:
                self._failures += 1
                # A rescheduled look is a new process, which cannot count.
                if self.reschedule or self._failures > self.failures_allowed:
                    raise
                self.log.warning("Failure %d in a row: %s", self._failures, error)
                found = None
        self.log.info("Found %s", found or "nothing yet")
        return PokeReturnValue(found is not None, found)

    def execute_complete(
        self, context: Context, event: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Take over from the trigger.

        :param event: what the trigger sent.
        :return: what was found.
        :raises AirflowSensorTimeout: when the deadline passed.
        """
        del context
        if event and event.get("status") == "timeout":
            said = f"No such record of {self.entity_set} within {self.timeout:.0f} s."
            raise AirflowSensorTimeout(f"{said} {event.get('message') or ''}".rstrip())
        found = {**raise_for_event(event)}
        found.pop("status")
        return found

    def _watch(self) -> RecordWatch:
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
