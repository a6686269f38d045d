"""The pages: templates with everything escaped, written whole or as their content becomes known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Self
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Request
from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from airflow_provider_bc.errors import BusinessCentralError, ConfigurationError
from airflow_provider_bc.plugins import PREFIX
from airflow_provider_bc.plugins.connect.access import form_of
from airflow_provider_bc.plugins.connect.seal import written

_LONGEST = 1000  # bytes: cause and remedy share a cookie
_LONGEST_CODE = 100
_WIDEST = 6  # bytes of a character in JSON


def shortened(text: str, most: int = _LONGEST) -> str:
    """Cut a text, so that a sealed cookie can hold it; halves of characters become ``?``.

    :param text: of any letters.
    :param most: the bytes that it may have in JSON.
    """
    text = text.encode(errors="replace").decode()
    while (over := len(written(text)) - 2 - most) > 0:
        text = text[: -max(1, over // _WIDEST)]
    return text


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, for a person.

    :param cause: a sentence.
    :param remedy: what to do, as a sentence.
    :param code: Microsoft's code, where there is one.
    :param correlation_id: what Microsoft's support asks for, where there is one.
    """

    cause: str
    remedy: str = ""
    code: str = ""
    correlation_id: str = ""

    @classmethod
    def of(cls, error: BusinessCentralError) -> Self:
        """Read an error of ours, whose text holds no secret."""
        return cls(
            shortened(error.message),
            shortened(error.remedy),
            shortened(error.code or "", _LONGEST_CODE),
            shortened(error.correlation_id or "", _LONGEST_CODE),
        )

    def as_dict(self) -> dict[str, str]:
        """Give it as a cookie keeps it."""
        return asdict(self)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_of(request: Request, conn_id: str) -> str:
    """Name the page of a connection, whose id may hold what means something else in a URL.

    :param request: says where the pages are.
    :param conn_id: its id.
    """
    return f"{request.scope['root_path']}/connections/{quote(conn_id, safe='')}"


def page(
    request: Request,
    name: str,
    *,
    user: BaseUser | None = None,
    status: int = 200,
    **content: Any,
) -> HTMLResponse:
    """Write a page whole.

    :param request: which it answers.
    :param name: the template's, without ``.html``.
    :param user: whose forms stand on it.
    :param status: the HTTP status.
    :param content: what the template shows.
    """
    text = _templates().get_template(f"{name}.html").render(_frame(request, user) | content)
    return HTMLResponse(text, status)


def growing_page(
    request: Request, name: str, *, user: BaseUser | None = None, **content: Any
) -> StreamingResponse:
    """Write a page while its content becomes known: iterators in it are read as it is sent.

    :param request: see `page`.
    :param name: see `page`.
    :param user: see `page`.
    :param content: see `page`.
    """
    template = _templates().get_template(f"{name}.html")
    parts: Iterator[str] = template.generate(_frame(request, user) | content)
    # Neither Airflow's compression nor a proxy in front of it may wait for the end.
    unbuffered = {"content-encoding": "identity", "x-accel-buffering": "no"}
    return StreamingResponse(parts, headers=unbuffered, media_type="text/html; charset=utf-8")


def _frame(request: Request, user: BaseUser | None) -> dict[str, Any]:
    """Say where links lead, and what forms bring back or why there can be none."""
    root = str(request.scope["root_path"])
    form, no_form = "", None
    try:
        form = form_of(user) if user else ""
    except ConfigurationError as error:
        no_form = Trouble.of(error)
    return {"root": root, "airflow": root.removesuffix(PREFIX), "form": form, "no_form": no_form}
