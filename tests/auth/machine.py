"""A machine whose processes share a token store, each with a cache of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.choice import user_of
from airflow_provider_bc.auth.store import TokenStore
from tests.peer import PATIENT, HandClock, Peer, grant, settings

GRANT = grant()
USER = user_of(settings(grant_type="authorization_code"), "bc")


class Machine:
    """A folder, a wall clock, and processes that began at different times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wall = HandClock(1_700_000_000.0)
        self.store = TokenStore(folder, Fernet(Fernet.generate_key()), self.wall)
        self._starts = 0.0

    def process(self, store: TokenStore | None = None) -> TokenCache:
        self._starts += 1_000.0
        start = self.wall.now - self._starts
        return TokenCache(lambda: self.wall.now - start, store or self.store)


def acquired(cache: TokenCache, *script: Any, user: bool = False) -> str:
    peer = Peer(*script)
    got = peer.converse(cache.acquire(USER if user else GRANT, PATIENT))
    assert peer.unused == []
    return got.bearer().removeprefix("Bearer ")
