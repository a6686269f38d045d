"""Bound actions: post, ship, cancel … and the document that comes of it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-creating-and-interacting-with-odatav4-bound-action
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from airflow_provider_bc.api.entities import Entities, Record, Target
from airflow_provider_bc.api.options import ActOptions, check_options
from airflow_provider_bc.api.routes import ODATA_V4, STANDARD_API
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    BusinessCentralError,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
)
from airflow_provider_bc.odata.literals import Key
from airflow_provider_bc.odata.metadata import did_you_mean
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.odata.payload import UNSET, encode_json


@dataclass(frozen=True, slots=True)
class Link:
    """How the document that an action makes is found: it has a value of the one acted upon.

    :param target: the entity set of the new document.
    :param fields: pairs of its property and the property of the old document.
    """

    target: str
    fields: tuple[tuple[str, str], ...]


_BY_ORDER = (("orderId", "id"),)
_BY_REFERENCE = (("externalDocumentNumber", "externalDocumentNumber"), ("customerId", "customerId"))

LINKS: dict[tuple[str, str], Link] = {
    ("salesOrders", "shipAndInvoice"): Link("salesInvoices", _BY_ORDER),
    ("purchaseOrders", "receiveAndInvoice"): Link("purchaseInvoices", _BY_ORDER),
    ("salesQuotes", "makeOrder"): Link("salesOrders", _BY_REFERENCE),
    ("salesQuotes", "makeInvoice"): Link("salesInvoices", _BY_REFERENCE),
    ("salesInvoices", "makeCorrectiveCreditMemo"): Link("salesCreditMemos", (("invoiceId", "id"),)),
}
"""The actions of the standard API that make another document, which the answer does not name."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What an action left behind.

    :param entity_set: where the resulting document is.
    :param row: the document; None where the API gives no way to find it, it is gone, or could not
        be read.
    :param unread: why it could not be read.
    """

    entity_set: str
    row: Row | None
    unread: BusinessCentralError | None = None


class Actions:
    """The bound actions of the entities.

    :param entities: finds and addresses what is acted upon.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    def act(
        self, entity_set: str, record: Record, action: str, **options: Unpack[ActOptions]
    ) -> Conversation[Acted]:
        """Call a bound action of an entity; it is sent once, and never again after a lost answer.

        The resulting document is the entity itself, or the new one that leads back to it: an
        invoice to its order, a credit memo to its invoice. An order or invoice leads to its quote
        only by an ``externalDocumentNumber`` that the quote has.

        :param entity_set: e.g. ``salesInvoices``.
        :param record: the row as it was read, or its key.
        :param action: e.g. ``post``; ``Microsoft.NAV.`` may stand before it.
        :param options: see `ActOptions`.
        :return: where the resulting document is, and the document.
        :raises ConfigurationError: for an action or argument that $metadata does not have.
        :raises ApplicationRejected: when the business logic says no.
        :raises OutcomeUnknown: when an earlier call may have made what this one is to make.
        """
        check_options(options, ActOptions)
        target = yield from self._entities.target(entity_set, options)
        name = known_action(target, action)
        arguments = options.get("arguments") or {}
        check_arguments(target, name, arguments)
        key, etag = target.key_of(record)
        link = LINKS.get((entity_set, name)) if target.place.get("api") == STANDARD_API else None
        made = (yield from self._linked(target, key, link)) if link else None
        if made is not None:
            made.refuse_changed_since(options.get("retry_since"))
        before = {row["id"] for row in made.rows} if made else set()
        yield from self._call(target, key, name, arguments, etag)
        try:
            if link is None:
                return Acted(entity_set, (yield from self._entities.read(target, key)))
            new = [] if made is None else (yield from made.again(self._entities))
        except BusinessCentralError as error:  # what is done must not look as if it were not
            return Acted(link.target if link else entity_set, None, _unless_gone(error))
        new = [row for row in new if row["id"] not in before]
        return Acted(link.target, new[0] if len(new) == 1 else None)

    def _call(
        self, target: Target, key: Key, action: str, arguments: Mapping[str, Any], etag: str | None
    ) -> Conversation[None]:
        url = yield from self._entities.url(target, key, f"/{space_of(target)}.{action}")
        headers = {"If-Match": etag} if etag else {}
        if arguments:
            headers["Content-Type"] = "application/json"
        body = encode_json(arguments) if arguments else b""
        request = self._entities.exchange.request("POST", url, headers, body)
        yield from self._entities.exchange.send(request)

    def _linked(self, target: Target, key: Key, link: Link) -> Conversation[_Linked | None]:
        """Find what leads back to the document already; None where nothing will."""
        row = yield from self._entities.read(target, key)
        values = {theirs: row.get(ours) for theirs, ours in link.fields}
        if any(value is None or value in UNSET.values() for value in values.values()):
            return None
        there = yield from self._entities.target(link.target, target.place)
        return _Linked(there, values, (yield from self._entities.all_with(there, values)))


@dataclass(frozen=True, slots=True)
class _Linked:
    target: Target
    values: dict[str, Any]
    rows: list[Row]

    def again(self, entities: Entities) -> Conversation[list[Row]]:
        return entities.all_with(self.target, self.values)

    def refuse_changed_since(self, since: datetime | None) -> None:
        """Refuse to make a second document where one may be what an earlier call made."""
        if since is None:
            return
        for row in self.rows:
            changed = datetime.fromisoformat(str(row["lastModifiedDateTime"]))
            if changed >= since:
                raise OutcomeUnknown(
                    f"An earlier try may have made {row.get('number') or row['id']} of "
                    f"{self.target.path}, which was changed at {changed.isoformat()}.",
                    remedy="Look in Business Central; clear the task if another one is wanted.",
                )


def _unless_gone(error: BusinessCentralError) -> BusinessCentralError | None:
    return None if isinstance(error, NotFound) else error


def space_of(target: Target) -> str:
    """Name the namespace of an entity set's actions.

    :param target: the entity set.
    """
    return "NAV" if target.place.get("api") == ODATA_V4 else "Microsoft.NAV"


def known_action(target: Target, action: str) -> str:
    """Find an action, whatever the case of its letters: so does the service.

    :param target: the entity set.
    :param action: e.g. ``post``; ``Microsoft.NAV.`` may stand before it.
    :return: its name as $metadata has it.
    :raises ConfigurationError: for an unknown one, with the nearest names.
    """
    action = action.removeprefix("Microsoft.").removeprefix("NAV.")
    for name in target.kind.actions:
        if name.casefold() == action.casefold():
            return name
    raise ConfigurationError(
        f"{target.kind.name} has no bound action {action!r}.",
        remedy=did_you_mean(action, target.kind.actions),
    )


def check_arguments(target: Target, action: str, arguments: Mapping[str, Any]) -> None:
    """Check the names of an action's arguments, where $metadata lists any.

    :param target: the entity set.
    :param action: as `known_action` gave it.
    :param arguments: by name.
    :raises ConfigurationError: for an unknown one, with the nearest names.
    """
    known = {name.casefold() for name in target.kind.actions[action]}
    for name in arguments if known else ():
        if name.casefold() not in known:
            raise ConfigurationError(
                f"The action {action} has no parameter {name!r}.",
                remedy=did_you_mean(name, target.kind.actions[action]),
            )
