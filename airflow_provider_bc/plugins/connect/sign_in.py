"""A person's sign-in through the page: what is kept in between, and where.

What only the server may know (the PKCE verifier, the nonce, the state) travels in a cookie of the
browser that began, sealed for the Airflow user who began: any API server can finish, nothing is
stored, and a callback in another browser or by another user finds nothing to finish with.
https://datatracker.ietf.org/doc/html/rfc9700#section-4.7
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_bc.auth.authorization_code import BegunSignIn
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.plugins import PREFIX
from airflow_provider_bc.plugins.connect.access import base_url
from airflow_provider_bc.plugins.connect.seal import Seal
from airflow_provider_bc.settings import Settings

SIGN_IN_SECONDS = 600
CALLBACK = f"{PREFIX}/callback"


def redirect_uri(settings: Settings) -> str:
    """Say where Microsoft sends the browser back to; it is registered at the app.

    :param settings: of the connection, which may name it.
    :raises ConfigurationError: it would lead elsewhere, or is not known.
    """
    if settings.redirect_uri:
        if urlsplit(settings.redirect_uri).path.endswith(CALLBACK):
            return settings.redirect_uri
        raise ConfigurationError(
            f"Redirect URI (redirect_uri) of the connection is {settings.redirect_uri}, which does "
            "not lead back to this page.",
            remedy=f"Empty it, or let it end in {CALLBACK}.",
        )
    if not base_url():
        raise ConfigurationError(
            "Airflow does not know its own address, where Microsoft sends the browser back to.",
            remedy="Set [api] base_url, e.g. https://airflow.contoso.com.",
        )
    return f"{base_url()}{CALLBACK}"


def cookie_of(state: str) -> str:
    """Name the cookie of one sign-in, so that several may be under way in one browser."""
    return f"bc_sign_in_{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def state_in(query: str) -> str:
    """Find the state that a browser brought back; empty if there is none."""
    return dict(parse_qsl(query)).get("state", "")


def sealed(seal: Seal, user_id: str, conn_id: str, begun: BegunSignIn) -> str:
    """Write what the cookie holds."""
    kept = {name: value for name, value in asdict(begun).items() if name != "url"}
    return seal.close("sign-in", user_id, {**kept, "conn_id": conn_id})


def opened(seal: Seal, user_id: str, cookie: str) -> tuple[str, BegunSignIn]:
    """Read what `sealed` wrote.

    :return: the connection and the sign-in that was begun for it.
    :raises BrokenSeal: see `Seal.open`.
    """
    kept = seal.open("sign-in", user_id, cookie, SIGN_IN_SECONDS)
    conn_id = kept.pop("conn_id")
    return conn_id, BegunSignIn(url="", **kept)
