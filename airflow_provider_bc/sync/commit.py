"""What a file says of itself: which rows it holds, and up to when they are complete."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

import msgspec

from airflow_provider_bc.errors import UnexpectedAnswer

FOOTER_KEY = b"airflow_provider_bc"

Mode = Literal["incremental", "full"]
"""``incremental`` reads what changed since the last commit, ``full`` every row."""

STAMPS = ("lastModifiedDateTime", "systemModifiedAt")
"""The fields that tell when a row was last changed, in API v2.0 and in custom APIs."""

Kind = Literal["snapshot", "changes"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: a file belongs to exactly one source and one query.

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
    """The footer of one file; rows and watermark are published by the same rename.

    :param sequence: 1 for the first commit of a table.
    :param kind: ``snapshot`` (every row) or ``changes`` (rows since the previous commit).
    :param source: where the rows come from.
    :param watermark: up to when every change is stored, None while that is unknown.
    :param latest: the latest stamp among the rows of this and all earlier files.
    :param rows: how many rows the file holds.
    """

    sequence: int
    kind: Kind
    source: Source
    watermark: datetime | None
    latest: datetime | None
    rows: int

    def footer(self) -> bytes:
        """Write the commit as JSON."""
        return msgspec.json.encode(asdict(self))

    @classmethod
    def read(cls, footer: bytes | None, name: str) -> Commit:
        """Read a commit.

        :param footer: the JSON from a file's footer.
        :param name: of the file, for the error.
        :raises UnexpectedAnswer: when the file was not written by this package.
        """
        try:
            return msgspec.json.decode(footer or b"", type=cls)
        except msgspec.DecodeError as error:
            raise UnexpectedAnswer(
                f"{name} was not written by this provider, or is damaged: {error}.",
                remedy="Give the transfer a folder of its own; if the file is damaged, remove it "
                'and load once with mode="full".',
            ) from error
