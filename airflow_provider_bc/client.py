"""The two drivers: they perform conversations, in threads or in a loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self, TypeVar, Unpack

import httpx

from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.api.automation.automation import Automation
from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.api.options import CountOptions, GetOptions, ReadOptions, RequestOptions
from airflow_provider_bc.api.principals import Principal, Principals
from airflow_provider_bc.api.routes import STANDARD_API, Company, Routes
from airflow_provider_bc.api.walk import Walk
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.odata.literals import Key
from airflow_provider_bc.odata.metadata import Metadata
from airflow_provider_bc.odata.page import Page, Row, Rows, read_page
from airflow_provider_bc.pace import Paces
from airflow_provider_bc.record_verbs import AsyncRecordVerbs, RecordVerbs
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.transport import (
    CONNECT_TIMEOUT,
    HTTPX_ERRORS,
    async_parts,
    async_received,
    httpx_request,
    lost,
    outcome_of,
    parts,
    received,
    trust,
)
from airflow_provider_bc.wire import Lost, Pause, Request, Response

T = TypeVar("T")

log = logging.getLogger(__name__)

_WORTH_A_LINE = 1.0


_PACES = Paces()


class Vocabulary:
    """What both drivers share: the vocabulary, and how httpx is set up."""

    def __init__(
        self,
        settings: Settings,
        tokens: TokenCache,
        retries: Retries | None = None,
        connections: Mapping[str, Settings] | None = None,
    ) -> None:
        patience = retries or Retries(attempts=settings.max_retries)
        named = connections or {"": settings}
        principals = Principals([_principal(one, conn_id) for conn_id, one in named.items()])
        self.settings = settings
        exchange = Exchange(settings, Routes(settings), tokens, patience, principals)
        self.operations = Operations(exchange)
        self.entities = Entities(exchange, self.operations)
        self.admin_center = AdminCenter(exchange)
        self.automation = Automation(self.entities)

    def now(self) -> datetime:
        """Give the time as the service last told it."""
        return self.operations.now()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.api_root}, {self.settings.environment})"

    def _httpx_options(self) -> dict[str, Any]:
        return {
            "timeout": httpx.Timeout(self.settings.timeout, connect=CONNECT_TIMEOUT),
            "follow_redirects": False,
            "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            "verify": trust(self.settings.ca_bundle),
            "headers": {"User-Agent": "airflow-provider-bc"},
        }


class Client(Vocabulary, RecordVerbs):
    """Business Central for threads; use it as a context manager, or close it.

    :param settings: the connection.
    :param tokens: the token cache of this process.
    :param retries: how patient to be; by default as the settings say.
    :param sleep: how to wait, in seconds.
    :param connections: the connection and the others that share its load, by their ids.
    """

    def __init__(
        self,
        settings: Settings,
        tokens: TokenCache,
        retries: Retries | None = None,
        sleep: Callable[[float], None] = time.sleep,
        connections: Mapping[str, Settings] | None = None,
    ) -> None:
        super().__init__(settings, tokens, retries, connections)
        self._sleep = sleep
        self._http = httpx.Client(**self._httpx_options())

    def perform(self, conversation: Conversation[T]) -> T:
        """Carry out a conversation.

        :param conversation: one of `operations`, or of your own.
        :return: its result.
        """
        answer: Response | Lost | None = None
        try:
            while True:
                step = conversation.send(answer)
                answer = self._take(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    def companies(self) -> list[Company]:
        """List the companies; see `Operations.companies`."""
        return self.perform(self.operations.companies())

    def company(self, wanted: str | None = None) -> Company:
        """Find a company; see `Operations.company`."""
        return self.perform(self.operations.company(wanted))

    def read_pages(
        self, entity_set: str, **options: Unpack[ReadOptions]
    ) -> Iterator[Page[list[Row]]]:
        """Read an entity set page by page; see `Operations.walk`."""
        return self.walk(entity_set, read_page, **options)

    def walk(
        self,
        entity_set: str,
        read: Callable[[bytes], Page[Rows]],
        /,
        link: str | None = None,
        **options: Unpack[ReadOptions],
    ) -> Iterator[Page[Rows]]:
        """Read an entity set page by page in a form of one's own; see `Operations.walk`."""
        walking = self.operations.walk(entity_set, read, link, **options)
        return self._pages(self.perform(walking))

    def _pages(self, walk: Walk[Rows]) -> Iterator[Page[Rows]]:
        while not walk.done:
            yield self.perform(walk.next_page())

    def read(self, entity_set: str, **options: Unpack[ReadOptions]) -> Iterator[Row]:
        """Read the rows of an entity set, one after another; see `Operations.walk`."""
        pages = self.read_pages(entity_set, **options)
        return (row for page in pages for row in page.rows)

    def get(self, entity_set: str, key: Key, **options: Unpack[GetOptions]) -> Row:
        """Read one entity; see `Operations.get`."""
        return self.perform(self.operations.get(entity_set, key, **options))

    def count(self, entity_set: str, **options: Unpack[CountOptions]) -> int:
        """Count rows; see `Operations.count`."""
        return self.perform(self.operations.count(entity_set, **options))

    def value_at(
        self, entity_set: str, field: str, row: int, **options: Unpack[CountOptions]
    ) -> Any:
        """Find the value of a field in one row; see `Operations.value_at`."""
        return self.perform(self.operations.value_at(entity_set, field, row, **options))

    def metadata(self, api: str = STANDARD_API) -> Metadata:
        """Read what an API says of its entity sets; see `Operations.metadata`."""
        return self.perform(self.operations.metadata(api))

    def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Response:
        """Send any other request; see `Operations.request`."""
        return self.perform(self.operations.request(method, path, **options))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, step: Request | Pause) -> Response | Lost | None:
        if isinstance(step, Pause):
            _announce(step)
            self._sleep(step.seconds)
            return None
        log.debug("%s", step.line)
        try:
            # httpx would keep the content in a cycle of references, page for page
            with self._http.stream(**httpx_request(step, parts)) as response:
                return received(step, response)
        except HTTPX_ERRORS as error:
            outcome = outcome_of(error)
        return lost(outcome)


