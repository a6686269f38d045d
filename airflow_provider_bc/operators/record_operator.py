"""What every operator on records has: an entity set of a company."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.api.entities import Record
from airflow_provider_bc.api.options import Place
from airflow_provider_bc.errors import Conflict
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.links.business_central import BusinessCentralRecordLink
from airflow_provider_bc.operators.company_operator import CompanyOperator


class RecordOperator(CompanyOperator):
    """One task, one record.

    :param entity_set: e.g. ``customers`` (templated).
    :param kwargs: the arguments of `CompanyOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*CompanyOperator.template_fields, "entity_set")
    operator_extra_links = (BusinessCentralRecordLink(),)

    def __init__(self, *, entity_set: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entity_set = entity_set

    def place(self) -> Place:
        """Say where the entity set is; the hook knows the company."""
        return {"api": self.api}

    def show(
        self,
        context: Context,
        hook: BusinessCentralHook,
        record: Any,
        entity_set: str | None = None,
    ) -> None:
        """Let the link of the task lead to a record.

        :param context: of the task.
        :param hook: of the task.
        :param record: the row, or its key, which leads to the company alone.
        :param entity_set: where the record is, unless it is the operator's.
        """
        BusinessCentralRecordLink.persist(
            context, hook, entity_set=entity_set or self.entity_set, record=record, api=self.api
        )


@contextmanager
def failures_of(record: Record, etag: str | None = None) -> Iterator[None]:
    """Raise Airflow's exceptions, and let a conflict fail that every try would meet again.

    :param record: that the task is about; a row has the etag of when it was read.
    :param etag: in place of the row's.
    """
    with airflow_failures():
        try:
            yield
        except Conflict as error:
            read = record.get("@odata.etag") if isinstance(record, Mapping) else None
            if (etag or read) in (None, "", "*"):
                raise
            raise AirflowFailException(
                f"Conflict: {error} A retry would send the same etag: run the task that read the "
                "record again, or give its key."
            ) from error


def exact(value: Any) -> Any:
    """Make a row fit for XCom: a decimal becomes its text, since XCom would make a float of it.

    The operators take such text for a number again. The etag stays, the context does not.

    :param value: a row, or a part of one.
    """
    if isinstance(value, Mapping):
        return {name: exact(part) for name, part in value.items() if name != "@odata.context"}
    if isinstance(value, list):
        return [exact(part) for part in value]
    return format(value, "f") if isinstance(value, Decimal) else value
