"""Redirect URIs, and the ways back to the app.

https://learn.microsoft.com/entra/identity-platform/reply-url
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, urlencode, urlsplit

from airflow_provider_bc.emulator.entra.directory import RedirectUri
from airflow_provider_bc.emulator.entra.pages import posting_page
from airflow_provider_bc.wire import Response

MODES = ("query", "fragment", "form_post")
_PORTLESS = ("localhost", "127.0.0.1")


def _parts(uri: str) -> SplitResult | None:
    """Take a URI apart, its port left out where none counts; None if it is no URI."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme == "http" and host in _PORTLESS and "@" not in parts.netloc:
        return parts._replace(netloc=parts.netloc.partition(":")[0])
    return parts


def registered(uri: str, allowed: Sequence[RedirectUri]) -> RedirectUri | None:
    """Find the registration of a redirect URI: every character counts, but no port on localhost.

    :param uri: what the app asks for.
    :param allowed: what it registered.
    :returns: the registration, None if there is none.
    """
    wanted = _parts(uri)
    if wanted is None or wanted.fragment:
        return None
    return next((one for one in allowed if _parts(one.uri) == wanted), None)


def send_back(uri: str, mode: str, members: Mapping[str, str], **headers: str) -> Response:
    """Send the browser back to the app (https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html).

    :param uri: the redirect URI.
    :param mode: one of `MODES`.
    :param members: what the app learns.
    :param headers: more headers, with `_` for `-`.
    :returns: a 302, or for `form_post` a page that posts itself.
    """
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    quiet = {"cache-control": "no-store, no-cache", "pragma": "no-cache"} | names
    if mode == "form_post":
        page = posting_page(uri, members)
        return Response(page.status, dict(page.headers) | quiet, page.body)
    parts = urlsplit(uri)
    parts = parts._replace(path=parts.path or "/")
    if mode == "fragment":
        parts = parts._replace(fragment=urlencode(members))
    else:
        query = "&".join(filter(None, [parts.query, urlencode(members)]))
        parts = parts._replace(query=query)
    return Response(302, {"location": parts.geturl()} | quiet)
