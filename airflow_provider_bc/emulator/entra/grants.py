"""What users granted: codes, device codes and refresh tokens, and everything that is secret.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.entra.errors import EntraError, utc

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.directory import Application, Directory, User
    from airflow_provider_bc.emulator.entra.scopes import Scopes

CODE_LIFETIME = 600.0
DEVICE_CODE_LIFETIME = 900.0
_INACTIVE = 90 * 86_400.0
_SINGLE_PAGE = 86_400.0
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"


@dataclass(frozen=True, slots=True)
class Authorization:
    """A user's permission to an app.

    :param client_id: the app.
    :param user: the user.
    :param directory: the tenant it was given in.
    :param scopes: what the app may do.
    :param platform: how the app got it: `web`, `public` or `spa`.
    """

    client_id: str
    user: User
    directory: Directory
    scopes: Scopes
    platform: str


@dataclass(slots=True)
class Code:
    """An authorization code (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2).

    :param authorization: what it stands for.
    :param redirect_uri: the redirect URI it was sent to.
    :param challenge: the code challenge, empty for none.
    :param method: how the challenge was made, `S256` or `plain`.
    :param nonce: the nonce for the ID token.
    :param issued: the moment it was issued.
    :param redeemed: whether it was used.
    """

    authorization: Authorization
    redirect_uri: str
    challenge: str
    method: str
    nonce: str
    issued: float
    redeemed: bool = False


@dataclass(slots=True)
class RefreshToken:
    """A refresh token; using it gives another and leaves this one alone.

    :param authorization: what it stands for.
    :param issued: the moment it was issued.
    :param revoked: whether it was revoked.
    """

    authorization: Authorization
    issued: float
    revoked: bool = False


@dataclass(slots=True)
class DeviceCode:
    """A device code (https://www.rfc-editor.org/rfc/rfc8628#section-3.2).

    :param application: the app.
    :param directory: the tenant it was asked in.
    :param scopes: what the app wants.
    :param user_code: what the person types.
    :param issued: the moment it was issued.
    :param user: who approved it, None as long as nobody did.
    :param declined: whether the person declined.
    :param redeemed: whether it was used.
    """

    application: Application
    directory: Directory
    scopes: Scopes
    user_code: str
    issued: float
    user: User | None = None
    declined: bool = False
    redeemed: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """Something secret that left the emulator.

    :param kind: `access_token`, `refresh_token`, `id_token`, `code` or `device_code`.
    :param client_id: the app it was for.
    :param value: the secret.
    """

    kind: str
    client_id: str
    value: str


@dataclass(slots=True)
class Grants:
    """Everything that was granted and can still be asked for.

    :param codes: the authorization codes.
    :param refresh_tokens: the refresh tokens.
    :param device_codes: the device codes.
    :param issued: every secret that left the emulator, oldest first.
    """

    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    device_codes: dict[str, DeviceCode] = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)

    def note(self, kind: str, client_id: str, value: str) -> str:
        """Remember a secret.

        :param kind: what it is.
        :param client_id: whom it is for.
        :param value: the secret.
        :returns: the secret.
        """
        self.issued.append(Issued(kind, client_id, value))
        return value

    def keep_code(self, code: Code) -> str:
        """Issue an authorization code.

        :param code: what it stands for.
        :returns: the code.
        """
        name = self.note("code", code.authorization.client_id, f"1.{token_urlsafe(96)}")
        self.codes[name] = code
        return name

    def take_code(self, name: str, client_id: str, now: float) -> Code:
        """Use an authorization code, once and in time.

        :param name: the code.
        :param client_id: the app that redeems it.
        :param now: the moment.
        :returns: what it stands for.
        :raises EntraError: AADSTS9002313, 70000, 54005 or 70008.
        """
        code = self.codes.get(name)
        if code is None:
            raise EntraError(9002313, case="grant")
        if code.authorization.client_id != client_id:
            raise EntraError(70000, "The code was issued to another client.")
        if code.redeemed:
            raise EntraError(54005)
        if now >= code.issued + CODE_LIFETIME:
            raise EntraError(70008)
        return code

    def keep_refresh_token(self, authorization: Authorization, now: float) -> str:
        """Issue a refresh token.

        :param authorization: what it stands for.
        :param now: the moment.
        :returns: the refresh token.
        """
        name = self.note("refresh_token", authorization.client_id, f"1.{token_urlsafe(128)}")
        self.refresh_tokens[name] = RefreshToken(authorization, now)
        return name

    def refresh(self, name: str, client_id: str, now: float) -> Authorization:
        """Use a refresh token.

        :param name: the refresh token.
        :param client_id: the app that uses it.
        :param now: the moment.
        :returns: what it stands for.
        :raises EntraError: AADSTS9002313, 70000, 50173, 50057, 700082 or 700084.
        """
        token = self.refresh_tokens.get(name)
        if token is None:
            raise EntraError(9002313, case="grant")
        if token.authorization.client_id != client_id:
            raise EntraError(70000, "The refresh token was issued to another client.")
        if token.revoked:
            raise EntraError(50173, utc(token.issued))
        if not token.authorization.user.enabled:
            raise EntraError(50057)
        if token.authorization.platform == "spa" and now >= token.issued + _SINGLE_PAGE:
            raise EntraError(700084, utc(token.issued))
        if now >= token.issued + _INACTIVE:
            raise EntraError(700082, utc(token.issued))
        return token.authorization

    def revoke(self, user: User | None = None) -> int:
        """Revoke refresh tokens, as an administrator does.

        :param user: only those of this user; None for all.
        :returns: how many were revoked.
        """
        found = [
            token
            for token in self.refresh_tokens.values()
            if user in (None, token.authorization.user) and not token.revoked
        ]
        for token in found:
            token.revoked = True
        return len(found)

    def keep_device_code(self, code: DeviceCode) -> str:
        """Issue a device code.

        :param code: what it stands for.
        :returns: the device code.
        """
        name = self.note("device_code", code.application.client_id, f"D{token_urlsafe(96)}")
        self.device_codes[name] = code
        return name

    def user_code(self) -> str:
        """Make up a code that a person can type.

        :returns: nine letters and digits that no other device code has.
        """
        number = len(self.device_codes) + 1
        digits = []
        for _ in range(9):
            number, digit = divmod(number * 7919 + 104_729, len(_LETTERS))
            digits.append(_LETTERS[digit])
            number += len(self.device_codes)
        return "".join(digits)
