"""Credentials in the manner of azure-identity, and functions that give federated tokens."""

from __future__ import annotations

import time
from typing import NamedTuple

identity = "of-nobody"


class Given(NamedTuple):
    token: str
    expires_on: int


class Steady:
    """Gives the token that it was made with.

    :param value: the token.
    """

    def __init__(self, value: str) -> None:
        self._value = value

    def get_token(self, *scopes: str) -> Given:
        (scope,) = scopes
        assert scope.endswith("/.default")
        return Given(self._value, int(time.time()) + 3_600)


class Mine:
    """Gives a token of whoever runs it, as DefaultAzureCredential does."""

    def get_token(self, *_: str) -> Given:
        return Given(f"token-{identity}", int(time.time()) + 3_600)


class Refusing:
    """Gives no token, and says more than it should."""

    def get_token(self, *_: str) -> Given:
        raise RuntimeError("a-secret-in-an-error")


def good() -> str:
    return "a.b.c"


def no_jwt() -> str:
    return "no-token-at-all"


def failing() -> str:
    raise RuntimeError("a-secret-in-an-error")
