"""Post, ship, cancel … a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from airflow.sdk import Context

from airflow_provider_bc.api.entities import Record
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.operators.earlier_try import (
    first_possible,
    is_cleared,
    is_retry,
    perhaps_done,
)
from airflow_provider_bc.operators.record_operator import RecordOperator, exact, failures_of


class BusinessCentralBoundActionOperator(RecordOperator):
    """Call a bound action of a record; it is sent once, and never again after a lost answer.

    A retry that Airflow makes on its own, as after the death of a worker, sends it again unless a
    document that leads back to the record tells that it was carried out. What Business Central then
    refuses may be done already, and the message says so.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesinvoice_post

    :param record: the row as another task returned it, or its key (templated).
    :param action: e.g. ``post``, ``shipAndInvoice``, ``makeOrder``, ``cancel`` (templated).
    :param arguments: its parameters by name (templated).
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *RecordOperator.template_fields,
        "record",
        "action",
        "arguments",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"arguments": "json", "record": "json"}

    def __init__(
        self,
        *,
        record: Record,
        action: str,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.record = record
        self.action = action
        self.arguments = arguments

    def execute(self, context: Context) -> dict[str, Any]:
        """Call the action.

        :return: ``entity_set`` and ``row`` of the resulting document; the row is None where the API
            gives no way to find it. Decimals are text.
        :raises AirflowFailException: also where it is unknown whether the action was carried out:
            a retry could do it again.
        """
        with failures_of(self.record), perhaps_done(context), self.hook() as hook:
            self.show(context, hook, self.record)
            acted = hook.act(
                self.entity_set,
                self.record,
                self.action,
                arguments=self.arguments,
                retry_since=self._retry_since(context, hook),
                **self.place(),
            )
            if acted.row is not None:
                self.show(context, hook, acted.row, acted.entity_set)
        self.log.info("%s of %s is done", self.action, self.entity_set)
        if acted.unread is not None:
            self.log.warning("What it made could not be read: %s", acted.unread)
        return {"entity_set": acted.entity_set, "row": exact(acted.row)}

    def _retry_since(self, context: Context, hook: BusinessCentralHook) -> datetime | None:
        if not is_retry(context) or is_cleared(context, self.retries):
            return None
        hook.companies()  # their time comes with the answer
        return first_possible(hook, context)
