"""What can be asked of Business Central, each as a conversation that a driver performs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, Unpack

import msgspec

from airflow_provider_bc.api.directory import find_company, unknown_environment
from airflow_provider_bc.api.exchange import Exchange, once
from airflow_provider_bc.api.options import (
    CountOptions,
    GetOptions,
    Place,
    ReadOptions,
    RequestOptions,
    check_options,
)
from airflow_provider_bc.api.routes import (
    STANDARD_API,
    Company,
    absolute,
    is_absolute,
    segment,
)
from airflow_provider_bc.api.walk import Walk
from airflow_provider_bc.auth.token import Claims
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    BusinessCentralError,
    ConfigurationError,
    NotFound,
    UnexpectedAnswer,
)
from airflow_provider_bc.odata.literals import Key, key_predicate
from airflow_provider_bc.odata.metadata import Metadata, read_metadata
from airflow_provider_bc.odata.page import (
    Page,
    Row,
    Rows,
    read_count,
    read_entity,
    read_page,
)
from airflow_provider_bc.odata.query import Query, encode
from airflow_provider_bc.settings import MAX_PAGE_SIZE
from airflow_provider_bc.wire import Response

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Operations:
    """The vocabulary of one environment and, by default, one company.

    :param exchange: how requests are exchanged.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._companies: list[Company] | None = None
        self._metadata: dict[str, Metadata] = {}

    def now(self) -> datetime:
        """Give the time as the service last told it."""
        return self._exchange.clock.now()

    def identity(self) -> Conversation[Claims]:
        """Sign in, or use the token at hand, and read what it says of the app.

        :return: the app, its tenant, and its roles.
        """
        token = yield from self._exchange.token()
        return token.claims()

    def companies(self) -> Conversation[list[Company]]:
        """List the companies that the app may see.

        :raises ConfigurationError: when the environment does not exist, with those that do.
        """
        exchange = self._exchange
        root = exchange.routes.api(STANDARD_API)
        walk = Walk(exchange, f"{root}/companies", MAX_PAGE_SIZE, read_page)
        found: list[Company] = []
        while not walk.done:
            page = yield from self._in_environment(walk.next_page())
            found += [_company(row) for row in page.rows]
        self._companies = found
        return found

    def forget_companies(self) -> None:
        """Let the list of companies be read anew when it is needed next."""
        self._companies = None

    def environments(self) -> Conversation[list[str]]:
        """List the names of the environments that the app may see.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-get-environments
        """
        request = self._exchange.request("GET", self._exchange.routes.environments())
        page = yield from self._exchange.fetch(request, read_page)
        return [str(row["name"]) for row in page.rows if "name" in row]

    def company(self, wanted: str | None = None) -> Conversation[Company]:
        """Find a company; the list is read once.

        :param wanted: id, name or display name; by default the connection's.
        :raises ConfigurationError: when none or several fit.
        """
        companies = self._companies
        if companies is None:
            companies = yield from self.companies()
        return find_company(companies, wanted or self._exchange.settings.company)

    def walk(
        self,
        entity_set: str,
        read: Callable[[bytes], Page[Rows]],
        /,
        link: str | None = None,
        **options: Unpack[ReadOptions],
    ) -> Conversation[Walk[Rows]]:
        """Begin to read an entity set in a form of one's own; no page is asked for yet.

        :param entity_set: e.g. ``customers``, or below a parent
            ``salesOrders(5d115c9c-…)/salesOrderLines``.
        :param read: what makes a page of the bytes of an answer.
        :param link: the next link of an earlier walk with the same options, to go on from there.
        :param options: see `ReadOptions`.
        :raises ConfigurationError: for what Business Central would answer wrongly.
        """
        check_options(options, ReadOptions)
        check_path(entity_set)
        place, query = split_place(options)
        size = query.pop("page_size", None)
        size = self._exchange.settings.page_size if size is None else size
        if not 1 <= size <= MAX_PAGE_SIZE:
            raise ConfigurationError(
                f"page_size is {size}.", remedy=f"Give 1 to {MAX_PAGE_SIZE}, or None."
            )
        url = yield from self.url(entity_set, Query(**query), place)
        return Walk(self._exchange, absolute(url, link) if link else url, size, read)

    def get(self, entity_set: str, key: Key, **options: Unpack[GetOptions]) -> Conversation[Row]:
        """Read one entity.

        :param entity_set: e.g. ``customers``.
        :param key: its id, or the parts of a composite key by name.
        :param options: see `GetOptions`.
        :return: the entity.
        :raises NotFound: when there is none.
        """
        check_options(options, GetOptions)
        check_path(entity_set)
        place, query = split_place(options)
        url = yield from self.url(
            f"{entity_set}{segment(key_predicate(key))}", Query(**query), place
        )
        request = self._exchange.request("GET", url)
        return (yield from self._exchange.fetch(request, read_entity))

    def count(self, entity_set: str, **options: Unpack[CountOptions]) -> Conversation[int]:
        """Count the rows that match.

        :param entity_set: e.g. ``customers``.
        :param options: see `CountOptions`.
        """
        check_options(options, CountOptions)
        check_path(entity_set)
        place, query = split_place(options)
        url = yield from self.url(f"{entity_set}/$count", Query(**query), place)
        request = self._exchange.request("GET", url, {"Accept": "text/plain"})
        return (yield from self._exchange.fetch(request, read_count))

    def value_at(
        self, entity_set: str, field: str, row: int, **options: Unpack[CountOptions]
    ) -> Conversation[Any]:
        """Find the value of a field in one row among those that match, ordered by that field.

        :param entity_set: e.g. ``generalLedgerEntries``.
        :param field: whose order counts.
        :param row: how many rows come before it.
        :param options: see `CountOptions`.
        :return: the value; None behind the last row.
        """
        check_options(options, CountOptions)
        check_path(entity_set)
        place, query = split_place(options)
        ordered = Query(**query, select=[field], order_by=[field], top=1)
        url = yield from self.url(entity_set, ordered, place)
        request = self._exchange.request("GET", f"{url}&$skip={row}")
        page = yield from self._exchange.fetch(request, read_page)
        return page.rows[0].get(field) if page.rows else None

    def metadata(self, api: str = STANDARD_API) -> Conversation[Metadata]:
        """Read what an API says of its entity sets; it is read once.

        :param api: ``v2.0``, ``publisher/group/version``, or ``ODataV4``.
        """
        known = self._metadata.get(api)
        if known is None:
            url = f"{self._exchange.routes.api(api)}/$metadata"
            request = self._exchange.request("GET", url, {"Accept": "application/xml"})
            asking = self._exchange.fetch(request, read_metadata)
            known = self._metadata[api] = yield from self._in_environment(asking)
        return known

    def request(
        self, method: str, path: str, **options: Unpack[RequestOptions]
    ) -> Conversation[Response]:
        """Send any other request, with the same signing, retries and errors.

        :param method: ``GET``, ``POST``, ``PATCH``, ``PUT`` or ``DELETE``.
        :param path: e.g. ``salesInvoices(5d115c9c-…)/Microsoft.NAV.post``.
        :param options: see `RequestOptions`.
        :return: the answer, whose status is 2xx.
        :raises OutcomeUnknown: where anything but a GET may have been carried out unanswered.
        """
        check_options(options, RequestOptions)
        routes = self._exchange.routes
        within = "host" if is_absolute(path) else options.get("within", "company")
        if within == "company":
            company = yield from self.company(options.get("company"))
            root = routes.company(options.get("api", STANDARD_API), company)
        else:
            root = routes.root if within == "host" else routes.api(options.get("api", STANDARD_API))
        content, headers = options.get("content", b""), dict(options.get("headers", {}))
        if options.get("json") is not None:
            content = _ENCODER.encode(options["json"])
            if "content-type" not in {name.lower() for name in headers}:
                headers["Content-Type"] = "application/json"
        url = routes.with_query(routes.within(root, path), encode(options.get("query", {})))
        request = self._exchange.request(method.upper(), url, headers, content)
        return (yield from once(self._exchange.send(request)))

    def url(self, path: str, query: Query, place: Place) -> Conversation[str]:
        """Give the URL of a path in a company.

        :param path: below the company.
        :param query: its options.
        :param place: which company of which API.
        """
        routes, encoded = self._exchange.routes, query.encoded()
        company = yield from self.company(place.get("company"))
        home = routes.company(place.get("api", STANDARD_API), company)
        return routes.with_query(routes.within(home, path), encoded)

    def _in_environment(self, conversation: Conversation[T]) -> Conversation[T]:
        """Hold a conversation, and explain a missing environment by those that there are."""
        try:
            return (yield from conversation)
        except NotFound as error:
            if error.code != "NoEnvironment":
                raise
            existing = yield from self._environments_if_listed()
            wanted = self._exchange.settings.environment
            raise unknown_environment(wanted, existing) from error

    def _environments_if_listed(self) -> Conversation[list[str]]:
        try:
            return (yield from self.environments())
        except BusinessCentralError:
            return []


def check_path(path: str) -> None:
    """Refuse a path that smuggles in a query, or is none.

    :param path: of an entity set.
    :raises ConfigurationError: naming it.
    """
    segments = {segment.strip() for segment in path.strip("/").split("/")}
    if not path.isprintable() or set("?#\\") & set(path) or {"", ".", ".."} & segments:
        raise ConfigurationError(
            f"{path!r} is no entity set.",
            remedy='Give a name such as "customers"; conditions go into where.',
        )


def split_place(options: Mapping[str, Any]) -> tuple[Place, dict[str, Any]]:
    """Tell where from what.

    :param options: of any operation.
    :return: the place, and the other options.
    """
    query = dict(options)
    place: Place = {"company": query.pop("company", None), "api": query.pop("api", STANDARD_API)}
    return place, query


def _company(row: Row) -> Company:
    try:
        return Company(row["id"], row["name"], row.get("displayName") or "")
    except KeyError as error:
        raise UnexpectedAnswer(
            f"A company has no {error}.", remedy="Check the API URL of the connection."
        ) from error
