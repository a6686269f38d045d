"""The tokens of this process: each is asked for once, however many threads and tasks want it."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from airflow_provider_bc.auth.grant import Grant, Granted, TokenKey
from airflow_provider_bc.auth.shared import SharedSignIn
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.auth.stored import digest_of
from airflow_provider_bc.auth.token import AccessToken, Freshness
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.wire import Pause

_LOOK_AGAIN = 0.02
_EARLY_RENEWALS_APART = 30.0
_LONGEST_FLIGHT = 60.0


class _Flight:
    """One sign-in under way; whoever comes meanwhile waits for its end."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.landed = False
        self.token: AccessToken | None = None
        self.error: BusinessCentralError | None = None


class TokenCache:
    """Tokens by authority, tenant, client, scope and digest of the credential.

    There is no lock: claiming a key is one atomic ``dict.setdefault``, so the cache serves threads
    and event loops alike and survives a fork. Freshness has three states, as in azure-identity:
    https://learn.microsoft.com/python/api/azure-core/azure.core.credentials.accesstokeninfo

    :param clock: seconds that only grow.
    :param store: where the processes of this machine share their tokens; None for nowhere.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, store: TokenStore | None = None
    ) -> None:
        self._clock = clock
        self._shared = SharedSignIn(store, clock)
        self._refused: dict[TokenKey, str] = {}
        self._tokens: dict[TokenKey, AccessToken] = {}
        self._flights: dict[TokenKey, _Flight] = {}
        self._last_early: dict[TokenKey, float] = {}

    def __repr__(self) -> str:
        return f"TokenCache({len(self._tokens)} tokens)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("The token cache is not pickled: each process signs in for itself.")

    def acquire(self, grant: Grant, retries: Retries) -> Conversation[AccessToken]:
        """Give a usable token, from the cache or by one sign-in.

        :param grant: who signs in.
        :param retries: how patient the sign-in is.
        :return: a token with at least 30 seconds left.
        :raises AuthenticationError: Entra refused the sign-in that this call waited for.
        :raises Unavailable: Entra could not be reached, and no usable token is left.
        """
        while True:
            token = self._tokens.get(grant.key)
            freshness = token.freshness(self._clock()) if token else Freshness.EXPIRED
            if token and (freshness is Freshness.FRESH or self._tried_lately(grant.key, freshness)):
                return token
            mine = _Flight()
            flight = self._flights.setdefault(grant.key, mine)
            if flight is mine:
                return (yield from self._fly(grant, retries, mine))
            if flight.process != mine.process:
                self._release(grant.key, flight)
            elif token and freshness is Freshness.STALE:
                return token
            else:
                landed = yield from self._wait_for(grant.key, flight)
                if landed:
                    return landed

    def forget(self, grant: Grant, token: AccessToken) -> None:
        """Drop a token that a service refused, unless it was replaced meanwhile."""
        self._refused[grant.key] = digest_of(token)
        if self._tokens.get(grant.key) is token:
            self._tokens.pop(grant.key, None)

    def keep(self, grant: Grant, granted: Granted) -> Conversation[None]:
        """Keep what a person's sign-in brought, for every process of the machine.

        :param grant: whose it is, from `airflow_provider_bc.auth.choice.user_of`.
        :param granted: what Entra granted, with a refresh token.
        :raises ConfigurationError: when it cannot be stored.
        """
        yield from self._shared.keep(grant, granted)
        self._tokens[grant.key] = granted.token

    def awaits_person(self, grant: Grant) -> bool:
        """Say whether a person has yet to sign in, on this machine and under this very id."""
        return grant.key not in self._tokens and self._shared.awaits_person(grant)

    def _tried_lately(self, key: TokenKey, freshness: Freshness) -> bool:
        lately = self._last_early.get(key, float("-inf")) > self._clock() - _EARLY_RENEWALS_APART
        return freshness is Freshness.STALE and lately

    def _fly(self, grant: Grant, retries: Retries, flight: _Flight) -> Conversation[AccessToken]:
        try:
            token = yield from self._renewed(grant, retries)
        except BusinessCentralError as error:
            flight.error = error
            raise
        else:
            self._tokens[grant.key] = flight.token = token
            return token
        finally:
            self._release(grant.key, flight)
            flight.landed = True

    def _renewed(self, grant: Grant, retries: Retries) -> Conversation[AccessToken]:
        """Give the best token to be had now, whoever may have landed meanwhile."""
        held = self._tokens.get(grant.key)
        now = self._clock()
        freshness = held.freshness(now) if held else Freshness.EXPIRED
        if held and freshness is Freshness.FRESH:
            return held
        if held and freshness is Freshness.STALE:
            self._last_early[grant.key] = now
            return (yield from self._renew_early(grant, retries, held))
        return (yield from self._new(grant, retries))

    def _new(self, grant: Grant, retries: Retries) -> Conversation[AccessToken]:
        token = yield from self._shared.token(grant, retries, self._refused.get(grant.key))
        assert token is not None  # noqa: S101 - a patient sign-in brings one
        return token

    def _renew_early(
        self, grant: Grant, retries: Retries, held: AccessToken
    ) -> Conversation[AccessToken]:
        """Try once to renew a token, and keep it if that fails and it is still good."""
        once, refused = replace(retries, attempts=0), self._refused.get(grant.key)
        try:
            token = yield from self._shared.token(grant, once, refused, patient=False)
        except BusinessCentralError:
            token = None
        if token:
            return token
        forgotten = self._tokens.get(grant.key) is not held
        if not forgotten and held.freshness(self._clock()) is not Freshness.EXPIRED:
            return held
        return (yield from self._new(grant, retries))

    def _release(self, key: TokenKey, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            self._flights.pop(key, None)

    def _wait_for(self, key: TokenKey, flight: _Flight) -> Conversation[AccessToken | None]:
        """Wait until a sign-in has landed, but not for one that this very thread holds up."""
        give_up = self._clock() + _LONGEST_FLIGHT
        while not flight.landed:
            if self._clock() > give_up:
                self._release(key, flight)
                return None
            yield Pause(_LOOK_AGAIN, "another task of this process is signing in")
        if flight.error:
            raise copy.copy(flight.error)
        return flight.token
