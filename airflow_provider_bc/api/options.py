"""The options of each operation, written once for the client, its async twin and the hook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

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
    :param params: query parameters, not yet percent-encoded.
    :param json: a value to be sent as JSON; a `Decimal` goes out as an exact number.
    :param content: bytes to be sent instead.
    :param headers: e.g. ``{"If-Match": "*"}``.
    """

    within: Within
    params: Mapping[str, str]
    json: Any
    content: bytes
    headers: Mapping[str, str]
