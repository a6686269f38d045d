"""Finding many records by their natural keys, in few requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow_provider_bc.api.entities import Entities, Target
from airflow_provider_bc.api.walk import Walk
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.natural_keys import NaturalKey, conditions, natural_key
from airflow_provider_bc.odata.page import Row, read_page
from airflow_provider_bc.odata.query import LONGEST, Query

_PAGE = 1_000
_FRAME = len("&$filter=")


class Lookups:
    """Finds what is there already, where it is written: never on a lagging replica.

    :param entities: addresses the entity set.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    def rows_with(
        self,
        target: Target,
        by: Sequence[str],
        keys: Iterable[Mapping[str, Any]],
        select: Iterable[str],
    ) -> Conversation[dict[NaturalKey, list[Row]]]:
        """Find the rows that have some natural keys.

        What the service finds is compared, since it takes ``*`` in a text for a wildcard.

        :param target: their entity set.
        :param by: the properties of the key.
        :param keys: their values, as `entity_values` gave them.
        :param select: which properties are wanted; the keys come with them, and the etag.
        :return: rows by their natural key; a key that no row has is not among them.
        """
        wanted = [*keys]
        sought = {natural_key(target.kind, key, by) for key in wanted}
        fields = tuple(dict.fromkeys([*target.kind.key, *by, *select]))
        room = LONGEST - len(Query(select=fields).encoded()) - _FRAME
        found: dict[NaturalKey, list[Row]] = {}
        for where in conditions(target.kind, by, wanted, room):
            query = Query(select=fields, where=where)
            url = yield from self._entities.operations.url(target.path, query, target.place)
            walk = Walk(self._entities.exchange, url, _PAGE, read_page)
            while not walk.done:
                page = yield from walk.next_page()
                for row in page.rows:
                    key = natural_key(target.kind, row, by)
                    if key in sought:
                        found.setdefault(key, []).append(row)
        return found
