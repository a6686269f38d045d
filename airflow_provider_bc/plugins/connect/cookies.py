"""The cookies of the page: out of reach for scripts and for other paths, and short-lived."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response

from airflow_provider_bc.plugins.connect.access import base_url

OUTCOME = "bc_outcome"
OUTCOME_SECONDS = 120


def give(request: Request, answer: Response, name: str, content: str, seconds: int) -> None:
    """Set a cookie; it comes back when Microsoft sends the browser here, hence ``lax``.

    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#samesitesamesite-value

    :param request: says where the page is.
    :param answer: which gives it.
    :param name: its name.
    :param content: sealed text.
    :param seconds: how long the browser keeps it.
    """
    answer.set_cookie(
        name,
        content,
        max_age=seconds,
        path=request.scope["root_path"],
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def take(request: Request, answer: Response, name: str) -> None:
    """Remove a cookie: what it held was used.

    :param request: see `give`.
    :param answer: see `give`.
    :param name: see `give`.
    """
    answer.delete_cookie(
        name,
        path=request.scope["root_path"],
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _is_secure(request: Request) -> bool:
    return "https" in (urlsplit(base_url()).scheme, request.url.scheme)
