"""What a client posts to Entra.

https://www.rfc-editor.org/rfc/rfc6749#appendix-B
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from airflow_provider_bc.emulator.entra.errors import EntraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.wire import Request

_FORM = "application/x-www-form-urlencoded"


def needed(form: Mapping[str, str], name: str) -> str:
    """Read a field that must be there.

    :param form: the form.
    :param name: the field.
    :returns: its value, never empty.
    :raises EntraError: AADSTS900144.
    """
    value = form.get(name, "")
    if not value:
        raise EntraError(900144, name)
    return value


def lowered(request: Request) -> dict[str, str]:
    """Read the headers of a request.

    :param request: the request.
    :returns: the headers, names in lower case.
    """
    return {name.lower(): value for name, value in request.headers.items()}


def read_pairs(text: str) -> dict[str, str]:
    """Read form-encoded parameters, each at most once (https://www.rfc-editor.org/rfc/rfc6749#section-3.1).

    :param text: a query string or the content of a form.
    :returns: the parameters.
    :raises EntraError: AADSTS9002313.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise EntraError(9002313) from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise EntraError(9002313)
    return form


def read_body(request: Request) -> dict[str, str]:
    """Read what one of the pages posted.

    :param request: the request.
    :returns: the fields, none for an empty form.
    :raises EntraError: AADSTS9002313.
    """
    try:
        text = request.body.decode("ascii")
    except UnicodeDecodeError:
        raise EntraError(9002313) from None
    return read_pairs(text) if text else {}


def read_form(request: Request) -> dict[str, str]:
    """Read the form and, where sent, HTTP Basic (https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1).

    :param request: the request.
    :returns: the fields; those of HTTP Basic are `client_id` and `client_secret`.
    :raises EntraError: AADSTS900144 or 9002313.
    """
    headers = lowered(request)
    if not headers.get("content-type", "").startswith(_FORM) or not request.body:
        raise EntraError(900144, "grant_type")
    form = read_body(request)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            raise EntraError(9002313) from None
        form |= {"client_id": unquote_plus(user), "client_secret": unquote_plus(password)}
    return form
