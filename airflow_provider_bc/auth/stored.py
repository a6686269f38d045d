"""What is kept of a sign-in on the machine's disk, encrypted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, NoReturn

from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.token import AccessToken

_SKEW = 60.0  # seconds, well within the margin in which a token is renewed


@dataclass(frozen=True, slots=True)
class Stored:
    """The tokens of one key; times are Unix seconds of the wall clock.

    :param access_token: the newest access token.
    :param issued_at: when it was written.
    :param expires_at: when it ends.
    :param refresh_at: from when on it should be renewed.
    :param refresh_token: the newest refresh token.
    :param previous: the refresh token that brought it: good until the newest has proved good.
    :param ignored: why a file that is there was not read, None where none was passed over.
    """

    access_token: str | None = field(default=None, repr=False)
    issued_at: float = 0.0
    expires_at: float = 0.0
    refresh_at: float = 0.0
    refresh_token: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)
    ignored: str | None = field(default=None, compare=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("Stored tokens are not pickled.")

    @property
    def refresh_tokens(self) -> tuple[str, ...]:
        """Those to sign in with, the newest first."""
        return tuple(one for one in (self.refresh_token, self.previous) if one)

    def as_dict(self) -> dict[str, Any]:
        """Give everything, for the encrypted file only."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "ignored"}

    def token(self, clock: float, wall: float) -> AccessToken | None:
        """Give the access token with its end on a process's own clock.

        :param clock: what that clock says.
        :param wall: what the wall clock says at the same moment.
        :return: None where there is none, or one from the future: the wall clock was set back.
        """
        if not self.access_token or wall < self.issued_at - _SKEW:
            return None
        shift = clock - wall
        return AccessToken(self.access_token, self.expires_at + shift, self.refresh_at + shift)

    def after(self, granted: Granted, clock: float, wall: float) -> Stored:
        """Give what is to be kept once a sign-in has succeeded.

        :param granted: what it brought.
        :param clock: what the process's own clock says.
        :param wall: what the wall clock says at the same moment.
        """
        token, shift = granted.token, wall - clock
        worked = granted.renewed or self.refresh_token
        newest = granted.refresh_token or worked
        older = self.previous if worked == self.refresh_token else None
        return Stored(
            access_token=token.reveal(),
            issued_at=wall,
            expires_at=token.expires_at + shift,
            refresh_at=token.refresh_at + shift,
            refresh_token=newest,
            previous=older if newest == worked else worked,
        )


def digest_of(token: AccessToken) -> str:
    """Name a token without giving it away."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()
