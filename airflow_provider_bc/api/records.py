"""Creating, changing and deleting records, each as a conversation that is safe to repeat.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Unpack
from uuid import uuid4

from airflow_provider_bc.api.entities import Entities, Record, Target
from airflow_provider_bc.api.exchange import looked_up
from airflow_provider_bc.api.options import (
    CreateOptions,
    DeleteOptions,
    UpdateOptions,
    UpsertOptions,
    check_options,
)
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    NO_SUCH_RECORD,
    BusinessCentralError,
    ConfigurationError,
    Conflict,
    NotFound,
    UnexpectedAnswer,
)
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.odata.payload import changes, encode_json, entity_values, only

DUPLICATE = "Internal_EntityWithSameKeyExists"
READ_ONLY = "BadRequest_InvalidOperation"

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert did.

    :param row: the record as it is now.
    :param outcome: ``created``, ``updated`` or ``unchanged``.
    """

    row: Row
    outcome: Outcome


class Records:
    """The writing half of the data API.

    :param entities: finds and addresses what is written.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    def create(
        self, entity_set: str, values: Mapping[str, Any], **options: Unpack[CreateOptions]
    ) -> Conversation[Row]:
        """Create an entity, and its children where lists of them are among the values.

        An answer that is lost, or a request that is repeated, creates nothing twice: the record is
        looked for by its id, or by the natural key of `CreateOptions`. Business Central validates
        the values in their order.
        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/transition-to-api-v2.0

        :param entity_set: e.g. ``customers``, or ``salesOrders(…)/salesOrderLines``.
        :param values: by property; see `entity_values`.
        :param options: see `CreateOptions`.
        :return: the record, as the service completed it.
        :raises ConfigurationError: for an unknown property, or a value of another type.
        :raises ApplicationRejected: when the business logic says no.
        """
        check_options(options, CreateOptions)
        target = yield from self._entities.target(entity_set, options)
        ready = entity_values(values, target.kind, target.metadata, deep=True)
        by, expand = options.get("by"), options.get("expand", ())
        if by:
            ready |= (natural := only(ready, by))
            if found := (yield from self._entities.find(target, natural, expand)):
                return found
        chosen = options.get("record_id", uuid4() if takes_id(target) and not by else None)
        if chosen is not None:
            ready = {"id": str(chosen).lower()} | ready
        try:
            return (yield from self._insert(target, ready, expand))
        except BusinessCentralError as error:
            if error.code == READ_ONLY and "id" in ready:
                ready = _without_own_id(ready, options, values, error)
                return (yield from self._insert(target, ready, expand))
            if error.code != DUPLICATE and not error.in_doubt:
                raise
            doubt = error
        return (yield from self._created(target, ready, options, doubt))

    def update(
        self,
        entity_set: str,
        record: Record,
        values: Mapping[str, Any],
        **options: Unpack[UpdateOptions],
    ) -> Conversation[Row]:
        """Change an entity.

        :param entity_set: e.g. ``customers``.
        :param record: the row as it was read, whose etag guards it, or its key.
        :param values: what to change, by property.
        :param options: see `UpdateOptions`.
        :return: the record as it is then.
        :raises Conflict: when it was changed since it was read.
        :raises NotFound: when there is none.
        """
        check_options(options, UpdateOptions)
        target = yield from self._entities.target(entity_set, options)
        ready = entity_values(values, target.kind, target.metadata, deep=False)
        if not ready:
            raise ConfigurationError("There is nothing to change.", remedy="Give a property.")
        key, read = target.key_of(record)
        etag = options.get("etag") or read
        left = options.get("reapply", 0)
        while True:
            if etag is None:
                etag = (yield from self._entities.read(target, key)).get("@odata.etag", "*")
            try:
                return (yield from self._change(target, key, etag, ready))
            except Conflict as conflict:
                if left < 1 and not options.get("repeated"):
                    raise
                now = yield from looked_up(self._entities.read(target, key), conflict)
                if options.get("repeated") and not changes(target.kind, ready, now):
                    return now
                if left < 1:
                    raise
                left, etag = left - 1, str(now.get("@odata.etag", "*"))

    def delete(
        self, entity_set: str, record: Record, **options: Unpack[DeleteOptions]
    ) -> Conversation[bool]:
        """Delete an entity.

        :param entity_set: e.g. ``customers``.
        :param record: the row as it was read, whose etag guards it, or its key.
        :param options: see `DeleteOptions`.
        :return: False when it was not there, which is an error unless ``missing_ok``.
        :raises Conflict: when it was changed since it was read.
        :raises NotFound: when there is none.
        """
        check_options(options, DeleteOptions)
        target = yield from self._entities.target(entity_set, options)
        key, read = target.key_of(record)
        etag = options.get("etag") or read or "*"
        try:
            yield from self._entities.send(target, "DELETE", key, headers={"If-Match": etag})
        except NotFound as error:
            if options.get("missing_ok") and error.code in (None, *NO_SUCH_RECORD):
                return False
            raise
        except BusinessCentralError as error:
            if not error.in_doubt:
                raise
            yield from self._gone(target, key, error)
        return True

    def upsert(
        self, entity_set: str, values: Mapping[str, Any], **options: Unpack[UpsertOptions]
    ) -> Conversation[Upserted]:
        """Create an entity, or change the one that has the same natural key.

        :param entity_set: e.g. ``items``.
        :param values: by property, those of the natural key among them.
        :param options: see `UpsertOptions`.
        :return: the record, and what was done; a record that holds all values is not written.
        :raises ConfigurationError: when several records have the natural key, or it is blank.
        :raises Conflict: when it was changed meanwhile, more often than ``reapply`` allows.
        """
        check_options(options, UpsertOptions)
        by = options.get("by", ("number",))
        target = yield from self._entities.target(entity_set, options)
        ready = entity_values(values, target.kind, target.metadata, deep=True)
        natural = only(ready, by)
        found = yield from self._entities.find(target, natural)
        if found is None:
            try:
                place: CreateOptions = {"company": options.get("company")}
                place["api"] = options.get("api", STANDARD_API)
                row = yield from self.create(entity_set, {**values, **natural}, **place)
                return Upserted(row, "created")
            except BusinessCentralError as error:
                if error.code != DUPLICATE and not error.in_doubt:
                    raise
                found = yield from self._found_after(target, natural, error)
                flat = {name: one for name, one in ready.items() if not isinstance(one, list)}
                if error.in_doubt and not changes(target.kind, flat, found):
                    return Upserted(found, "created")
        wanted = {name: value for name, value in ready.items() if name not in natural}
        entity_values(wanted, target.kind, target.metadata, deep=False)
        left = changes(target.kind, wanted, found)
        if not left:
            return Upserted(found, "unchanged")
        change: UpdateOptions = {"reapply": options.get("reapply", 0)}
        change["company"], change["api"] = options.get("company"), options.get("api", STANDARD_API)
        row = yield from self.update(entity_set, found, left, **change)
        return Upserted(row, "updated")

    def _insert(self, target: Target, ready: dict[str, Any], expand: Any) -> Conversation[Row]:
        body = encode_json(ready)
        row = yield from self._entities.send(
            target, "POST", None, headers={}, body=body, expand=expand
        )
        if row is None:
            error = UnexpectedAnswer(
                "The record was created, but the answer does not show it.",
                remedy="Look for it by its natural key.",
            )
            error.in_doubt = True
            raise error
        return row

    def _created(
        self,
        target: Target,
        ready: Mapping[str, Any],
        options: CreateOptions,
        doubt: BusinessCentralError,
    ) -> Conversation[Row]:
        """Look whether a create was carried out, after an error that leaves it open."""
        expand = options.get("expand", ())
        try:
            if "id" in ready:
                return (yield from self._entities.read(target, ready["id"], expand))
            if by := options.get("by"):
                found = yield from self._entities.find(target, only(ready, by), expand)
                if found:
                    return found
        except BusinessCentralError as error:
            raise doubt from error
        raise doubt

    def _found_after(
        self, target: Target, natural: Mapping[str, Any], doubt: BusinessCentralError
    ) -> Conversation[Row]:
        """Find what a create has left behind, after an error that leaves it open."""
        found = yield from looked_up(self._entities.find(target, natural), doubt)
        if found is None:
            raise doubt
        return found

    def _change(
        self, target: Target, key: Any, etag: str, ready: dict[str, Any]
    ) -> Conversation[Row]:
        headers, body = {"If-Match": etag}, encode_json(ready)
        try:
            row = yield from self._entities.send(target, "PATCH", key, headers=headers, body=body)
        except BusinessCentralError as error:
            if not error.in_doubt:
                raise
            try:
                now = yield from self._entities.read(target, key)
            except BusinessCentralError:
                raise error from None
            if changes(target.kind, ready, now):
                raise
            return now
        return row if row is not None else (yield from self._entities.read(target, key))

    def _gone(self, target: Target, key: Any, doubt: BusinessCentralError) -> Conversation[None]:
        """Look whether a delete was carried out, after an error that leaves it open."""
        try:
            yield from self._entities.read(target, key)
        except NotFound:
            return
        except BusinessCentralError as error:
            raise doubt from error
        raise doubt


def _without_own_id(
    ready: dict[str, Any],
    options: CreateOptions,
    values: Mapping[str, Any],
    error: BusinessCentralError,
) -> dict[str, Any]:
    """Leave out an id that nobody asked for, where the entity set gives its ids itself."""
    if "record_id" in options or "id" in values:
        error.remedy = "Where no id may be given, give a natural key in by=[…] instead."
        raise error
    return {name: value for name, value in ready.items() if name != "id"}


def takes_id(target: Target) -> bool:
    """Say whether a client may choose the id: so it is in the standard API, by GUID.

    :param target: the entity set; documents refuse it all the same, which only an attempt tells.
    """
    key = target.kind.properties.get("id")
    standard = target.place.get("api", STANDARD_API) == STANDARD_API
    return standard and target.kind.key == ("id",) and key is not None and key.type == "Edm.Guid"
