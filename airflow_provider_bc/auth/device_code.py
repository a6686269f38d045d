"""The device code grant: a person signs in on another machine, where this one has no browser.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from airflow_provider_bc.auth.authorization_code import with_refresh_token
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.sign_in import answer_body, entra_request, outage, refusal
from airflow_provider_bc.auth.user import SignedInUser
from airflow_provider_bc.delivery import PASSING, Conversation, Retries, deliver
from airflow_provider_bc.errors import AuthenticationError
from airflow_provider_bc.wire import Pause

_SLOWER = 5.0
_OK = 200
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person needs to sign in elsewhere.

    :param verification_uri: the page to open.
    :param user_code: what to enter there.
    :param expires_in: seconds until it is too late.
    :param interval: seconds between two questions whether it is done.
    :param device_code: what we ask with.
    """

    verification_uri: str
    user_code: str
    expires_in: float
    interval: float
    device_code: str = field(repr=False)


def ask_for_code(user: SignedInUser, retries: Retries) -> Conversation[DeviceCode]:
    """Ask for a code to show.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code#device-authorization-request

    :param user: from `airflow_provider_bc.auth.choice.user_of`.
    :param retries: how patient to be.
    :raises AuthenticationError: Entra refused.
    :raises Unavailable: there was no usable answer.
    """
    tenant = quote(user.tenant_id, safe="")
    form = {"client_id": user.client_id, "scope": user.delegated_scope}
    url = f"{user.authority_host}/{tenant}/oauth2/v2.0/devicecode"
    request = entra_request(url, form)
    response = yield from deliver(request, retries, repeatable=True)
    body = answer_body(response)
    if response.status == _OK:
        try:
            return DeviceCode(
                verification_uri=str(body["verification_uri"]),
                user_code=str(body["user_code"]),
                expires_in=float(body["expires_in"]),
                interval=float(body.get("interval", 5)),
                device_code=str(body["device_code"]),
            )
        except (KeyError, TypeError, ValueError):
            raise outage(request, response) from None
    if response.status in PASSING:
        raise outage(request, response)
    raise refusal(request, response, body)


def wait_for_sign_in(
    user: SignedInUser,
    code: DeviceCode,
    retries: Retries,
    clock: Callable[[], float] = time.monotonic,
) -> Conversation[Granted]:
    """Ask now and then whether the person has signed in.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code#expected-errors

    :param user: as for `ask_for_code`.
    :param code: what `ask_for_code` gave.
    :param retries: how patient to be with faults of Entra.
    :param clock: that of the token cache which will keep the result.
    :return: with a refresh token, for `TokenCache.keep`.
    :raises AuthenticationError: declined, or too late.
    """
    interval, ends = code.interval, clock() + code.expires_in
    form = {"grant_type": _DEVICE_CODE, "device_code": code.device_code}
    while True:
        yield Pause(interval, "a person signs in on another machine")
        try:
            secrets = (code.device_code,)
            granted = yield from user.ask(form, retries, clock, secrets=secrets)
        except AuthenticationError as error:
            if error.error not in ("authorization_pending", "slow_down"):
                raise
            if error.error == "slow_down":
                interval += _SLOWER
            if clock() > ends:
                error.message, error.error = "Nobody has signed in in time.", "expired_token"
                error.remedy = "Begin the sign-in anew, and enter the code sooner."
                raise
        else:
            return with_refresh_token(granted)
