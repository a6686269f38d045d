"""One sign-in: ask for a token, and read the answer, whatever it is."""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.remedies import remedy_for
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import PASSING, Conversation, Retries, deliver
from airflow_provider_bc.errors import AuthenticationError, Unavailable
from airflow_provider_bc.wire import Pause, Request, Response

TIMEOUT = 30.0
"""Seconds of silence after which a sign-in counts as lost."""

_TRAILER = re.compile(r"^AADSTS\d+:\s*|\s*Trace ID:.*")
_AADSTS = re.compile(r"AADSTS(\d+)")
# https://www.rfc-editor.org/rfc/rfc6750#section-2.1
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_PASSING_ERRORS = ("temporarily_unavailable", "server_error")
_OK = 200
_THROTTLED = 429
_SERVER_FAULT = 500
_REQUEST_TIMEOUT = 408
_LONGEST_ERROR = 100
_GARBLED_ATTEMPTS = 3


def token_request(authority_host: str, tenant_id: str, form: Mapping[str, str]) -> Request:
    """Ask a tenant's token endpoint; every value is form-encoded exactly once.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#get-a-token

    :param authority_host: scheme and host of Microsoft Entra.
    :param tenant_id: GUID or domain of the directory.
    :param form: the fields.
    """
    return entra_request(token_url(authority_host, tenant_id), form)


def entra_request(url: str, form: Mapping[str, str]) -> Request:
    """Post a form to Microsoft Entra, with an id that its support can find it by."""
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "client-request-id": str(uuid.uuid4()),
    }
    return Request("POST", url, headers, urlencode(form).encode(), timeout=TIMEOUT)


def token_url(authority_host: str, tenant_id: str) -> str:
    """Give the URL of a tenant's token endpoint."""
    return f"{authority_host}/{quote(tenant_id, safe='')}/oauth2/v2.0/token"


def ask_for_token(
    compose: Callable[[], Request],
    retries: Retries,
    clock: Callable[[], float],
    *,
    secrets: Sequence[str] = (),
    passing: Container[int] = (),
) -> Conversation[Granted]:
    """Ask for a token until there is an answer.

    :param compose: makes the request; it is called anew for each repetition, because an assertion
        that proves an app is valid for minutes, and once.
    :param retries: how patient to be with throttling and faults of Entra.
    :param clock: seconds on the clock that freshness is judged by.
    :param secrets: what no message may repeat.
    :param passing: more statuses that repeating may cure.
    :return: the token, and what came with it.
    :raises AuthenticationError: Entra refused; the message ends with what to do.
    :raises Unavailable: Entra gave no usable answer.
    """
    attempts = min(_GARBLED_ATTEMPTS, retries.attempts + 1)
    attempt = 0
    request = compose()
    again = partial(_recomposed, compose, request)
    while True:
        attempt += 1
        started = clock()
        response = yield from deliver(again(), retries, repeatable=True, again=again)
        body = answer_body(response)
        if response.status == _OK and isinstance(body.get("access_token"), str):
            return _granted(body, started, retries.now().timestamp())
        if response.status not in passing and not _is_passing(response, body):
            raise refusal(request, response, body, secrets)
        if response.status in PASSING or attempt == attempts:
            raise outage(request, response)
        yield Pause(retries.wait(attempt, None), f"{request.line}: no token in the answer")


def _recomposed(compose: Callable[[], Request], request: Request) -> Request:
    """Make the request anew, under the id that the error will name."""
    return replace(compose(), headers=request.headers)


def _granted(body: dict[str, Any], started: float, now: float) -> Granted:
    refresh_token, id_token = body.get("refresh_token"), body.get("id_token")
    return Granted(
        _token(body, started, now),
        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        id_token if isinstance(id_token, str) else None,
    )


def _token(body: dict[str, Any], started: float, now: float) -> AccessToken:
    lifetime = _seconds(body.get("expires_in"))
    ends = _seconds(body.get("expires_on"))  # App Service tells when, not how long
    if lifetime is None and ends is not None:
        lifetime = ends - now
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


def answer_body(response: Response) -> dict[str, Any]:
    """Read a JSON object; anything else is an empty one."""
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


def outage(request: Request, response: Response) -> Unavailable:
    """Explain that there was no usable answer."""
    throttled = response.status == _THROTTLED
    said = "throttles this app" if throttled else "gave no token and no reason"
    return Unavailable(
        f"Microsoft Entra {said}.",
        remedy="Run the task again later, and let tasks share a process where they can."
        if throttled
        else "Run the task again later; if it lasts, check the authority host and the proxy.",
        status=response.status,
        correlation_id=request.headers.get("client-request-id"),
        request_line=request.line,
    )


def refusal(
    request: Request, response: Response, body: Mapping[str, Any], secrets: Sequence[str] = ()
) -> AuthenticationError:
    """Explain a token error.

    :param request: what was asked.
    :param response: the answer.
    :param body: its JSON.
    :param secrets: what the message may not repeat.
    """
    error = explained(body, secrets)
    error.status = response.status
    error.correlation_id = error.correlation_id or request.headers.get("client-request-id")
    error.request_line = request.line
    return error


def explained(body: Mapping[str, Any], secrets: Sequence[str] = ()) -> AuthenticationError:
    """Explain what Entra said, in an answer or in a redirect.

    https://www.rfc-editor.org/rfc/rfc6749#section-5.2

    :param body: ``error`` and what belongs to it.
    :param secrets: what the message may not repeat.
    :return: the error; its `error` is what behaviour follows, its `code` chose the remedy.
    """
    description = str(body.get("error_description") or body.get("message") or "")  # App Service
    for secret in secrets:
        description = description.replace(secret, "***")
    text = next(iter(description.splitlines()), "")[:500]
    code = _code(body, text)
    text = _TRAILER.sub("", text)
    said = body.get("error")
    error = said[:_LONGEST_ERROR] if isinstance(said, str) else None
    correlation = body.get("correlation_id")
    refused = AuthenticationError(
        text or f"Sign-in failed: {error or 'the answer is not from Microsoft Entra'}.",
        remedy=remedy_for(code, error),
        code=f"AADSTS{code}" if code else error,
        correlation_id=correlation if isinstance(correlation, str) else None,
    )
    refused.error = error
    return refused


def _code(body: Mapping[str, Any], text: str) -> int | None:
    codes = body.get("error_codes")
    if isinstance(codes, list) and codes and type(codes[0]) is int:
        return codes[0]
    found = _AADSTS.search(text)
    return int(found.group(1)) if found else None
