"""What a record sensor looks for, for the worker and for the triggerer alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, NotFound
from airflow_provider_bc.hooks.watch import Scalar, Watch
from airflow_provider_bc.odata.names import decode_name

_NO_SUCH_ROUTE = "BadRequest_NotFound"


@dataclass(frozen=True)
class RecordWatch(Watch):
    """A condition on an entity set, made of JSON scalars so that it can travel to a trigger.

    Either rows matching a filter, or one record whose field has reached a value.

    :param entity_set: e.g. ``salesInvoices``.
    :param where: a condition on rows, as text.
    :param at_least: how many rows must match.
    :param key: the id of one record, in place of `where`.
    :param field: the field of that record.
    :param value: what the field must be.
    :param missing_is_pending: whether "no such record" means "not yet"; it goes with `key`.
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4``.
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``.
    """

    entity_set: str
    where: str | None = None
    at_least: int = 1
    key: str | None = None
    field: str | None = None
    value: Scalar = None
    missing_is_pending: bool = False
    api: str = STANDARD_API
    schema_version: str | None = None

    def check(self) -> None:
        """Refuse a condition that could never be judged.

        :raises ConfigurationError: naming the arguments that do not fit together.
        """
        if self.key is None and (self.field is not None or self.value is not None):
            raise ConfigurationError(
                "field and value need key.", remedy="Name the record by key, or use where."
            )
        if self.key is not None and self.where is not None:
            raise ConfigurationError(
                "key and where exclude each other.",
                remedy="Give key with field and value, or where.",
            )
        if (self.field is None) != (self.value is None):
            raise ConfigurationError(
                "field and value need each other.",
                remedy="Give both, or neither to wait until the record exists.",
            )
        if not isinstance(self.value, str | int | float | None):
            raise ConfigurationError(
                f"value is a {type(self.value).__name__}.", remedy="Give text, a number or a bool."
            )
        if self.at_least < 1:
            raise ConfigurationError(
                f"at_least is {self.at_least}.", remedy="Give 1 or more: 0 always holds."
            )

    @property
    def subject(self) -> str:
        """The entity set, and which of its records."""
        return f"{self.entity_set} {self.key or self.where or ''}".rstrip()

    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once.

        :param client: the client that performs this.
        :return: what was found, as a small payload; None for "not yet".
        :raises NotFound: when the record or entity set is missing, unless that means "not yet".
        """
        self.check()
        operations = client.operations
        try:
            if self.key is not None:
                return (yield from self._look_at_record(operations, self.key))
            return (yield from self._count_rows(operations))
        except NotFound as error:
            if self.key and self.missing_is_pending and error.code != _NO_SUCH_ROUTE:
                return None
            raise

    def _count_rows(self, operations: Operations) -> Conversation[dict[str, Any] | None]:
        rows = yield from operations.count(
            self.entity_set, where=self.where, api=self.api, schema_version=self.schema_version
        )
        return {"rows": rows} if rows >= self.at_least else None

    def _look_at_record(
        self, operations: Operations, key: str
    ) -> Conversation[dict[str, Any] | None]:
        row = yield from operations.get(
            self.entity_set, key, api=self.api, schema_version=self.schema_version
        )
        if self.field is None:
            return {"key": key}
        if self.field not in row:
            raise ConfigurationError(
                f"{self.entity_set} has no field {self.field!r}; it has {', '.join(sorted(row))}.",
                remedy="Correct the field.",
            )
        found = row[self.field]
        return {"key": key, "value": str(self.value)} if _same(found, self.value) else None


def _same(found: Any, wanted: Scalar) -> bool:
    """Compare as a person would: 0.1 is 0.10, and an enum's name is its caption."""
    if isinstance(found, bool):
        return str(found).lower() == str(wanted).lower()
    if isinstance(found, int | Decimal):
        try:
            return Decimal(str(wanted)) == found
        except InvalidOperation:
            return False
    return found is not None and decode_name(str(found)) == decode_name(str(wanted))
