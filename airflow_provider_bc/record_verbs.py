"""The verbs that write records, written once for the clients and the hook."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, TypeVar, Unpack

from airflow_provider_bc.api.actions import Acted, Actions
from airflow_provider_bc.api.batch_outcomes import BatchOutcome, Operation
from airflow_provider_bc.api.batches import Batches
from airflow_provider_bc.api.entities import Entities, Record
from airflow_provider_bc.api.exchange import once
from airflow_provider_bc.api.media import Media
from airflow_provider_bc.api.options import (
    ActOptions,
    BatchOptions,
    CreateOptions,
    DeleteOptions,
    Place,
    UpdateOptions,
    UploadOptions,
    UpsertOptions,
)
from airflow_provider_bc.api.records import Records, Upserted
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.page import Row

T = TypeVar("T")


class RecordVerbs:
    """What writes records, for threads; see `Records`, `Actions`."""

    entities: Entities

    @abstractmethod
    def perform(self, conversation: Conversation[T]) -> T:
        """Carry out a conversation."""

    def create(
        self, entity_set: str, values: Mapping[str, Any], **options: Unpack[CreateOptions]
    ) -> Row:
        """Create an entity, once; see `Records.create`, and `once` where nothing tells it apart."""
        return self.perform(_creating(self.entities, entity_set, values, options))

    def update(
        self,
        entity_set: str,
        record: Record,
        values: Mapping[str, Any],
        **options: Unpack[UpdateOptions],
    ) -> Row:
        """Change an entity; see `Records.update`."""
        changing = Records(self.entities).update(entity_set, record, values, **options)
        return self.perform(changing)

    def delete(self, entity_set: str, record: Record, **options: Unpack[DeleteOptions]) -> bool:
        """Delete an entity; see `Records.delete`."""
        return self.perform(Records(self.entities).delete(entity_set, record, **options))

    def upsert(
        self, entity_set: str, values: Mapping[str, Any], **options: Unpack[UpsertOptions]
    ) -> Upserted:
        """Create or change an entity by its natural key; see `Records.upsert`."""
        return self.perform(Records(self.entities).upsert(entity_set, values, **options))

    def act(
        self, entity_set: str, record: Record, action: str, **options: Unpack[ActOptions]
    ) -> Acted:
        """Call a bound action; see `Actions.act` and, for an answer that is lost, `once`."""
        return self.perform(once(Actions(self.entities).act(entity_set, record, action, **options)))

    def batch(
        self, operations: Sequence[Operation], **options: Unpack[BatchOptions]
    ) -> list[BatchOutcome]:
        """Perform many operations in few requests; see `Batches.batch`."""
        return self.perform(Batches(self.entities).batch(operations, **options))

    def download(
        self,
        entity_set: str,
        record: Record,
        stream: str,
        sink: Callable[[], BinaryIO],
        **options: Unpack[Place],
    ) -> str:
        """Download a content; see `Media.download`."""
        media = Media(self.entities)
        return self.perform(media.download(entity_set, record, stream, sink, **options))

    def upload(
        self,
        entity_set: str,
        record: Record,
        stream: str,
        source: Callable[[], BinaryIO],
        **options: Unpack[UploadOptions],
    ) -> None:
        """Upload a content; see `Media.upload`."""
        media = Media(self.entities)
        return self.perform(media.upload(entity_set, record, stream, source, **options))


class AsyncRecordVerbs:
    """What writes records, awaited; see `Records`, `Actions`."""

    entities: Entities

    @abstractmethod
    async def perform(self, conversation: Conversation[T]) -> T:
        """Carry out a conversation."""

    async def create(
        self, entity_set: str, values: Mapping[str, Any], **options: Unpack[CreateOptions]
    ) -> Row:
        """Create an entity; see `RecordVerbs.create`."""
        return await self.perform(_creating(self.entities, entity_set, values, options))

    async def update(
        self,
        entity_set: str,
        record: Record,
        values: Mapping[str, Any],
        **options: Unpack[UpdateOptions],
    ) -> Row:
        """Change an entity; see `Records.update`."""
        changing = Records(self.entities).update(entity_set, record, values, **options)
        return await self.perform(changing)

    async def delete(
        self, entity_set: str, record: Record, **options: Unpack[DeleteOptions]
    ) -> bool:
        """Delete an entity; see `Records.delete`."""
        return await self.perform(Records(self.entities).delete(entity_set, record, **options))

    async def upsert(
        self, entity_set: str, values: Mapping[str, Any], **options: Unpack[UpsertOptions]
    ) -> Upserted:
        """Create or change an entity by its natural key; see `Records.upsert`."""
        return await self.perform(Records(self.entities).upsert(entity_set, values, **options))

    async def act(
        self, entity_set: str, record: Record, action: str, **options: Unpack[ActOptions]
    ) -> Acted:
        """Call a bound action; see `Actions.act` and, for an answer that is lost, `once`."""
        return await self.perform(
            once(Actions(self.entities).act(entity_set, record, action, **options))
        )

    async def batch(
        self, operations: Sequence[Operation], **options: Unpack[BatchOptions]
    ) -> list[BatchOutcome]:
        """Perform many operations in few requests; see `Batches.batch`."""
        return await self.perform(Batches(self.entities).batch(operations, **options))

    async def download(
        self,
        entity_set: str,
        record: Record,
        stream: str,
        sink: Callable[[], BinaryIO],
        **options: Unpack[Place],
    ) -> str:
        """Download a content; see `Media.download`."""
        media = Media(self.entities)
        return await self.perform(media.download(entity_set, record, stream, sink, **options))

    async def upload(
        self,
        entity_set: str,
        record: Record,
        stream: str,
        source: Callable[[], BinaryIO],
        **options: Unpack[UploadOptions],
    ) -> None:
        """Upload a content; see `Media.upload`."""
        media = Media(self.entities)
        return await self.perform(media.upload(entity_set, record, stream, source, **options))


def _creating(
    entities: Entities, entity_set: str, values: Mapping[str, Any], options: CreateOptions
) -> Conversation[Row]:
    """Create an entity; what a caller who comes again would not find is created `once`."""
    creating = Records(entities).create(entity_set, values, **options)
    return creating if options.get("by") or options.get("record_id") else once(creating)
