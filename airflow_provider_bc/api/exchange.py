"""The life of a request: sign, send, interpret, wait or renew, result."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from airflow_provider_bc.api.interpret import explain
from airflow_provider_bc.api.principals import Principal, Principals
from airflow_provider_bc.api.routes import Routes
from airflow_provider_bc.api.service_clock import ServiceClock
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import SAFE_METHODS, Conversation, Retries, deliver, doubtful
from airflow_provider_bc.errors import (
    AuthenticationError,
    AuthorizationError,
    BusinessCentralError,
    ConfigurationError,
    GarbledAnswer,
    OutcomeUnknown,
    UnexpectedAnswer,
)
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Pause, Request, Response

T = TypeVar("T")

_UNAUTHORIZED = 401
_GARBLED_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Exchange:
    """Exchanges signed requests with one connection's Business Central.

    :param settings: the connection.
    :param routes: its URLs; only those are signed.
    :param tokens: the tokens of this process.
    :param retries: how patient to be.
    :param principals: whom requests are signed as, each with limits of its own.
    :param clock: what time the service says it is.
    """

    settings: Settings
    routes: Routes
    tokens: TokenCache
    retries: Retries
    principals: Principals
    clock: ServiceClock = field(default_factory=ServiceClock)

    def token(self) -> Conversation[AccessToken]:
        """Give a usable token of this connection, from the cache or by signing in."""
        return self.tokens.acquire(self.principals.first.grant, self.retries)

    def send(self, request: Request, *, harmless: bool | None = None) -> Conversation[Response]:
        """Exchange one request.

        :param request: unsigned; a refused token is renewed once, and the same request replayed.
        :param harmless: whether it changes nothing; by default where its method says so.
        :return: a response with a 2xx status.
        :raises BusinessCentralError: the one that `explain` finds for any other answer.
        """
        if harmless is None:
            harmless = request.method in SAFE_METHODS
        while True:
            principal = self.principals.next()
            try:
                return (yield from self._send_as(principal, request, harmless=harmless))
            except (AuthenticationError, AuthorizationError) as error:
                if not self.principals.set_aside(principal, error):
                    raise

    def _send_as(
        self, principal: Principal, request: Request, *, harmless: bool
    ) -> Conversation[Response]:
        token = yield from self.tokens.acquire(principal.grant, self.retries)
        response = yield from self._deliver(request, token, principal, harmless=harmless)
        if response.status == _UNAUTHORIZED:
            self.tokens.forget(principal.grant, token)
            token = yield from self.tokens.acquire(principal.grant, self.retries)
            response = yield from self._deliver(request, token, principal, harmless=harmless)
        if 200 <= response.status < 300:  # noqa: PLR2004 - success
            return response
        error = explain(request, response)
        error.in_doubt = not harmless and doubtful(response.status)
        raise error

    def fetch(self, request: Request, read: Callable[[bytes], T]) -> Conversation[T]:
        """Exchange what only asks and read its body; a garbled one is asked for again.

        :param request: unsigned.
        :param read: what makes sense of the body.
        :return: what `read` made of it.
        :raises UnexpectedAnswer: when no attempt brought a whole answer.
        """
        for attempt in itertools.count(1):
            response = yield from self.send(request, harmless=True)
            try:
                return read(response.body)
            except UnexpectedAnswer as error:
                if attempt == _GARBLED_ATTEMPTS or not isinstance(error, GarbledAnswer):
                    error.request_line = request.line
                    raise
            yield Pause(self.retries.wait(attempt, None), f"{request.line}: not whole")
        raise AssertionError  # pragma: no cover - the loop has no other end

    def write(self, request: Request, read: Callable[[bytes], T]) -> Conversation[T]:
        """Exchange what changes something, and read its answer; it is not asked for again.

        :param request: unsigned.
        :param read: what makes sense of the body.
        :return: what `read` made of it.
        :raises UnexpectedAnswer: in doubt, where the service answered with something else.
        """
        response = yield from self.send(request)
        try:
            return read(response.body)
        except UnexpectedAnswer as error:
            error.request_line = request.line
            error.in_doubt = True
            raise

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Request:
        """Build a request with the headers that this connection always sends.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-connect-apps-tips
        """
        standard = {"Accept": "application/json", "Accept-Language": self.settings.language}
        if method == "GET" and self.settings.read_replica:
            standard["Data-Access-Intent"] = "ReadOnly"
        return Request(method, url, _merged(standard, headers or {}), body)

    def _deliver(
        self, request: Request, token: AccessToken, principal: Principal, *, harmless: bool
    ) -> Conversation[Response]:
        signed = self._signed(request, token)
        response = yield from deliver(
            signed, self.retries, repeatable=harmless, pace=principal.pace
        )
        self.clock.hear(response)
        return response

    def _signed(self, request: Request, token: AccessToken) -> Request:
        if not self.routes.owns(request.url):
            raise ConfigurationError(
                f"The token is not sent to {request.line}.", remedy="It goes to the API URL only."
            )
        return replace(
            request,
            headers=_merged(
                request.headers,
                {"client-request-id": str(uuid.uuid4()), "Authorization": token.bearer()},
            ),
        )


def once(conversation: Conversation[T]) -> Conversation[T]:
    """Hold a conversation about what nothing tells apart from a second one of its kind.

    :param conversation: that sends it.
    :return: what the conversation returns.
    :raises OutcomeUnknown: where it may have been carried out, though no answer says so.
    """
    try:
        return (yield from conversation)
    except BusinessCentralError as error:
        if not error.in_doubt:
            raise
        raise OutcomeUnknown(
            error.message,
            remedy="Look in Business Central whether it was done before you run this again.",
            code=error.code,
            status=error.status,
            correlation_id=error.correlation_id,
            request_line=error.request_line,
        ) from error


def looked_after(
    write: Conversation[Any], is_done: Callable[[], Conversation[bool]]
) -> Conversation[None]:
    """Hold a conversation, and look whether it was carried out where that is left open.

    :param write: that sends it; what it returns is not needed.
    :param is_done: looks.
    :raises BusinessCentralError: the error that left it open, where it was not, or nobody can tell.
    """
    try:
        yield from write
    except BusinessCentralError as doubt:
        if not doubt.in_doubt:
            raise
        if not (yield from looked_up(is_done(), doubt)):
            raise


def looked_up(look: Conversation[T], doubt: BusinessCentralError) -> Conversation[T]:
    """Hold a conversation that looks what is so, after an error that leaves it open.

    :param look: that asks.
    :param doubt: the error, which is raised where the look fails as well.
    :return: what the look found.
    """
    try:
        return (yield from look)
    except BusinessCentralError as error:
        raise doubt from error


def _merged(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Let the second headers replace the first, whatever the case of their names."""
    replaced = {name.lower() for name in second}
    return {name: text for name, text in first.items() if name.lower() not in replaced} | {**second}
