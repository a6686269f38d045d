"""The authorization code grant with PKCE: a person signs in once, in a browser.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.sign_in import explained
from airflow_provider_bc.auth.token import read_claims
from airflow_provider_bc.auth.user import SignedInUser
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.sign_in_settings import check_redirect_uri

ResponseMode = Literal["query", "form_post"]

_ANEW = "Begin the sign-in anew, and finish it in the same browser."


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """A sign-in that a browser has yet to finish; keep it where only this server can read it.

    Its fields are plain text: ``dataclasses.asdict`` writes it, ``BegunSignIn(**fields)`` reads it.

    :param url: where to send the browser.
    :param redirect_uri: where it comes back to.
    :param state: what it must bring back, so that nobody finishes another one's sign-in.
    :param nonce: what the id token must name.
    :param code_verifier: what proves that the code was meant for us.
    :param asked: a digest of authority, tenant and app; code and verifier are for no other.
    """

    url: str
    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    asked: str

    def __repr__(self) -> str:
        """Leave out the URL's query too: it holds state and nonce."""
        return f"BegunSignIn(redirect_uri={self.redirect_uri!r})"


def begin(
    user: SignedInUser,
    redirect_uri: str,
    *,
    response_mode: ResponseMode = "query",
    login_hint: str | None = None,
) -> BegunSignIn:
    """Begin a sign-in.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code
    https://www.rfc-editor.org/rfc/rfc7636#section-4

    :param user: from `airflow_provider_bc.auth.choice.user_of`.
    :param redirect_uri: where the browser comes back to; registered at the app.
    :param response_mode: whether it brings the code in the query or in a form.
    :param login_hint: the account to offer, e.g. ``user@contoso.com``.
    :raises ConfigurationError: when Microsoft would not take the redirect URI.
    """
    _check(redirect_uri)
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {
        "client_id": user.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "response_mode": response_mode,
        "scope": user.delegated_scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "prompt": "select_account",
    }
    if login_hint:
        query["login_hint"] = login_hint
    tenant = quote(user.tenant_id, safe="")
    url = f"{user.authority_host}/{tenant}/oauth2/v2.0/authorize?{urlencode(query)}"
    return BegunSignIn(url, redirect_uri, state, nonce, verifier, _asked(user))


def _asked(user: SignedInUser) -> str:
    whom = json.dumps([user.authority_host, user.tenant_id.lower(), user.client_id.lower()])
    return hashlib.sha256(whom.encode()).hexdigest()


def _check(redirect_uri: str) -> None:
    try:
        check_redirect_uri(redirect_uri)
    except ValueError as error:
        raise ConfigurationError(
            f"The redirect URI {redirect_uri!r} {error}.",
            remedy="Correct Redirect URI (redirect_uri), or [api] base_url of Airflow.",
        ) from None


def read_callback(came_back: str, begun: BegunSignIn) -> str:
    """Read what the browser brought back.

    ``session_state``, ``client_info``, ``admin_consent`` and whatever else may come are let pass:
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response

    :param came_back: the whole URL, its query, or the body of the form.
    :param begun: the sign-in that the browser was sent away with.
    :return: the code.
    :raises AuthenticationError: it belongs to another sign-in, was declined, or brings no code.
    """
    query = urlsplit(came_back).query if "://" in came_back.partition("?")[0] else came_back
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    fields = dict(pairs)
    state = fields.get("state", "")
    if len(fields) != len(pairs) or not hmac.compare_digest(state.encode(), begun.state.encode()):
        raise AuthenticationError(
            "What the browser brought back does not belong to this sign-in (state).", remedy=_ANEW
        )
    if "error" in fields:
        raise explained(fields)
    if not fields.get("code"):
        raise AuthenticationError("The browser brought back no code.", remedy=_ANEW)
    return fields["code"]


def redeem(
    user: SignedInUser,
    begun: BegunSignIn,
    code: str,
    retries: Retries,
    clock: Callable[[], float] = time.monotonic,
) -> Conversation[Granted]:
    """Exchange a code for tokens, once.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redeem-a-code-for-an-access-token

    :param user: as for `begin`.
    :param begun: what `begin` gave.
    :param code: what `read_callback` gave.
    :param retries: how patient to be.
    :param clock: that of the token cache which will keep the result.
    :return: with a refresh token, for `TokenCache.keep`.
    :raises AuthenticationError: Entra refused, or the answer is for somebody else, or the
        connection was changed meanwhile: whom it names now is not sent what was meant for another.
    """
    if not hmac.compare_digest(begun.asked, _asked(user)):
        raise AuthenticationError(
            "The connection was changed during the sign-in: it names another authority host, "
            "tenant or application now.",
            remedy=_ANEW,
        )
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": begun.redirect_uri,
        "code_verifier": begun.code_verifier,
    }
    secret = (code, begun.code_verifier)
    granted = yield from user.ask(form, retries, clock, secrets=secret)
    claims = read_claims(granted.id_token or "")
    named = str(claims.get("nonce", ""))
    ours = hmac.compare_digest(named.encode(), begun.nonce.encode())
    if not ours or str(claims.get("aud", "")).lower() != user.client_id.lower():
        raise AuthenticationError("The id token belongs to another sign-in.", remedy=_ANEW)
    return with_refresh_token(granted)


def with_refresh_token(granted: Granted) -> Granted:
    """Make sure that tasks can sign in later.

    :raises AuthenticationError: when there is no refresh token.
    """
    if granted.refresh_token is None:
        raise AuthenticationError(
            "Microsoft Entra gave no refresh token.",
            remedy="Consent to offline_access for the app (API permissions > Microsoft Graph > "
            "Delegated > offline_access).",
        )
    return granted


def account_of(granted: Granted) -> str | None:
    """Name the person who signed in, for a success page: not verified, but from Entra itself."""
    claims = read_claims(granted.id_token or "")
    name = claims.get("preferred_username") or claims.get("name") or claims.get("oid")
    return str(name) if name else None
