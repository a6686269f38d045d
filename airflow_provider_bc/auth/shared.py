"""One sign-in for all processes of the machine: whoever holds the lock signs in, others wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_bc.auth.grant import Grant, Granted
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.auth.stored import Stored, digest_of
from airflow_provider_bc.auth.token import AccessToken, Freshness
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.wire import Pause

log = logging.getLogger(__name__)

_LOOK_AGAIN = 0.05
_LONGEST_WAIT = 45.0


@dataclass(frozen=True, slots=True)
class SharedSignIn:
    """Sign-ins through the store of the machine.

    :param store: the store; None where there is none, and each process signs in for itself.
    :param clock: seconds that only grow, which freshness is judged by.
    """

    store: TokenStore | None
    clock: Callable[[], float]

    def token(
        self, grant: Grant, retries: Retries, refused: str | None, *, patient: bool = True
    ) -> Conversation[AccessToken | None]:
        """Give a token that another process stored, or sign in and store it.

        :param grant: who signs in.
        :param retries: how patient the sign-in is.
        :param refused: the digest of a token that a service refused: it is not taken again.
        :param patient: whether to wait for a process that is signing in.
        :return: a token; None when another process is signing in and this one does not wait.
        :raises AuthenticationError: the sign-in was refused.
        :raises Unavailable: there was no usable answer.
        """
        if self.store is None:
            if grant.needs_refresh_token:
                raise _no_store()
            return (yield from grant.sign_in(retries, self.clock, ())).token
        give_up = self.clock() + _LONGEST_WAIT
        while True:
            found = self._found(self.store, grant, refused)
            if found:
                return found
            try:
                with self.store.locked(grant.key) as held:
                    if held or self.clock() > give_up:
                        return (yield from self._sign_in(self.store, grant, retries, refused))
            except OSError as error:
                log.warning("%r cannot be used: %s.", self.store, error.strerror or error)
                return (yield from self._alone(self.store, grant, retries))
            if not patient:
                return None
            yield Pause(_LOOK_AGAIN, "another process is signing in")

    def keep(self, grant: Grant, granted: Granted) -> Conversation[None]:
        """Store what a person's sign-in brought, for every process of the machine.

        :param grant: whose it is.
        :param granted: with a refresh token.
        :raises ConfigurationError: when it cannot be stored.
        """
        if self.store is None:
            raise _no_store()
        give_up = self.clock() + _LONGEST_WAIT
        while True:
            try:
                with self.store.locked(grant.key) as held:
                    if held or self.clock() > give_up:
                        stored = Stored().after(granted, self.clock(), self.store.now())
                        self.store.write(grant.key, stored)
                        return
            except OSError as error:
                raise ConfigurationError(
                    f"The refresh token cannot be stored in {self.store!r}: "
                    f"{error.strerror or error}.",
                    remedy="Let [business_central] token_store name a folder that is the Airflow "
                    "user's alone (mode 0700).",
                ) from None
            yield Pause(_LOOK_AGAIN, "another process is signing in")

    def awaits_person(self, grant: Grant) -> bool:
        """Say whether the store could hold a person's sign-in, and holds none."""
        if self.store is None or not grant.needs_refresh_token:
            return False
        return not self.store.read(grant.key).refresh_tokens

    def _found(self, store: TokenStore, grant: Grant, refused: str | None) -> AccessToken | None:
        token = store.read(grant.key).token(self.clock(), store.now())
        if token is None or digest_of(token) == refused:
            return None
        return token if token.freshness(self.clock()) is Freshness.FRESH else None

    def _sign_in(
        self, store: TokenStore, grant: Grant, retries: Retries, refused: str | None
    ) -> Conversation[AccessToken]:
        """Sign in under the lock, unless whoever held it before has just done so."""
        found = self._found(store, grant, refused)
        if found:
            return found
        kept = store.read(grant.key)
        granted = yield from grant.sign_in(retries, self.clock, kept.refresh_tokens)
        meanwhile = store.read(grant.key).refresh_token
        if meanwhile and meanwhile != kept.refresh_token:  # a person has signed in anew
            return self._found(store, grant, refused) or granted.token
        try:
            store.write(grant.key, kept.after(granted, self.clock(), store.now()))
        except OSError as error:
            log.warning("The token is not stored in %r: %s.", store, error.strerror or error)
        return granted.token

    def _alone(
        self, store: TokenStore, grant: Grant, retries: Retries
    ) -> Conversation[AccessToken]:
        kept = store.read(grant.key)
        return (yield from grant.sign_in(retries, self.clock, kept.refresh_tokens)).token


def _no_store() -> ConfigurationError:
    return ConfigurationError(
        "There is no place to keep a refresh token.",
        remedy="Set [core] fernet_key, the same for every Airflow component, and leave "
        "[business_central] token_store on.",
    )
