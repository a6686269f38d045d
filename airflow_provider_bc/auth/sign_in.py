"""One sign-in: ask for a token, and read the answer, whatever it is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from airflow_provider_bc.auth.grant import ClientCredentials
from airflow_provider_bc.auth.remedies import REMEDIES, UNKNOWN
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import PASSING, Conversation, Retries, deliver
from airflow_provider_bc.errors import AuthenticationError, Unavailable
from airflow_provider_bc.wire import Pause, Request, Response

_TRAILER = re.compile(r"^AADSTS\d+:\s*|\s*Trace ID:.*")
_AADSTS = re.compile(r"AADSTS(\d+)")
# https://www.rfc-editor.org/rfc/rfc6750#section-2.1
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_PASSING_ERRORS = ("temporarily_unavailable", "server_error")
_OK = 200
_THROTTLED = 429
_SERVER_FAULT = 500
_REQUEST_TIMEOUT = 408
_GARBLED_ATTEMPTS = 3


def sign_in(
    grant: ClientCredentials, retries: Retries, clock: Callable[[], float]
) -> Conversation[AccessToken]:
    """Get an access token.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#get-a-token

    :param grant: who signs in.
    :param retries: how patient to be with throttling and faults of Entra.
    :param clock: seconds on the clock that freshness is judged by.
    :return: the token.
    :raises AuthenticationError: Entra refused; the message ends with what to do.
    :raises Unavailable: Entra gave no usable answer.
    """
    request = grant.token_request()
    attempts = min(_GARBLED_ATTEMPTS, retries.attempts + 1)
    attempt = 0
    while True:
        attempt += 1
        started = clock()
        response = yield from deliver(request, retries, repeatable=True)
        body = _json(response)
        if response.status == _OK and isinstance(body.get("access_token"), str):
            return _token(body, started)
        if not _is_passing(response, body):
            raise _refusal(grant, request, response, body)
        if response.status in PASSING or attempt == attempts:
            raise _outage(request, response)
        yield Pause(retries.wait(attempt, None), f"{request.line}: no token in the answer")


def _token(body: dict[str, Any], started: float) -> AccessToken:
    lifetime = _seconds(body.get("expires_in"))
    if lifetime is None or not _BEARER.fullmatch(body["access_token"]):
        lack = "no expires_in" if lifetime is None else "a token that no header can carry"
        raise AuthenticationError(
            f"The token answer has {lack}.", remedy="Check the authority host and the proxy."
        )
    refresh_in = _seconds(body.get("refresh_in"))
    return AccessToken(
        body["access_token"],
        expires_at=started + lifetime,
        refresh_at=None if refresh_in is None else started + refresh_in,
    )


def _seconds(value: Any) -> float | None:
    """Read a number of seconds; some Microsoft endpoints send it as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None


def _json(response: Response) -> dict[str, Any]:
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _is_passing(response: Response, body: dict[str, Any]) -> bool:
    if body.get("error") in _PASSING_ERRORS:
        return True
    garbled = response.status == _OK and "error" not in body
    return garbled or (
        response.status in (_REQUEST_TIMEOUT, _THROTTLED) or response.status >= _SERVER_FAULT
    )


def _outage(request: Request, response: Response) -> Unavailable:
    throttled = response.status == _THROTTLED
    said = "throttles this app" if throttled else "gave no token and no reason"
    return Unavailable(
        f"Microsoft Entra {said}.",
        remedy="Run the task again later, and let tasks share a process where they can."
        if throttled
        else "Run the task again later; if it lasts, check the authority host and the proxy.",
        status=response.status,
        correlation_id=request.headers["client-request-id"],
        request_line=request.line,
    )


def _refusal(
    grant: ClientCredentials, request: Request, response: Response, body: dict[str, Any]
) -> AuthenticationError:
    """Explain a token error (https://www.rfc-editor.org/rfc/rfc6749#section-5.2)."""
    description = str(body.get("error_description") or "").replace(grant.client_secret, "***")
    text = next(iter(description.splitlines()), "")[:500]
    code = _code(body, text)
    text = _TRAILER.sub("", text)
    error = body.get("error") if isinstance(body.get("error"), str) else None
    return AuthenticationError(
        text or f"Sign-in failed: {error or 'the answer is not from Microsoft Entra'}.",
        remedy=REMEDIES.get(code, UNKNOWN) if code else UNKNOWN,
        code=f"AADSTS{code}" if code else error,
        status=response.status,
        correlation_id=body.get("correlation_id") or request.headers["client-request-id"],
        request_line=request.line,
    )


def _code(body: dict[str, Any], text: str) -> int | None:
    codes = body.get("error_codes")
    if isinstance(codes, list) and codes and type(codes[0]) is int:
        return codes[0]
    found = _AADSTS.search(text)
    return int(found.group(1)) if found else None