class AsyncClient(Vocabulary, AsyncRecordVerbs):
    """Business Central for one event loop: the same vocabulary, awaited.

    :param settings: the connection.
    :param tokens: the token cache of this process.
    :param retries: how patient to be; by default as the settings say.
    :param sleep: how to wait, in seconds.
    :param connections: the connection and the others that share its load, by their ids.
    """

    def __init__(
        self,
        settings: Settings,
        tokens: TokenCache,
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        connections: Mapping[str, Settings] | None = None,
    ) -> None:
        super().__init__(settings, tokens, retries, connections)
        self._sleep = sleep
        self._http = httpx.AsyncClient(**self._httpx_options())

    async def perform(self, conversation: Conversation[T]) -> T:
        """Carry out a conversation; see `Client.perform`."""
        answer: Response | Lost | None = None
        try:
            while True:
                step = conversation.send(answer)
                answer = await self._take(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    async def companies(self) -> list[Company]:
        """List the companies; see `Operations.companies`."""
        return await self.perform(self.operations.companies())

    async def company(self, wanted: str | None = None) -> Company:
        """Find a company; see `Operations.company`."""
        return await self.perform(self.operations.company(wanted))

    async def read_pages(
        self, entity_set: str, **options: Unpack[ReadOptions]
    ) -> AsyncIterator[Page[list[Row]]]:
        """Read an entity set page by page; see `Operations.walk`."""
        async for page in self.walk(entity_set, read_page, **options):
            yield page

    async def walk(
        self,
        entity_set: str,
        read: Callable[[bytes], Page[Rows]],
        /,
        link: str | None = None,
        **options: Unpack[ReadOptions],
    ) -> AsyncIterator[Page[Rows]]:
        """Read an entity set page by page in a form of one's own; see `Operations.walk`."""
        walk = await self.perform(self.operations.walk(entity_set, read, link, **options))
        while not walk.done:
            yield await self.perform(walk.next_page())

    async def read(self, entity_set: str, **options: Unpack[ReadOptions]) -> AsyncIterator[Row]:
        """Read the rows of an entity set, one after another; see `Operations.walk`."""
        async for page in self.read_pages(entity_set, **options):
            for row in page.rows:
                yield row

    async def get(self, entity_set: str, key: Key, **options: Unpack[GetOptions]) -> Row:
        """Read one entity; see `Operations.get`."""
        return await self.perform(self.operations.get(entity_set, key, **options))

    async def count(self, entity_set: str, **options: Unpack[CountOptions]) -> int:
        """Count rows; see `Operations.count`."""
        return await self.perform(self.operations.count(entity_set, **options))

    async def value_at(
        self, entity_set: str, field: str, row: int, **options: Unpack[CountOptions]
    ) -> Any:
        """Find the value of a field in one row; see `Operations.value_at`."""
        return await self.perform(self.operations.value_at(entity_set, field, row, **options))

    async def metadata(self, api: str = STANDARD_API) -> Metadata:
        """Read what an API says of its entity sets; see `Operations.metadata`."""
        return await self.perform(self.operations.metadata(api))

    async def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Response:
        """Send any other request; see `Operations.request`."""
        return await self.perform(self.operations.request(method, path, **options))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _take(self, step: Request | Pause) -> Response | Lost | None:
        if isinstance(step, Pause):
            _announce(step)
            await self._sleep(step.seconds)
            return None
        log.debug("%s", step.line)
        try:
            async with self._http.stream(**httpx_request(step, async_parts)) as response:
                return await async_received(step, response)
        except HTTPX_ERRORS as error:
            outcome = outcome_of(error)
        return lost(outcome)


def _principal(settings: Settings, conn_id: str) -> Principal:
    who = settings.client_id or settings.azure_credential or "managed identity"
    return Principal.of(settings, conn_id, _PACES.of(settings.api_root, settings.tenant_id, who))


def _announce(pause: Pause) -> None:
    if pause.seconds >= _WORTH_A_LINE:
        log.info("Waiting %.0f s: %s", pause.seconds, pause.reason)
