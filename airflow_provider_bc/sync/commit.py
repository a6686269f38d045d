"""What a commit says: which rows a table holds, and up to when they are complete."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer

Mode = Literal["incremental", "full"]
"""``incremental`` reads what changed since the last commit, ``full`` every row."""

Kind = Literal["snapshot", "changes"]
"""``snapshot``: every row there is; ``changes``: the rows since the last commit."""

STAMPS = ("lastModifiedDateTime", "systemModifiedAt")
"""The fields that tell when a row was last changed, in API v2.0 and in custom APIs."""

DELETED_AT = "_deleted_at"
"""The column that says when a row was found to be gone; null for a row that is there."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: a table belongs to exactly one source and one query.

    :param tenant_id: the directory.
    :param environment: e.g. ``Production``.
    :param company_id: GUID of the company.
    :param api: e.g. ``v2.0``.
    :param entity_set: e.g. ``customers``.
    :param query: the query string without its watermark, which decides the columns and rows.
    """

    tenant_id: str
    environment: str
    company_id: str
    api: str
    entity_set: str
    query: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; it becomes visible together with its rows, or neither does.

    :param sequence: 1 for the first commit of a table.
    :param kind: whether every row was read, or the changed ones.
    :param source: where the rows come from.
    :param watermark: up to when every change is stored, None while that is unknown.
    :param latest: the latest stamp among the rows of this and all earlier commits.
    :param rows: how many rows it wrote.
    :param deleted: how many rows it found to be gone.
    :param swept_at: when all keys were last compared with the source, on the service's clock.
    :param content: a digest of all rows, for a table that is read whole each time.
    """

    sequence: int
    kind: Kind
    source: Source
    watermark: datetime | None
    latest: datetime | None
    rows: int = 0
    deleted: int = 0
    swept_at: datetime | None = None
    content: str | None = None

    def encoded(self) -> bytes:
        """Write the commit as JSON."""
        return msgspec.json.encode(asdict(self))

    @classmethod
    def decoded(cls, text: bytes | str, place: str) -> Commit:
        """Read a commit.

        :param text: the JSON.
        :param place: where it stands, for the error.
        :raises UnexpectedAnswer: when it was not written by this package.
        """
        commit: Commit = decoded(text, cls, place)
        return commit

    def check_source(self, source: Source, place: str, *, same_query: bool) -> None:
        """Refuse to go on with the rows of another source.

        :param source: where the rows are to come from.
        :param place: the table, for the error.
        :param same_query: whether they must be read by the same query, too.
        :raises ConfigurationError: naming what differs.
        """
        differing = [
            f"{name} was {getattr(self.source, name)!r}, is {getattr(source, name)!r}"
            for name in Source.__slots__
            if getattr(self.source, name) != getattr(source, name)
            and (same_query or name != "query")
        ]
        if differing:
            raise ConfigurationError(
                f"{place} holds something else: {'; '.join(differing)}.",
                remedy="Use another place; where only the query differs, run once with "
                'mode="full", which replaces what is there.',
            )


def decoded(text: bytes | str, kind: Any, place: str) -> Any:
    """Read JSON that this package wrote.

    :param text: the JSON.
    :param kind: the type to read it as.
    :param place: where it stands, for the error.
    :raises UnexpectedAnswer: when it is something else.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(
            f"{place} was not written by this provider, or is damaged: {error}.",
            remedy="Give the transfer a place of its own; if it is damaged, remove it and load "
            'once with mode="full".',
        ) from error
