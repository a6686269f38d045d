"""The other end of a conversation, scripted: what it answers, and what it was asked."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.api.principals import Principal, Principals
from airflow_provider_bc.api.routes import Routes
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.client_authentication import ClientSecret
from airflow_provider_bc.auth.client_credentials import ClientCredentials
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Lost, Pause, Request, Response

T = TypeVar("T")

Answer = Response | Lost
Script = Answer | Callable[[Request], Answer]

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-aaaaaaaaaaaa"
COMPANY = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"
SECRET = "S3cr3t~&=+%/ü"
ROOT = "https://api.businesscentral.dynamics.com"
API = f"{ROOT}/v2.0/Production/api/v2.0"
HOME = f"{API}/companies({COMPANY})"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

PATIENT = Retries(fraction=lambda: 0.5, now=lambda: NOON)
COMPANIES = [{"id": COMPANY, "name": "CRONUS", "displayName": "CRONUS International"}]


class Peer:
    """Answers a conversation from a script; pauses pass at once.

    :param script: the answers in their order, each a value or a function of the request.
    """

    def __init__(self, *script: Script) -> None:
        self._script = deque(script)
        self.requests: list[Request] = []
        self.pauses: list[Pause] = []

    @property
    def urls(self) -> list[str]:
        """Where each request went."""
        return [request.url for request in self.requests]

    @property
    def unused(self) -> list[Script]:
        """What nobody asked for."""
        return list(self._script)

    def converse(self, conversation: Conversation[T]) -> T:
        """Perform a conversation; one that asks for more than the script fails."""
        answer: Answer | None = None
        try:
            while True:
                answer = self._hear(conversation.send(answer))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    def _hear(self, step: Request | Pause) -> Answer | None:
        if isinstance(step, Pause):
            self.pauses.append(step)
            return None
        self.requests.append(step)
        if not self._script:
            raise AssertionError(f"Not in the script: {step!r}")
        answer = self._script.popleft()
        return answer(step) if callable(answer) else answer


class HandClock:
    """A clock that moves only when it is told."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def settings(**extra: Any) -> Settings:
    return Settings.from_connection(
        login=CLIENT, password=SECRET, extra={"tenant_id": TENANT, **extra}
    )


def grant(**extra: Any) -> ClientCredentials:
    read = settings(**extra)
    return ClientCredentials(
        read.authority_host, read.tenant_id, CLIENT, read.scope, ClientSecret(SECRET)
    )


def exchange(tokens: TokenCache | None = None, **extra: Any) -> Exchange:
    connection = settings(**extra)
    cache = TokenCache(HandClock()) if tokens is None else tokens
    principals = Principals([Principal.of(connection)])
    return Exchange(connection, Routes(connection), cache, PATIENT, principals)


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    """Answer with JSON; a header's name is written with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, named, json.dumps(value).encode())


def token(value: str = "token-1", **fields: Any) -> Response:
    return answer({"token_type": "Bearer", "expires_in": 3599, "access_token": value, **fields})


def refusal(code: int, error: str = "invalid_client", status: int = 401) -> Response:
    """Refuse a sign-in as Microsoft Entra does."""
    text = f"AADSTS{code}: Something is wrong.\r\nTrace ID: t\r\nCorrelation ID: corr-1"
    body = {"error": error, "error_description": text, "error_codes": [code]}
    return answer({**body, "correlation_id": "corr-1"}, status)


def page(*rows: dict[str, Any], link: str | None = None, count: int | None = None) -> Response:
    body: dict[str, Any] = {"value": list(rows)}
    if link is not None:
        body["@odata.nextLink"] = link
    if count is not None:
        body["@odata.count"] = count
    return answer(body)


def companies() -> Response:
    return page(*COMPANIES)


def complaint(status: int, code: str, message: str = "No.") -> Response:
    """Refuse a request as Business Central does."""
    return answer({"error": {"code": code, "message": message}}, status)
