"""What the Test button says: signed in, environment and company found, or what to fix."""

from __future__ import annotations

import threading
from collections.abc import Callable

from airflow_provider_bc.auth.token import Claims
from airflow_provider_bc.client import Client
from airflow_provider_bc.errors import AuthenticationError, BusinessCentralError

SECONDS = 8.0
_DATA_ROLE = "API.ReadWrite.All"
_NO_ROLE = (
    f"The token does not carry the role {_DATA_ROLE}: in the app registration add it under "
    "API permissions > Dynamics 365 Business Central > Application permissions, and grant admin "
    "consent."
)


def within_seconds(test: Callable[[], str], seconds: float = SECONDS) -> tuple[bool, str]:
    """Run a test for a limited time, and never raise.

    :param test: says what it found, or raises.
    :param seconds: how long it may take.
    :return: whether it passed, and what it said.
    """
    verdict: list[tuple[bool, str]] = []

    def run() -> None:
        try:
            verdict.append((True, test()))
        except BusinessCentralError as error:
            verdict.append((False, _explained(error)))
        except Exception as error:  # noqa: BLE001 - the button must answer, whatever happens
            verdict.append((False, f"{type(error).__name__} while testing; see the server's log."))

    thread = threading.Thread(target=run, daemon=True, name="business-central-connection-test")
    thread.start()
    thread.join(seconds)
    late = (
        f"No answer within {seconds:.0f} seconds. Check API URL, Authority host and the network "
        "between this server and them (firewall, proxy)."
    )
    return verdict[0] if verdict else (False, late)


def _explained(error: BusinessCentralError) -> str:
    """Put the remedy before the details: a toast of the UI is read from its beginning."""
    support = error.correlation_id and f"correlation id {error.correlation_id}"
    details = [error.code, support, error.request_line]
    told = ", ".join(detail for detail in details if detail)
    return f"{error.message} {error.remedy}{f' ({told})' if told else ''}"


def describe(client: Client) -> str:
    """Sign in, list the companies, and find the one that the connection names.

    :param client: of the connection; it is closed.
    :return: what was found.
    :raises BusinessCentralError: naming what to fix.
    """
    with client:
        claims = client.perform(client.operations.identity())
        try:
            companies = client.companies()
        except AuthenticationError as error:
            if _DATA_ROLE.lower() not in {role.lower() for role in claims.roles}:
                error.remedy = f"{_NO_ROLE} Then: {error.remedy}"
            raise
        settings = client.settings
        company = client.company() if settings.company or len(companies) == 1 else None
    names = ", ".join(f'"{one.name}"' for one in companies[:5])
    chosen = f'"{company.name}"' if company else "none chosen"
    more = f" and {len(companies) - 5} more" if len(companies) > 5 else ""  # noqa: PLR2004
    return (
        f"Connected to environment {settings.environment} as {_app(claims, settings.client_id)}. "
        f"Company: {chosen}. "
        f"{len(companies)} companies: {names}{more}."
    )


def _app(claims: Claims, client_id: str | None) -> str:
    roles = ", ".join(claims.roles) or "no roles"
    return f"app {claims.app_id or client_id or 'unknown'} with {roles}"
