"""httpx: how its messages become ours, and ours its; only the drivers speak it.

https://www.python-httpx.org/api/
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from io import BytesIO
from typing import Any, BinaryIO

import httpx

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.wire import Lost, Request, Response

Source = Callable[[], BinaryIO]
Parts = Callable[[Source, int | None], Any]

CONNECT_TIMEOUT = 15.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PART = 1 << 16
_OK = 200


class ContentChanged(Exception):
    """A content is not as long as was declared before it was read."""


HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError, ContentChanged)
"""What sending may raise."""


def httpx_request(request: Request, parts_of: Parts) -> dict[str, Any]:
    """Write a request as httpx wants it.

    :param request: ours.
    :param parts_of: reads a source part by part.
    """
    options: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "content": request.body or None,
    }
    if request.source is not None:
        declared = request.headers.get("Content-Length")
        options["content"] = parts_of(request.source, None if declared is None else int(declared))
    if request.timeout is not None:
        options["timeout"] = httpx.Timeout(request.timeout, connect=CONNECT_TIMEOUT)
    return options


def received(request: Request, response: httpx.Response) -> Response:
    """Read a response whole.

    :param request: whose sink takes the content, if it has one and the answer is a 200.
    :param response: of httpx, still streaming.
    """
    body = BytesIO()  # a list of parts would leave the heap of each thread in pieces
    with _target(request, response, body) as file:
        file.writelines(response.iter_bytes())
        return _response(response, body)


async def async_received(request: Request, response: httpx.Response) -> Response:
    """Read a response whole; see `received`."""
    body = BytesIO()
    with _target(request, response, body) as file:
        async for part in response.aiter_bytes():
            if file is body:
                file.write(part)
            else:
                await asyncio.to_thread(file.write, part)
        return _response(response, body)


def parts(source: Source, size: int | None) -> Iterator[bytes]:
    """Open a source, read it part by part, and close it.

    :param source: opens it.
    :param size: how many bytes it must have; None for any number.
    :raises ContentChanged: when it has another.
    """
    read = 0
    with source() as file:
        while part := file.read(_PART):
            read += len(part)
            _check_size(read, size, whole=False)
            yield part
    _check_size(read, size, whole=True)


async def async_parts(source: Source, size: int | None) -> AsyncIterator[bytes]:
    """Open a source, read it part by part, and close it; see `parts`."""
    read = 0
    with source() as file:
        while part := await asyncio.to_thread(file.read, _PART):
            read += len(part)
            _check_size(read, size, whole=False)
            yield part
    _check_size(read, size, whole=True)


def _check_size(read: int, size: int | None, *, whole: bool) -> None:
    if size is not None and (read > size or (whole and read < size)):
        raise ContentChanged(f"{size} bytes were to be sent, and the content has another length")


def _target(request: Request, response: httpx.Response, body: BytesIO) -> BinaryIO:
    streamed = request.sink and response.status_code == _OK
    return request.sink() if request.sink and streamed else body


def _response(response: httpx.Response, body: BytesIO) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status_code, headers, body.getvalue())


def lost(outcome: Lost | ConfigurationError) -> Lost:
    """Raise outside the handler: what httpx raised holds the request, and so its secrets."""
    if isinstance(outcome, ConfigurationError):
        raise outcome
    return outcome


def outcome_of(error: Exception) -> Lost | ConfigurationError:
    """Say what an error of httpx means.

    :param error: one of `HTTPX_ERRORS`.
    :return: what to tell the conversation, or to raise.
    """
    if isinstance(error, httpx.InvalidURL):
        return ConfigurationError(
            f"The URL of a request is no URL: {error}.",
            remedy="Correct the API URL, the authority host or the path.",
        )
    if isinstance(error, httpx.LocalProtocolError | UnicodeEncodeError):
        return ConfigurationError(
            "The method or a header of the request holds what HTTP does not allow.",
            remedy="Correct them: headers are ASCII, and have no line breaks.",
        )
    untrusted = _untrusted(error)
    if untrusted:
        return ConfigurationError(
            f"The server's certificate is not trusted: {untrusted}.",
            remedy="Fill in CA bundle with the PEM file of your proxy's or server's authority.",
        )
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    return Lost(reason, sent=not isinstance(error, _NEVER_SENT))


def _untrusted(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        error = error.__cause__ or error.__context__
    return None


@cache
def trust(ca_bundle: str | None) -> ssl.SSLContext:
    """Say which certificates to trust.

    :param ca_bundle: the path of a PEM file besides the usual authorities.
    :raises ConfigurationError: when it cannot be read.
    """
    context = httpx.create_ssl_context()
    if ca_bundle:
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"The CA bundle {ca_bundle!r} cannot be read: {error}.",
                remedy="Give the path of a PEM file that the worker can read.",
            ) from error
    return context
