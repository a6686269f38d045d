"""What a browser keeps for us and can neither read nor change: encrypted, dated, for one person.

https://cryptography.io/en/latest/fernet/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, NoReturn

from airflow.sdk import conf
from cryptography.fernet import InvalidToken, MultiFernet

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.token_store import configured_cipher

Purpose = Literal["form", "sign-in", "outcome"]


def written(content: object) -> bytes:
    """Write JSON in as few bytes as there can be: a cookie holds 4096."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


class BrokenSeal(Exception):
    """It was changed, is too old, or belongs to somebody else or to another purpose."""


class Seal:
    """Seals and opens what a browser keeps.

    :param cipher: all API servers have the same one, so any of them opens what another sealed.
    """

    def __init__(self, cipher: MultiFernet) -> None:
        self._cipher = cipher

    def __reduce__(self) -> NoReturn:
        raise TypeError("A seal is not pickled: it holds a key.")

    def close(self, purpose: Purpose, user_id: str, content: Mapping[str, str]) -> str:
        """Seal some content.

        :param purpose: what it is for; it opens for nothing else.
        :param user_id: of the Airflow user; it opens for nobody else.
        :param content: what is kept.
        :return: text that a cookie or a form can hold.
        """
        sealed = {"purpose": purpose, "user": user_id, "content": dict(content)}
        return self._cipher.encrypt(written(sealed)).decode()

    def open(self, purpose: Purpose, user_id: str, sealed: str, seconds: int) -> dict[str, str]:
        """Open what `close` sealed.

        :param purpose: see `close`.
        :param user_id: see `close`.
        :param sealed: the text.
        :param seconds: how old it may be.
        :return: the content.
        :raises BrokenSeal: saying what is wrong, as the end of a sentence.
        """
        if not sealed:
            raise BrokenSeal("it was not begun in this browser, or is finished")
        try:
            opened = json.loads(self._cipher.decrypt(sealed.encode(), ttl=seconds))
        except InvalidToken:
            raise BrokenSeal("it is too old, or was changed") from None
        if opened["purpose"] != purpose:
            raise BrokenSeal("it was made for something else")
        if opened["user"] != user_id:
            raise BrokenSeal("another Airflow user began it")
        content: dict[str, str] = opened["content"]
        return content


def configured_seal() -> Seal:
    """Make the seal of this Airflow.

    :raises ConfigurationError: when Airflow has no key.
    """
    cipher = configured_cipher(conf.get)
    if cipher is None:
        raise ConfigurationError(
            "Airflow has no key to encrypt with.", remedy="Set [core] fernet_key."
        )
    return Seal(cipher)
