"""Both clients behind one face, so that each test holds for threads and for an event loop."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self, TypeVar

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import AsyncClient, Client
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.settings import Settings

T = TypeVar("T")


class ThreadDriver:
    """The client for threads; it does not wait, but remembers how long it would have."""

    def __init__(
        self,
        settings: Settings,
        tokens: TokenCache | None = None,
        retries: Retries | None = None,
    ) -> None:
        self.waits: list[float] = []
        self.client = Client(settings, tokens or TokenCache(), retries, self.waits.append)

    def perform(self, conversation: Conversation[T]) -> T:
        return self.client.perform(conversation)

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method; what it iterates over comes as a list."""
        result = getattr(self.client, name)(*arguments, **options)
        return list(result) if hasattr(result, "__next__") else result

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.__exit__(kind, error, trace)


class LoopDriver:
    """The client for an event loop, in a loop of its own."""

    def __init__(
        self,
        settings: Settings,
        tokens: TokenCache | None = None,
        retries: Retries | None = None,
    ) -> None:
        self.waits: list[float] = []
        self.client = AsyncClient(settings, tokens or TokenCache(), retries, self._sleep)
        self._runner = asyncio.Runner()

    def perform(self, conversation: Conversation[T]) -> T:
        return self._runner.run(self.client.perform(conversation))

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method; what it iterates over comes as a list."""
        return self._runner.run(self._call(name, *arguments, **options))

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._runner.run(self.client.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self.client.__aexit__(kind, error, trace))
        self._runner.__exit__(kind, error, trace)

    async def _call(self, name: str, *arguments: Any, **options: Any) -> Any:
        result = getattr(self.client, name)(*arguments, **options)
        if hasattr(result, "__anext__"):
            return [one async for one in result]
        return await result

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


Driver = ThreadDriver | LoopDriver
DRIVERS: list[type[Driver]] = [ThreadDriver, LoopDriver]
