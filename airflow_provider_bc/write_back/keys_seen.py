"""Which keys came already: in memory while they are few, else in a file that nobody sees."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Self

from airflow_provider_bc.odata.natural_keys import NaturalKey


class KeysSeen:
    """Remembers keys, and what is said of them; for one thread.

    A database without a name is one of SQLite's own temporary files, gone when it is closed.
    https://www.sqlite.org/inmemorydb.html#temp_db
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE seen (key TEXT PRIMARY KEY, first INTEGER, times INTEGER) WITHOUT ROWID"
        )
        self._database.execute("CREATE TABLE said (key TEXT PRIMARY KEY, word TEXT) WITHOUT ROWID")
        self._database.execute("BEGIN")  # nothing of it outlives the process

    def see(self, key: NaturalKey, number: int) -> tuple[int, int]:
        """Note that a row has a key.

        :param key: of the row.
        :param number: of the row.
        :return: the number of the first row with that key, and how many there were, this included.
        """
        noted = self._database.execute(
            "INSERT INTO seen VALUES (?, ?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1 "
            "RETURNING first, times",
            (_text(key), number),
        )
        first, times = noted.fetchone()
        return first, times

    def say(self, digests: Iterable[str], word: str) -> None:
        """Note what is said of keys; the first word stays.

        :param digests: of the keys.
        :param word: what is said.
        """
        self._database.executemany(
            "INSERT OR IGNORE INTO said VALUES (?, ?)", ((digest, word) for digest in digests)
        )

    def said(self, digest: str) -> str | None:
        """Give what was said of a key.

        :param digest: of the key.
        """
        found = self._database.execute("SELECT word FROM said WHERE key = ?", (digest,)).fetchone()
        return found[0] if found else None

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _text(key: NaturalKey) -> str:
    return json.dumps(key, ensure_ascii=False)
