"""Contents: PDF documents, pictures, attachments, packages; up and down, part by part.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_attachment_update
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, Unpack

from airflow_provider_bc.api.entities import Entities, Record, Target
from airflow_provider_bc.api.options import Place, UploadOptions, check_options
from airflow_provider_bc.api.routes import segment
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, NotFound
from airflow_provider_bc.odata.literals import Key, key_predicate
from airflow_provider_bc.odata.metadata import EntityType, did_you_mean

STREAM = "Edm.Stream"
_EMPTY = 204
_KEYED = frozenset({"pdfDocument"})
"""Whose URL repeats the key of the document, as Microsoft writes it."""


class Media:
    """The stream properties of the entities.

    :param entities: finds and addresses what they belong to.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    def download(
        self,
        entity_set: str,
        record: Record,
        stream: str,
        sink: Callable[[], BinaryIO],
        **options: Unpack[Place],
    ) -> Conversation[str]:
        """Download a content; nothing of it is in memory but one part.

        :param entity_set: e.g. ``salesInvoices``.
        :param record: the row as it was read, or its key.
        :param stream: ``pdfDocument`` or ``picture``; a stream property such as
            ``attachmentContent``; or a path below the entity, with a slash.
        :param sink: opens a file that is overwritten; it is opened again when a download that broke
            off is repeated, and never for an answer without content.
        :param options: see `Place`.
        :return: the type of the content.
        :raises NotFound: when there is no content, or no such record.
        :raises ConfigurationError: for a stream that $metadata does not have.
        """
        check_options(options, Place)
        url = yield from self._url(entity_set, record, stream, options)
        request = replace(self._entities.exchange.request("GET", url, {"Accept": "*/*"}), sink=sink)
        response = yield from self._entities.exchange.send(request)
        if response.status == _EMPTY:
            raise NotFound(
                f"{stream} of the record in {entity_set} has no content.",
                remedy="See in Business Central whether it has one.",
                request_line=request.line,
            )
        return response.headers.get("content-type", "")

    def upload(
        self,
        entity_set: str,
        record: Record,
        stream: str,
        source: Callable[[], BinaryIO],
        **options: Unpack[UploadOptions],
    ) -> Conversation[None]:
        """Upload a content in place of the one that is there.

        :param entity_set: e.g. ``items``.
        :param record: the row as it was read, or its key.
        :param stream: see `download`.
        :param source: opens the content; it is opened again when the service was too busy.
        :param options: see `UploadOptions`.
        :raises Conflict: when the etag was given, and the record changed since.
        """
        check_options(options, UploadOptions)
        url = yield from self._url(entity_set, record, stream, options)
        headers = {"Content-Type": "application/octet-stream", "Accept": "*/*"}
        headers["If-Match"] = options.get("etag") or "*"
        if (size := options.get("size")) is not None:
            headers["Content-Length"] = str(size)
        request = self._entities.exchange.request("PATCH", url, headers)
        yield from self._entities.exchange.send(replace(request, source=source))

    def _url(self, entity_set: str, record: Record, stream: str, place: Place) -> Conversation[str]:
        target = yield from self._entities.target(entity_set, place)
        key, _ = target.key_of(record)
        tails = _tails(target, key)
        if "/" not in stream and stream not in tails:
            raise ConfigurationError(
                f"{target.kind.name} has no stream {stream!r}.", remedy=did_you_mean(stream, tails)
            )
        return (yield from self._entities.url(target, key, f"/{tails.get(stream, stream)}"))


def _tails(target: Target, key: Key) -> dict[str, str]:
    """Find the streams of an entity, its own and those of what belongs to it, with their paths."""
    found = {name: name for name in _streams(target.kind)}
    for name, navigation in target.kind.navigation.items():
        if not navigation.many:
            predicate = segment(key_predicate(key)) if name in _KEYED else ""
            for stream in _streams(target.metadata.entity_types[navigation.target]):
                found[name] = f"{name}{predicate}/{stream}"
    return found


def _streams(kind: EntityType) -> list[str]:
    return [one.name for one in kind.properties.values() if one.type == STREAM]
