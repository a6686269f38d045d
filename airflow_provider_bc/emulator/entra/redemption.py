"""What must hold before a grant becomes tokens.

https://www.rfc-editor.org/rfc/rfc7636#section-4.6
https://www.rfc-editor.org/rfc/rfc8628#section-3.5
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.grants import DEVICE_CODE_LIFETIME, Authorization
from airflow_provider_bc.emulator.entra.scopes import delegated
from airflow_provider_bc.emulator.entra.tokens import base64url

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.directory import Application
    from airflow_provider_bc.emulator.entra.grants import Code, DeviceCode

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_verifier(code: Code, verifier: str | None) -> None:
    """Check the code verifier against the challenge.

    :param code: the authorization code.
    :param verifier: what the client sent, None for nothing.
    :raises EntraError: AADSTS9002325, 501481 or 50147.
    """
    if not code.challenge:
        if code.authorization.platform == "spa":
            raise EntraError(9002325)
        if verifier is not None:
            raise EntraError(50147)
        return
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise EntraError(501481)
    hashed = base64url(sha256(verifier.encode()).digest())
    if not compare_digest(hashed if code.method == "S256" else verifier, code.challenge):
        raise EntraError(501481)


def narrowed(
    allowed: Authorization, form: Mapping[str, str], application: Application
) -> Authorization:
    """Apply the optional `scope` of a redemption.

    :param allowed: what the user granted.
    :param form: what was posted.
    :param application: the app.
    :returns: the grant with the scopes asked for; what is not named stays as it was.
    :raises EntraError: AADSTS65001 for what nobody consented to, and all of `delegated`.
    """
    if not form.get("scope"):
        return allowed
    asked = delegated(form["scope"], allowed.directory, application)
    if not set(asked.named) <= application.consented(allowed.user.object_id):
        raise EntraError(65001, allowed.client_id)
    openid = allowed.scopes.openid
    return replace(allowed, scopes=replace(asked, openid=openid))


def device(code: DeviceCode | None, client_id: str, now: float) -> Authorization:
    """Redeem a device code once the person is done.

    :param code: the device code, None if there is none of that name.
    :param client_id: the app that redeems it.
    :param now: the moment.
    :returns: what the person granted.
    :raises EntraError: AADSTS70018, 54005, 65004, 70019 or 70016.
    """
    if code is None or code.application.client_id != client_id:
        raise EntraError(70018)
    if code.redeemed:
        raise EntraError(54005)
    if code.declined:
        raise EntraError(65004, case="device")
    if code.user is None:
        raise EntraError(70019 if now >= code.issued + DEVICE_CODE_LIFETIME else 70016)
    code.redeemed = True
    return Authorization(client_id, code.user, code.directory, code.scopes, "public")
