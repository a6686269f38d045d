"""A request to `/authorize`, and what is checked before a person is bothered.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.form import needed
from airflow_provider_bc.emulator.entra.redirects import MODES, registered
from airflow_provider_bc.emulator.entra.scopes import Scopes, delegated

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.authority import Authority
    from airflow_provider_bc.emulator.entra.directory import Application, Directory, RedirectUri

_TYPES = ("code", "code id_token", "id_token", "id_token token", "token")
_PROMPTS = ("", "login", "none", "consent", "select_account")
_SHORTEST, _LONGEST = 43, 128


@dataclass(frozen=True, slots=True)
class Asker:
    """The app behind a request: known, and at home at its redirect URI.

    :param directory: the tenant.
    :param application: the app.
    :param redirect_uri: the redirect URI as the request gave it.
    :param registration: how it is registered.
    :param parameters: all parameters of the request.
    """

    directory: Directory
    application: Application
    redirect_uri: str
    registration: RedirectUri
    parameters: Mapping[str, str]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The words of `response_type`, sorted, since their order means nothing."""
        return tuple(sorted(set(self.parameters.get("response_type", "").split())))

    @property
    def mode(self) -> str:
        """The `response_mode`, or the default of the response type."""
        mode = self.parameters.get("response_mode", "")
        if mode in MODES:
            return mode
        return "query" if self.wanted in ((), ("code",)) else "fragment"


def asker_of(authority: Authority, tenant: str, parameters: Mapping[str, str]) -> Asker:
    """Find out whom an answer may be sent to.

    :param authority: the tenants.
    :param tenant: the tenant in the path.
    :param parameters: the parameters of the request.
    :returns: the app.
    :raises EntraError: for a person to read: AADSTS50011, 700016, 900144 and others. None of them
        may be sent to a redirect URI.
    """
    directory, application = authority.enter(tenant, needed(parameters, "client_id"))
    uri = needed(parameters, "redirect_uri")
    registration = registered(uri, application.redirect_uris)
    if registration is None:
        raise EntraError(50011, uri)
    return Asker(directory, application, uri, registration, parameters)


def check(asker: Asker) -> Scopes:
    """Check the rest of the request.

    :param asker: the app.
    :returns: what it asks for.
    :raises EntraError: for the app to read, at its redirect URI.
    """
    given = asker.parameters
    if " ".join(asker.wanted) not in _TYPES:
        raise EntraError(70005, needed(given, "response_type"))
    if "token" in asker.wanted and not asker.application.access_tokens:
        raise EntraError(700051)
    if "id_token" in asker.wanted and not asker.application.id_tokens:
        raise EntraError(700054)
    if given.get("response_mode", asker.mode) not in MODES:
        raise EntraError(70007, given["response_mode"])
    if asker.mode == "query" and asker.wanted != ("code",):
        raise EntraError(70007, "query")
    if given.get("prompt", "") not in _PROMPTS:
        raise EntraError(90023, "Unsupported 'prompt' value.")
    scopes = delegated(needed(given, "scope"), asker.directory, asker.application)
    if "id_token" in asker.wanted:
        needed(given, "nonce")
        if "openid" not in scopes.openid:
            raise EntraError(70011, given["scope"])
    _check_challenge(given)
    return scopes


def _check_challenge(given: Mapping[str, str]) -> None:
    """Check the code challenge (https://www.rfc-editor.org/rfc/rfc7636#section-4.3)."""
    challenge, method = given.get("code_challenge"), given.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise EntraError(50147)
        return
    if method not in (None, "S256", "plain"):
        raise EntraError(90100, "code_challenge_method")
    length = _SHORTEST if method == "S256" else len(challenge)
    if len(challenge) != length or not _SHORTEST <= length <= _LONGEST:
        raise EntraError(501491)
