"""Create, change and delete records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from airflow.sdk import Context

from airflow_provider_bc.api.entities import Record
from airflow_provider_bc.api.options import (
    CreateOptions,
    DeleteOptions,
    UpdateOptions,
    UpsertOptions,
)
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.earlier_try import is_retry, perhaps_done
from airflow_provider_bc.operators.record_operator import RecordOperator, exact, failures_of

OF_THE_RUN = "of the run"
"""An id that is the same in every attempt of a task instance, and in no other."""


class BusinessCentralCreateRecordOperator(RecordOperator):
    """Create a record, and its lines where they are among the values; a retry creates no second.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_customer_create

    :param values: by property, in the order in which Business Central shall validate them; numbers
        and dates may be text (templated).
    :param record_id: the id of the new record (templated). By default one that belongs to this task
        instance, so that a retry, even after a crash, finds what was created. None leaves it to
        Business Central: then a task whose answer is lost fails, and a task that is killed and
        tried again may create a second record.
    :param by: a natural key in place of an id, e.g. ``["externalDocumentNumber"]``: a record that
        has these values is returned, and none is created. Documents, which take no id, need it.
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*RecordOperator.template_fields, "values", "record_id", "by")
    template_fields_renderers: ClassVar[dict[str, str]] = {"values": "json"}

    def __init__(
        self,
        *,
        values: Mapping[str, Any],
        record_id: str | None = OF_THE_RUN,
        by: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.values = values
        self.record_id = record_id
        self.by = by

    def execute(self, context: Context) -> dict[str, Any]:
        """Create the record.

        :return: the record as the service completed it; decimals as text.
        """
        options: CreateOptions = {"api": self.api, "by": self.by}
        with airflow_failures(), self.hook() as hook:
            if not self.by:
                options["record_id"] = self._id(context)
            row = hook.create(self.entity_set, self.values, **options)
            self.show(context, hook, row)
        self.log.info("Created %s %s", self.entity_set, row.get("number") or row.get("id"))
        created: dict[str, Any] = exact(row)
        return created

    def _id(self, context: Context) -> str | None:
        if self.record_id != OF_THE_RUN:
            return self.record_id
        if self.api != STANDARD_API:
            raise ConfigurationError(
                f"A record of {self.api} cannot be given an id of the run.",
                remedy="Give by=[…] with a natural key, or record_id=None if it may come twice.",
            )
        ti = context["ti"]
        run = [ti.dag_id, ti.run_id, ti.task_id, str(ti.map_index)]
        return str(uuid5(NAMESPACE_URL, "\n".join(["airflow_provider_bc", *run])))


class BusinessCentralUpdateRecordOperator(RecordOperator):
    """Change a record.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_customer_update

    :param record: the row as another task returned it, whose etag guards it, or its key
        (templated).
    :param values: what to change, by property; numbers and dates may be text (templated).
    :param etag: in place of the row's; ``*`` for whatever the record is now (templated).
    :param reapply: how often the record is read again and the change applied to it, where somebody
        else changed it meanwhile; 0 makes that an error, which a retry of the task cures where
        ``record`` is a key.
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*RecordOperator.template_fields, "record", "values", "etag")
    template_fields_renderers: ClassVar[dict[str, str]] = {"values": "json", "record": "json"}

    def __init__(
        self,
        *,
        record: Record,
        values: Mapping[str, Any],
        etag: str | None = None,
        reapply: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.record = record
        self.values = values
        self.etag = etag
        self.reapply = reapply

    def execute(self, context: Context) -> dict[str, Any]:
        """Change the record.

        :return: the record as it is then; decimals as text.
        """
        options: UpdateOptions = {
            **self.place(),
            "etag": self.etag,
            "reapply": self.reapply,
            "repeated": is_retry(context),
        }
        failures = airflow_failures() if self.reapply else failures_of(self.record, self.etag)
        with failures, self.hook() as hook:
            self.show(context, hook, self.record)
            row = hook.update(self.entity_set, self.record, self.values, **options)
            self.show(context, hook, row)
        changed: dict[str, Any] = exact(row)
        return changed


class BusinessCentralUpsertRecordOperator(RecordOperator):
    """Create a record, or change the one that has the same natural key.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data

    :param values: by property; numbers and dates may be text (templated).
    :param by: the properties that tell whether the record is there.
    :param reapply: see `BusinessCentralUpdateRecordOperator`.
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*RecordOperator.template_fields, "values", "by")
    template_fields_renderers: ClassVar[dict[str, str]] = {"values": "json"}

    def __init__(
        self,
        *,
        values: Mapping[str, Any],
        by: Sequence[str] = ("number",),
        reapply: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.values = values
        self.by = by
        self.reapply = reapply

    def execute(self, context: Context) -> dict[str, Any]:
        """Create or change the record.

        :return: ``outcome``, which is ``created``, ``updated`` or ``unchanged``, and ``row``.
        """
        options: UpsertOptions = {**self.place(), "by": self.by, "reapply": self.reapply}
        with airflow_failures(), self.hook() as hook:
            done = hook.upsert(self.entity_set, self.values, **options)
            self.show(context, hook, done.row)
        self.log.info("%s: %s", self.entity_set, done.outcome)
        return {"outcome": done.outcome, "row": exact(done.row)}


class BusinessCentralDeleteRecordOperator(RecordOperator):
    """Delete a record.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_customer_delete

    :param record: the row as another task returned it, whose etag guards it, or its key
        (templated).
    :param etag: in place of the row's (templated).
    :param missing_ok: whether a record that is not there counts as deleted, as after a crash of an
        attempt that deleted it.
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*RecordOperator.template_fields, "record", "etag")
    template_fields_renderers: ClassVar[dict[str, str]] = {"record": "json"}

    def __init__(
        self, *, record: Record, etag: str | None = None, missing_ok: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.record = record
        self.etag = etag
        self.missing_ok = missing_ok

    def execute(self, context: Context) -> bool:
        """Delete the record.

        :return: False when it was not there.
        """
        options: DeleteOptions = {
            **self.place(),
            "etag": self.etag,
            "missing_ok": self.missing_ok,
        }
        failures = failures_of(self.record, self.etag)
        with failures, perhaps_done(context), self.hook() as hook:
            self.show(context, hook, None)
            return hook.delete(self.entity_set, self.record, **options)
