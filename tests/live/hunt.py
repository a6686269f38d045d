"""The hunt for secrets: in every form in which a log, a database or a file may hold one."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from cryptography.fernet import Fernet, InvalidToken

SHORTEST = 12
"""Bytes of a secret that count as a find: shorter ones turn up by chance."""


def forms(secret: str) -> dict[str, bytes]:
    """Write a secret as it may turn up, by the name of the form."""
    escaped = json.dumps(secret)[1:-1]
    kept = json.dumps(secret, ensure_ascii=False)[1:-1]
    texts = {
        "as it is": secret,
        "in a URL": quote(secret, safe=""),
        "in a path": quote(secret),
        "in a form": quote_plus(secret),
        "in a URL, lower case": re.sub(
            r"%..", lambda code: code[0].lower(), quote(secret, safe="")
        ),
        "in JSON": escaped,
        "in JSON, as UTF-8": kept,
        "in JSON in JSON": json.dumps(escaped)[1:-1],
        "in JSON in JSON, as UTF-8": json.dumps(kept, ensure_ascii=False)[1:-1],
        "in Python": repr(secret)[1:-1],
        "in HTML": html.escape(secret),
        "in hexadecimal": secret.encode().hex(),
    }
    found = {name: text.encode() for name, text in texts.items()}
    found["as UTF-16"] = secret.encode("utf-16-le")
    for offset in range(3):
        for name, alphabet in (("base64", b"+/"), ("URL-safe base64", b"-_")):
            found[f"in {name} after {offset}"] = _base64_after(offset, secret.encode(), alphabet)
    return found


def _base64_after(offset: int, secret: bytes, alphabet: bytes) -> bytes:
    """Encode a secret that stands behind other bytes; keep what depends on it alone."""
    coded = base64.b64encode(bytes(offset) + secret, alphabet)
    return coded[-(-offset * 8 // 6) : (offset + len(secret)) * 8 // 6]


def parts(secret: str) -> Iterator[tuple[str, str]]:
    """Split a secret into what is secret by itself: it may have been cut, or a token taken apart.

    The first part of a token (its header) is the same for all of them, and no secret.
    """
    if secret.count(".") == 2:
        _, payload, signature = secret.split(".")
        yield "payload", payload
        yield "signature", signature
    else:
        yield "whole", secret
        half = len(secret) // 2
        for name, text in (("first half", secret[:half]), ("second half", secret[half:])):
            if len(text) >= SHORTEST:
                yield name, text


class Hunt:
    """Looks for secrets.

    :param secrets: by the name that a find is reported with; the value itself is never shown.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._needles: dict[bytes, str] = {}
        for name, secret in secrets.items():
            for part, text in parts(secret):
                for form, needle in forms(text).items():
                    self._needles.setdefault(needle, f"{name}, {part}, {form}")

    def in_bytes(self, place: str, data: bytes) -> list[str]:
        """Look at some bytes."""
        return [f"{place}: {name}" for needle, name in self._needles.items() if needle in data]

    def in_folder(self, folder: Path) -> list[str]:
        """Look at the name and the bytes of each file below a folder."""
        finds = []
        for path in sorted(folder.rglob("*")):
            place = str(path.relative_to(folder))
            finds += self.in_bytes(f"name of {place}", place.encode())
            if path.is_file() and not path.is_symlink():
                finds += self.in_bytes(place, path.read_bytes())
        return finds

    def in_cells(self, cells: Iterable[tuple[str, str, bytes]], key: Fernet) -> list[str]:
        """Look at the cells of a database, also at what Airflow encrypted in them.

        A connection's own password and extra are where a secret belongs, if encrypted.
        """
        finds = []
        for table, column, data in cells:
            place = f"{table}.{column}"
            finds += self.in_bytes(place, data)
            if (table, column) not in {("connection", "password"), ("connection", "extra")}:
                finds += self.in_bytes(f"{place}, decrypted", decrypted(data, key))
        return finds


def decrypted(data: bytes, key: Fernet) -> bytes:
    """Decrypt what Airflow encrypted; nothing for anything else."""
    try:
        return key.decrypt(data)
    except InvalidToken:
        return b""
