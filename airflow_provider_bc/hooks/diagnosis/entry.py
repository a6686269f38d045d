"""The checks of the way in: settings, credential, sign-in, token."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_provider_bc.auth.app_registration import RESOURCE_ID
from airflow_provider_bc.auth.expiry import credential_warnings
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Finding, green, note, red, refused
from airflow_provider_bc.settings import SCOPE, Settings

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_SHORT = 300
_CREDENTIALS = {
    "federated_identity": "federated identity",
    "managed_identity": "managed identity of this machine",
    "authorization_code": "person who signed in",
}


def check_settings(case: Case) -> Finding:
    """Read the connection, and check each field of it.

    :param case: the connection.
    """
    try:
        settings = case.settings
    except AirflowNotFoundException:
        return red(
            f"There is no connection {case.conn_id!r}.",
            "Neither Airflow's database nor its secrets backends know it.",
            "Create it: Admin > Connections, or `airflow connections add`.",
        )
    except ConfigurationError as error:
        return refused("The connection is not complete and correct.", error)
    place = f"tenant {settings.tenant_id}, environment {settings.environment!r}"
    return green(f"Complete: {place}, grant type {settings.grant_type}.")


def check_credential(case: Case) -> Finding:
    """Read the credential, and see how long it may be used.

    :param case: the connection.
    """
    settings = case.settings
    try:
        _ = case.client
    except ConfigurationError as error:
        return refused("The credential cannot be read.", error)
    kind = _credential(settings)
    warnings = credential_warnings(settings, case.now().date())
    if warnings:
        return note(f"There is a {kind}, but it needs attention.", " ".join(warnings))
    if settings.secret_expires_on:
        days = (settings.secret_expires_on - case.now().date()).days
        return green(f"A {kind}, until {settings.secret_expires_on} ({days} days).")
    if settings.client_secret:
        return green(f"A {kind}; Secret expires on is empty, so nothing warns before its end.")
    return green(f"A {kind}.")


def check_sign_in(case: Case) -> Finding:
    """Sign in.

    :param case: the connection; learns the token's claims.
    """
    settings = case.settings
    try:
        case.claims = case.client.perform(case.client.operations.identity())
    except AuthenticationError as error:
        doubts = credential_warnings(settings, case.now().date())
        remedy = " ".join([*doubts, error.remedy])
        return refused("The sign-in was refused.", error, remedy=remedy)
    who = case.claims.user or f"app {case.claims.app_id or settings.client_id or 'unknown'}"
    return green(f"Signed in as {who}, with a {_credential(settings)}.")


def check_token(case: Case) -> Finding:
    """Compare what the token says with the connection, and with the clock.

    https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference

    :param case: the connection, signed in.
    """
    claims = case.claims
    if claims.audience is None and claims.app_id is None:
        return note("The token cannot be read, so nothing is known of its roles.")
    wrong = _wrong_claim(case)
    if wrong:
        return wrong
    carried = ", ".join(claims.roles or claims.scopes) or "no roles"
    found = f"Issued for {claims.audience} in tenant {claims.tenant_id}, with {carried}"
    left = _seconds_left(case)
    if left is None:
        return green(f"{found}.")
    if left <= 0:
        return red(
            f"{found}; it is past its end by {-left:.0f} seconds.",
            "The clocks of Microsoft Entra and Business Central, or a cached token, do not fit.",
            "Run the doctor again; if it stays, name both times to Microsoft's support.",
        )
    if left < _SHORT:
        return note(
            f"{found}; it lives {left:.0f} seconds.",
            "A token lifetime policy keeps tokens short, so there are many sign-ins.",
            "Ask the Entra administrator for a longer token lifetime; an hour is usual.",
        )
    return green(f"{found}, for {left / 60:.0f} minutes.")


def _credential(settings: Settings) -> str:
    if settings.grant_type == "azure_credential":
        return f"credential {settings.azure_credential} of azure-identity"
    if settings.grant_type in _CREDENTIALS:
        return _CREDENTIALS[settings.grant_type]
    return "client secret" if settings.client_secret else "certificate"


def _wrong_claim(case: Case) -> Finding | None:
    """Find a claim that belongs to another connection than this."""
    claims, settings = case.claims, case.settings
    resource = settings.scope.removesuffix("/.default")
    known = {resource} | ({RESOURCE_ID} if settings.scope == SCOPE else set())
    if claims.audience and claims.audience.rstrip("/") not in known:
        return red(
            f"The token is for {claims.audience}.",
            f"Business Central takes tokens for {resource} only.",
            f"Set Scope (scope) to {SCOPE}.",
        )
    home, wanted = claims.tenant_id or "", settings.tenant_id
    if home and _GUID.fullmatch(wanted) and home.lower() != wanted.lower():
        return red(
            f"The token is of tenant {home}.",
            f"The connection names tenant {wanted}.",
            "Correct Directory (tenant) ID, or sign in with a credential of that tenant.",
        )
    app, own = claims.app_id or "", settings.client_id
    if own and app and app.lower() != own.lower():
        return red(
            f"The token is of app {app}.",
            f"The connection names app {own}.",
            "Correct Application (client) ID, or the credential.",
        )
    return None


def _seconds_left(case: Case) -> float | None:
    if case.claims.expires_at is None:
        return None
    now: datetime = case.client.now() if case.ahead is None else case.now() + case.ahead
    return (datetime.fromtimestamp(case.claims.expires_at, UTC) - now).total_seconds()
