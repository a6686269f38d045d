"""Another process that holds a lock of the token store."""

from __future__ import annotations

import subprocess
import sys
from typing import Self

from airflow_provider_bc.auth.grant import TokenKey
from airflow_provider_bc.auth.store import TokenStore

_HOLD = """
import sys
from pathlib import Path
from airflow_provider_bc.auth.grant import TokenKey
from airflow_provider_bc.auth.store import TokenStore
with TokenStore(Path(sys.argv[1]), None).locked(TokenKey(*sys.argv[2:])) as held:
    print(held, flush=True)
    sys.stdin.read()
"""


class LockedElsewhere:
    """Holds a key's lock in another process until the block ends.

    :param store: whose lock.
    :param key: which one.
    """

    def __init__(self, store: TokenStore, key: TokenKey) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(store._folder), *key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout
        if self._process.stdout.readline() != "True\n":
            self.__exit__()
            raise BlockingIOError("another process holds the lock")
        return self

    def kill(self) -> None:
        """Kill it as the system would, while it holds the lock."""
        self._process.kill()
        self._process.wait()

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
