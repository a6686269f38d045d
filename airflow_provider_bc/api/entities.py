"""Finding and addressing the records that are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.api.operations import Operations, check_path
from airflow_provider_bc.api.options import Place
from airflow_provider_bc.api.routes import STANDARD_API, segment
from airflow_provider_bc.api.walk import Walk
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.odata.literals import Key, key_predicate
from airflow_provider_bc.odata.metadata import EntityType, Metadata
from airflow_provider_bc.odata.natural_keys import literal_of, natural_key
from airflow_provider_bc.odata.page import Row, read_entity, read_page
from airflow_provider_bc.odata.query import Expand, Query

Record = Key | Row
"""A record: its key, or the row as it was read."""

_FEW = 100
_ETAG = "@odata.etag"


@dataclass(frozen=True, slots=True)
class Target:
    """An entity set that is written to.

    :param path: e.g. ``customers``.
    :param place: which company of which API.
    :param kind: its entity type.
    :param metadata: what the API says of itself.
    """

    path: str
    place: Place
    kind: EntityType
    metadata: Metadata

    def key_of(self, record: Record) -> tuple[Key, str | None]:
        """Tell the key from the etag.

        :param record: a row as it was read, or a key.
        :return: the key, and the etag, None where a key was given.
        :raises ConfigurationError: for a row without its key, or a key that is blank.
        """
        if record is None or record == "":
            refuse_blank(record=None)
        if not (isinstance(record, dict) and _ETAG in record):
            return record, None
        parts = {name: record[name] for name in self.kind.key if name in record}
        if not parts or len(parts) < len(self.kind.key):
            raise ConfigurationError(
                f"The row of {self.path} lacks its key, {' and '.join(self.kind.key)}.",
                remedy="Read it with its key, or give the key.",
            )
        return (next(iter(parts.values())) if len(parts) == 1 else parts), str(record[_ETAG])


class Entities:
    """Addresses, reads and finds records where they are written: never on a lagging replica.

    :param exchange: how requests are exchanged.
    :param operations: what knows companies and metadata.
    """

    def __init__(self, exchange: Exchange, operations: Operations) -> None:
        settings = exchange.settings.model_copy(update={"read_replica": False})
        self.exchange = replace(exchange, settings=settings)
        self.operations = operations

    def target(self, entity_set: str, options: Mapping[str, Any]) -> Conversation[Target]:
        """Find out what an entity set is.

        :param entity_set: e.g. ``customers``, or ``salesOrders(…)/salesOrderLines``.
        :param options: of a write, ``company`` and ``api`` among them.
        :raises ConfigurationError: for an unknown one.
        """
        check_path(entity_set)
        api = options.get("api", STANDARD_API)
        metadata = yield from self.operations.metadata(api)
        place: Place = {"company": options.get("company"), "api": api}
        return Target(entity_set, place, metadata.entity_type_at(entity_set), metadata)

    def url(
        self, target: Target, key: Key | None, tail: str = "", expand: Sequence[Expand | str] = ()
    ) -> Conversation[str]:
        """Give the URL of an entity set, an entity, or what is below it.

        :param target: the entity set.
        :param key: of the entity; None for the entity set.
        :param tail: what follows, with its slash.
        :param expand: navigation properties.
        """
        predicate = "" if key is None else segment(key_predicate(key))
        path = f"{target.path}{predicate}{tail}"
        return (yield from self.operations.url(path, Query(expand=expand), target.place))

    def read(
        self, target: Target, key: Key, expand: Sequence[Expand | str] = ()
    ) -> Conversation[Row]:
        """Read one entity as it is now.

        :param target: its entity set.
        :param key: its key.
        :param expand: navigation properties.
        :raises NotFound: when there is none.
        """
        url = yield from self.url(target, key, expand=expand)
        request = self.exchange.request("GET", url)
        return (yield from self.exchange.fetch(request, read_entity))

    def find(
        self, target: Target, values: Mapping[str, Any], expand: Sequence[Expand | str] = ()
    ) -> Conversation[Row | None]:
        """Find the one entity that has some values.

        :param target: its entity set.
        :param values: as `entity_values` gave them.
        :param expand: navigation properties.
        :return: None when there is none.
        :raises ConfigurationError: when there are several.
        """
        found = yield from self.all_with(target, values, expand)
        if len(found) > 1:
            named = ", ".join(f"{name} {value!r}" for name, value in values.items())
            raise ConfigurationError(
                f"Several {target.path} have {named}.",
                remedy="Find the record by properties that no two share.",
            )
        return found[0] if found else None

    def all_with(
        self, target: Target, values: Mapping[str, Any], expand: Sequence[Expand | str] = ()
    ) -> Conversation[list[Row]]:
        """Find the entities that have some values.

        Business Central reads ``*`` and other signs in a text as wildcards, so what it finds is
        compared.

        :param target: their entity set.
        :param values: as `entity_values` gave them.
        :param expand: navigation properties.
        """
        kinds = target.kind.properties
        where = [Field(name) == literal_of(kinds[name], value) for name, value in values.items()]
        query = Query(where=" and ".join(one.text for one in where), expand=expand)
        url = yield from self.operations.url(target.path, query, target.place)
        names = list(values)
        wanted = natural_key(target.kind, values, names)
        walk, found = Walk(self.exchange, url, _FEW, read_page), list[Row]()
        while not walk.done:
            page = yield from walk.next_page()
            found += [row for row in page.rows if natural_key(target.kind, row, names) == wanted]
        return found

    def first(self, target: Target, query: Query) -> Conversation[Row | None]:
        """Read the first row that a query finds.

        :param target: the entity set.
        :param query: with its condition and order.
        :return: None when it finds none.
        """
        url = yield from self.operations.url(target.path, replace(query, top=1), target.place)
        page = yield from self.exchange.fetch(self.exchange.request("GET", url), read_page)
        return page.rows[0] if page.rows else None

    def send(
        self,
        target: Target,
        method: str,
        key: Key | None,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        expand: Sequence[Expand | str] = (),
    ) -> Conversation[Row | None]:
        """Send a write.

        :param target: the entity set.
        :param method: ``POST``, ``PATCH`` or ``DELETE``.
        :param key: of the entity; None for a create.
        :param headers: besides the usual ones.
        :param body: JSON.
        :param expand: navigation properties to be delivered with the answer.
        :return: the entity; None where the answer holds none.
        """
        url = yield from self.url(target, key, expand=expand)
        kind = {"Content-Type": "application/json"} if body else {}
        request = self.exchange.request(method, url, {**kind, **headers}, body)
        return (yield from self.exchange.write(request, _entity_if_any))


def _entity_if_any(body: bytes) -> Row | None:
    return read_entity(body) if body else None
