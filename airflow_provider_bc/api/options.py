"""The options of each operation, written once for the client, its async twin and the hook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal, TypedDict, get_type_hints
from uuid import UUID

from airflow_provider_bc.odata.filters import Filter
from airflow_provider_bc.odata.query import Expand

Within = Literal["company", "api", "host"]


class Place(TypedDict, total=False):
    """Where an entity set is.

    :param company: id, name or display name; by default the connection's.
    :param api: ``v2.0`` (default), ``publisher/group/version``, or ``ODataV4``.
    """

    company: str | None
    api: str


class CountOptions(Place, total=False):
    """Which rows to count.

    :param where: a `Filter`, or its text; none for all rows.
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``, which ``in`` needs.
    """

    where: Filter | str | None
    schema_version: str | None


class GetOptions(Place, total=False):
    """What to read of one entity.

    :param select: its fields; none for all.
    :param expand: navigation properties, as `Expand` or as text.
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``.
    """

    select: Sequence[str]
    expand: Sequence[Expand | str]
    schema_version: str | None


class ReadOptions(Place, total=False):
    """What to read of an entity set, and how.

    :param select: the fields; none for all. Naming them is the best way to be fast.
    :param where: a `Filter`, or its text.
    :param expand: navigation properties, as `Expand` or as text.
    :param order_by: e.g. ``["number desc"]``.
    :param top: how many rows at most.
    :param count: whether the first page shall say how many rows the whole filter matches.
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``, which ``in`` needs.
    :param page_size: rows a page, 1 to 20,000; by default the connection's.
    """

    select: Sequence[str]
    where: Filter | str | None
    expand: Sequence[Expand | str]
    order_by: Sequence[str]
    top: int | None
    count: bool
    schema_version: str | None
    page_size: int | None


class RequestOptions(Place, total=False):
    """The rest of a free request.

    :param within: what the path is below: the ``company`` (default), the root of the ``api``, or
        the ``host``. A full URL of the same host needs none of them.
    :param query: query parameters, not yet percent-encoded.
    :param json: a value to be sent as JSON; a `Decimal` goes out as an exact number.
    :param content: bytes to be sent instead.
    :param headers: e.g. ``{"If-Match": "*"}``.
    """

    within: Within
    query: Mapping[str, str | int | bool]
    json: Any
    content: bytes
    headers: Mapping[str, str]


class CreateOptions(Place, total=False):
    """How to create an entity.

    :param record_id: the id that the new record shall have; by default a random one, where the
        entity set takes one. None leaves it to Business Central.
    :param by: the properties of a natural key, e.g. ``["externalDocumentNumber"]``: a record that
        has these values already is returned, and none is created.
    :param expand: navigation properties to be delivered with it.
    """

    record_id: str | UUID | None
    by: Sequence[str]
    expand: Sequence[Expand | str]


class UpdateOptions(Place, total=False):
    """How to change an entity.

    :param etag: the ``@odata.etag`` of the record as it was read, or ``*`` for whatever it is now;
        by default that of the row, or of a row read just before.
    :param reapply: how often the record is read again and the change applied to it, where somebody
        else changed it meanwhile; 0 makes that a `Conflict`.
    :param repeated: whether the same change may have been made before by the same caller: a record
        that holds it already is no `Conflict` then.
    """

    etag: str | None
    reapply: int
    repeated: bool


class DeleteOptions(Place, total=False):
    """How to delete an entity.

    :param etag: the ``@odata.etag`` of the record as it was read; by default that of the row, or
        ``*`` for whatever it is now.
    :param missing_ok: whether a record that is not there counts as deleted.
    """

    etag: str | None
    missing_ok: bool


class UpsertOptions(Place, total=False):
    """How to create or change an entity.

    :param by: the properties that tell whether it is there; ``["number"]`` by default.
    :param reapply: see `UpdateOptions`.
    """

    by: Sequence[str]
    reapply: int


class ActOptions(Place, total=False):
    """How to call a bound action.

    :param arguments: its parameters by name.
    :param retry_since: for one who comes again: what leads to the record and was changed since that
        moment may be what the action made then, and the action is not called.
    """

    arguments: Mapping[str, Any] | None
    retry_since: datetime | None


class BatchOptions(Place, total=False):
    """How to perform operations in batches.

    :param snapshot: whether all of them, at most 100, are written or none.
    """

    snapshot: bool


class UploadOptions(Place, total=False):
    """How to upload a content.

    :param etag: the ``@odata.etag`` of the content's own entity; by default whatever it is now.
    :param size: bytes of the content, where that is known beforehand.
    """

    etag: str | None
    size: int | None


def check_options(given: Mapping[str, Any], kind: type) -> None:
    """Refuse an option that does not exist: left out, it would change what the call means.

    :param given: the options by name.
    :param kind: the class of this module that lists them.
    :raises TypeError: naming the option, and the nearest one.
    """
    known = get_type_hints(kind)
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}."
            raise TypeError(f"There is no option {name!r}; {hint}")
